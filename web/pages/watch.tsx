import { effect, untracked } from '@preact/signals';
import { Eye } from 'lucide-preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Post, PostBroadcast } from '#contract/api/types.ts';
import { me } from '../net/session.ts';
import { followBroadcast, usualPlayback } from '../player/follow.ts';
import { Player } from '../player/player.tsx';
import { Slate } from '../player/slate.tsx';
import type { Watcher } from '../player/watcher.ts';
import { CommentBox } from '../room/comment-box.tsx';
import { CommentsLog, CommentsOverlay, ReadAloudToggle } from '../room/comments.tsx';
import { HeartFountain, type Point } from '../room/heart-fountain.ts';
import { HeartButton, HeartsLayer } from '../room/hearts.tsx';
import type { Room } from '../room/room.ts';
import { Troubles } from '../room/troubles.tsx';
import { useReplayMoments, useRoom } from '../room/use-room.ts';
import { hidePost } from '../timeline/posts.ts';
import { useBareChrome } from '../ui/chrome.ts';
import { formatCount, plural } from '../ui/format.ts';
import { BackButton } from '../ui/page-header.tsx';
import { BroadcastPill, LivePill } from '../ui/pill.tsx';
import { useMedia } from '../ui/use-media.ts';
import './watch.css';

const WIDE = '(min-width: 1080px)';
const COMMENTS_OVER_VIDEO = 5;

/** A broadcast where one watches it: live, and at the same place its replay. */
export default function WatchView({ post }: { readonly post: Post }) {
  if (post.broadcast === null) return null;
  return <Watch key={post.broadcast.id} postId={post.id} known={post.broadcast} />;
}

/** `known`: what the post said of the broadcast when the page was opened. */
function Watch({ postId, known }: { readonly postId: string; readonly known: PostBroadcast }) {
  const room = useRoom(known.id);
  const wide = useMedia(WIDE);
  const [fountain] = useState(() => new HeartFountain());
  const [watcher, setWatcher] = useState<Watcher | null>(null);
  const mediaTimeMs = useCallback(() => watcher?.mediaTimeMs() ?? null, [watcher]);
  const replay = useReplayMoments(room, fountain, mediaTimeMs);
  useBareChrome(!wide);
  useEffect(() => fountain.listenTo(room), [fountain, room]);
  const deleted = room.deleted.value;
  useEffect(() => void (deleted && hidePost(postId)), [deleted, postId]);
  useEffect(() => (watcher === null ? undefined : follow(room, watcher, known)), [room, watcher]);

  const state = room.broadcast.value?.state;
  const archived = state === 'archived';
  const heartable = state === 'live' && Boolean(me.value);
  const heart = (from?: Point) => {
    fountain.rise(from);
    room.heart(mediaTimeMs());
  };
  const comments = archived ? replay.comments : room.comments;
  const takePart = archived ? null : (
    <TakePart room={room} mediaTimeMs={mediaTimeMs} onHeart={heartable ? () => heart() : null} />
  );
  return (
    <section class="watch" data-wide={wide || undefined} aria-label="Broadcast">
      <Player
        startedAtMs={() => epochOf(room, known)}
        onWatcher={setWatcher}
        replay={archived}
        hearts={replay.heights}
        {...(heartable ? { onDoubleTap: heart } : {})}
      >
        <Slate
          broadcast={room.broadcast}
          problem={room.problem}
          watcher={watcher}
          onReload={() => void room.refresh().catch(() => undefined)}
        />
        <TopLine room={room} back={!wide} />
        {wide ? null : (
          <div class="watch-foot on-video" data-replay={archived || undefined}>
            <CommentsOverlay room={room} comments={comments} shown={COMMENTS_OVER_VIDEO} />
            {takePart}
          </div>
        )}
        <HeartsLayer fountain={fountain} />
      </Player>
      {wide ? (
        <aside class="watch-room" aria-label="Room">
          <header>
            <h2>{archived ? 'What was said' : 'Room'}</h2>
            <ReadAloudToggle />
          </header>
          <CommentsLog
            room={room}
            comments={comments}
            empty={archived ? 'Comments appear here at their moments.' : 'Nobody has said anything yet.'}
          />
          {takePart === null ? null : <footer>{takePart}</footer>}
        </aside>
      ) : null}
    </section>
  );
}

interface TakePartProps {
  readonly room: Room;
  readonly mediaTimeMs: () => number | null;
  readonly onHeart: (() => void) | null;
}

function TakePart({ room, mediaTimeMs, onHeart }: TakePartProps) {
  return (
    <div class="take-part">
      <CommentBox room={room} mediaTimeMs={mediaTimeMs} />
      <HeartButton count={room.hearts} disabled={onHeart === null} onHeart={() => onHeart?.()} />
    </div>
  );
}

function TopLine({ room, back }: { readonly room: Room; readonly back: boolean }) {
  const broadcast = room.broadcast.value;
  const viewers = room.viewers.value;
  return (
    <div class="watch-top on-video">
      <div class="watch-facts">
        {back ? <BackButton /> : null}
        {broadcast === null ? null : broadcast.state === 'live' ? (
          <LivePill />
        ) : (
          <BroadcastPill broadcast={broadcast} />
        )}
        {broadcast?.state === 'live' ? (
          <span class="watch-viewers" title={plural(viewers, 'viewer')}>
            <Eye size={16} strokeWidth={1.75} aria-hidden="true" />
            {formatCount(viewers)}
            <span class="visually-hidden">watching</span>
          </span>
        ) : null}
      </div>
      {broadcast !== null && broadcast.owner.id === me.value?.id ? <Troubles room={room} /> : null}
    </div>
  );
}

function follow(room: Room, watcher: Watcher, known: PostBroadcast): () => void {
  return effect(() => {
    const broadcast = room.broadcast.value ?? { state: known.state, playback: usualPlayback(known.id) };
    // What the watcher itself keeps in signals must not bring us back here.
    untracked(() => followBroadcast(watcher, broadcast));
  });
}

function epochOf(room: Room, known: PostBroadcast): number | null {
  const startedAt = room.broadcast.peek()?.startedAt ?? known.startedAt;
  return startedAt ? Date.parse(startedAt) : null;
}
