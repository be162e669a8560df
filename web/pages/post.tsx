import { useEffect, useRef, useState } from 'preact/hooks';
import type { Post } from '#contract/api/types.ts';
import { ReplyBox } from '../composer/reply-box.tsx';
import { ApiProblem } from '../net/api.ts';
import { liveBroadcastOf } from '../net/live-now.ts';
import { me } from '../net/session.ts';
import { back, place } from '../router.ts';
import { FeedList, PostSkeletons } from '../timeline/feed-list.tsx';
import { liveAuthors } from '../timeline/live-authors.ts';
import { PostActions } from '../timeline/post-actions.tsx';
import { PostCard } from '../timeline/post-card.tsx';
import { PostMenu } from '../timeline/post-menu.tsx';
import { fetchPost, knownPost, type PostEntry } from '../timeline/posts.ts';
import { repliesOf } from '../timeline/replies.ts';
import { RichText } from '../timeline/rich-text.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { useTitle } from '../ui/chrome.ts';
import { lazy } from '../ui/lazy.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { EmptyState, ErrorState } from '../ui/states.tsx';
import { NotFoundPage } from './not-found.tsx';
import './post.css';

const WatchView = lazy(() => import('./watch.tsx'));
const ahead = () => import('../player/ahead.ts');

/** Fetches what watching needs, for somebody who is likely to watch. */
export function prepareToWatch(): void {
  WatchView.preload();
  ahead().then(
    ({ warmUp }) => warmUp(),
    // Watching fetches it again.
    () => undefined,
  );
}

/** One post at its own address, with its replies; a broadcast's post is where one watches it, live and as a replay. */
export function PostPage({ postId }: { readonly postId: string }) {
  const { entry, error, retry } = usePost(postId);
  const broadcast = entry?.value?.broadcast;
  useJoinAhead(broadcast?.state === 'live' ? broadcast.id : liveBroadcastOf(postId));
  if (error instanceof ApiProblem && error.code === 'not-found') return <NotFoundPage what="post" />;
  if (entry?.value === null) return <NotFoundPage what="post" />;
  if (entry) return <PostView entry={entry} />;
  return (
    <>
      <PageHeader title="Post" backTo="/" />
      {error ? <ErrorState error={error} onRetry={retry} /> : <PostSkeletons count={1} />}
    </>
  );
}

function PostView({ entry }: { readonly entry: PostEntry }) {
  const post = entry.value;
  useTitle(post ? titleOf(post) : '');
  if (!post) return null;
  if (!post.broadcast) {
    return (
      <>
        <PageHeader title="Post" backTo="/" />
        {post.replyToId ? <Answered id={post.replyToId} /> : null}
        <WholePost entry={entry} />
        <Thread post={post} />
      </>
    );
  }
  return (
    <div class="watch-page">
      <WatchView post={post} />
      <div class="watch-thread">
        <WholePost entry={entry} />
        <Thread post={post} />
      </div>
    </div>
  );
}

function titleOf(post: Post): string {
  const said = post.broadcast?.title ?? post.text;
  return `${post.author.displayName}: ${said.length > 60 ? `${said.slice(0, 60)}…` : said}`;
}

function WholePost({ entry }: { readonly entry: PostEntry }) {
  const post = entry.value;
  if (!post) return null;
  const { author, broadcast, text } = post;
  return (
    <article class="whole-post">
      <header>
        <a href={`/@${author.handle}`} class="person-who">
          <Avatar account={author} live={liveAuthors.value.has(author.id)} />
          <span class="person-names">
            <bdi>{author.displayName}</bdi>
            <span>@{author.handle}</span>
          </span>
        </a>
        <PostMenu post={post} onDelete={() => back('/')} />
      </header>
      {broadcast ? (
        <h2 class="whole-post-title" dir="auto">
          {broadcast.title}
        </h2>
      ) : null}
      {text && text !== broadcast?.title ? (
        <p class="post-text" dir="auto">
          <RichText text={text} />
        </p>
      ) : null}
      <time class="whole-post-time" dateTime={post.createdAt}>
        {new Date(post.createdAt).toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' })}
      </time>
      <PostActions entry={entry} />
    </article>
  );
}

function Thread({ post }: { readonly post: Post }) {
  const feed = repliesOf(post.id);
  useEffect(() => {
    if (feed.status.peek() === 'idle' || !place.peek().returning) void feed.reload();
  }, [feed]);
  return (
    <>
      <ReplyBox post={post} />
      <FeedList
        feed={feed}
        label="Replies"
        ended={null}
        empty={
          <EmptyState title="No replies yet">
            {me.value ? 'Yours would be the first.' : 'Sign in to write the first one.'}
          </EmptyState>
        }
      />
    </>
  );
}

/** The post that this one answers, above it. */
function Answered({ id }: { readonly id: string }) {
  const { entry } = usePost(id);
  return entry ? <PostCard entry={entry} /> : null;
}

/** Joins at the click on a link to a broadcast's post, before the page for it is drawn. */
export function joinAtClick(broadcastId: string, event: MouseEvent): void {
  const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  const { search } = event.currentTarget as HTMLAnchorElement;
  if (!elsewhere) begin(broadcastId, search);
}

/** Once it is known which live broadcast this is, joining it and drawing its player go on side by side. */
function useJoinAhead(broadcastId: string | null) {
  const begun = useRef(false);
  if (broadcastId === null || begun.current) return;
  begun.current = true;
  WatchView.preload();
  begin(broadcastId, location.search);
}

function begin(broadcastId: string, search: string): void {
  ahead().then(
    ({ watchAhead }) => watchAhead(broadcastId, search),
    // The player joins by itself.
    () => undefined,
  );
}

/** A post by its id: what is known at once, and what the server says after. */
function usePost(id: string) {
  const [tries, setTries] = useState(0);
  const [found, setFound] = useState<{ id: string; entry?: PostEntry; error?: unknown }>({ id });
  useEffect(() => {
    let here = true;
    fetchPost(id).then(
      entry => here && setFound({ id, entry }),
      (error: unknown) => here && setFound({ id, error }),
    );
    return () => {
      here = false;
    };
  }, [id, tries]);
  const current = found.id === id ? found : { id };
  const entry = current.entry ?? knownPost(id);
  return { entry, error: current.error, retry: () => setTries(tries + 1) };
}
