import type { Post } from '#contract/api/types.ts';
import { go, path } from '../router.ts';
import { Age } from '../ui/age.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { BroadcastTile } from './broadcast-tile.tsx';
import { liveAuthors } from './live-authors.ts';
import { PostActions } from './post-actions.tsx';
import { PostMenu } from './post-menu.tsx';
import { knownPost, type PostEntry } from './posts.ts';
import { RichText } from './rich-text.tsx';
import './post-card.css';

/** A post in a list. A click anywhere opens it; its own links and buttons do what they say. */
export function PostCard({ entry }: { readonly entry: PostEntry }) {
  const post = entry.value;
  if (!post) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the age is the link that opens the post from the keyboard
    <article class="post" onClick={event => openFrom(event, post)}>
      {/* biome-ignore lint/a11y/useAnchorContent: the name beside it is the same link, with words */}
      <a href={`/@${post.author.handle}`} class="post-avatar" tabIndex={-1} aria-hidden="true">
        <Avatar account={post.author} live={liveAuthors.value.has(post.author.id)} />
      </a>
      <div class="post-main">
        <header class="post-head">
          <Byline post={post} />
          <PostMenu post={post} />
        </header>
        {post.replyToId && path.value !== `/p/${post.replyToId}` ? <InReplyTo id={post.replyToId} /> : null}
        <PostBody post={post} />
        <PostActions entry={entry} />
      </div>
    </article>
  );
}

/** Outside its thread a reply says what it answers; by name when that post is at hand. */
function InReplyTo({ id }: { readonly id: string }) {
  const answered = knownPost(id)?.value;
  return (
    <a class="post-context" href={`/p/${id}`}>
      In reply to {answered ? <bdi>@{answered.author.handle}</bdi> : 'a post'}
    </a>
  );
}

/** Name, handle, age. */
export function Byline({ post }: { readonly post: Post }) {
  const { author } = post;
  return (
    <div class="byline">
      <a href={`/@${author.handle}`} class="byline-who">
        <bdi class="byline-name">{author.displayName}</bdi>
        <span class="byline-handle">@{author.handle}</span>
      </a>
      <a href={`/p/${post.id}`} class="byline-age">
        <Age at={post.createdAt} />
      </a>
    </div>
  );
}

/** Text, and the broadcast when there is one. */
export function PostBody({ post }: { readonly post: Post }) {
  const { broadcast, text } = post;
  return (
    <>
      {text && text !== broadcast?.title ? (
        <p class="post-text" dir="auto">
          <RichText text={text} />
        </p>
      ) : null}
      {broadcast ? <BroadcastTile href={`/p/${post.id}`} broadcast={broadcast} /> : null}
    </>
  );
}

function openFrom(event: MouseEvent, post: Post): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.target instanceof Element && event.target.closest('a, button, input, textarea, [role=menu]'))
    return;
  // Somebody who selects text is not on the way elsewhere.
  if (getSelection()?.toString()) return;
  if (event.metaKey || event.ctrlKey) open(`/p/${post.id}`, '_blank');
  else go(`/p/${post.id}`);
}
