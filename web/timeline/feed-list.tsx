import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
import { ErrorState, Loading, Skeleton } from '../ui/states.tsx';
import type { Feed } from './feed.ts';
import { PostCard } from './post-card.tsx';
import type { PostEntry } from './posts.ts';
import './feed-list.css';

/** How far below the screen the next page is asked for. */
const AHEAD = '800px';

interface FeedListProps {
  readonly feed: Feed;
  readonly label: string;
  /** Shown when nothing is there. */
  readonly empty: ComponentChildren;
  /** Stands below the last post. */
  readonly ended?: ComponentChildren;
  /** Leaves posts out. */
  readonly only?: (entry: PostEntry) => boolean;
}

/** A feed's posts; the next page comes when its end is near, or by a button where that does not happen. */
export function FeedList({ feed, label, empty, ended = 'That is all.', only }: FeedListProps) {
  const status = feed.status.value;
  const shown = feed.items.value.filter(entry => entry.value && (!only || only(entry)));
  if (status === 'failed' && shown.length === 0) {
    return <ErrorState error={feed.error.value} onRetry={() => void feed.reload()} />;
  }
  if (shown.length === 0 && (status === 'idle' || status === 'loading')) return <PostSkeletons />;
  if (shown.length === 0 && status === 'done') return <>{empty}</>;
  return (
    <>
      <section role="feed" aria-label={label} aria-busy={status === 'loading'}>
        {shown.map(entry => (
          <PostCard key={entry.peek()?.id} entry={entry} />
        ))}
      </section>
      {status === 'done' ? <Ended>{ended}</Ended> : <FeedEnd feed={feed} length={shown.length} />}
    </>
  );
}

function Ended({ children }: { readonly children: ComponentChildren }) {
  return children ? <div class="feed-end">{children}</div> : null;
}

function FeedEnd({ feed, length }: { readonly feed: Feed; readonly length: number }) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const watcher = new IntersectionObserver(
      ([seen]) => {
        if (seen?.isIntersecting && feed.status.peek() === 'ready') void feed.more();
      },
      { rootMargin: AHEAD },
    );
    if (end.current) watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [feed, length]);
  const failed = feed.status.value === 'failed';
  return (
    <div class="feed-more" ref={end}>
      {failed ? <p role="alert">The next posts did not come.</p> : null}
      <Button busy={feed.status.value === 'loading'} onClick={() => void feed.more()}>
        {failed ? 'Try again' : 'More'}
      </Button>
    </div>
  );
}

/** Shapes of posts that are on their way. */
export function PostSkeletons({ count = 4 }: { readonly count?: number }) {
  return (
    <Loading what="posts">
      {Array.from({ length: count }, (_, index) => (
        <div class="post-skeleton" key={index}>
          <Skeleton width="44px" height="44px" round />
          <div>
            <Skeleton width="45%" />
            <Skeleton />
            <Skeleton width="70%" />
          </div>
        </div>
      ))}
    </Loading>
  );
}
