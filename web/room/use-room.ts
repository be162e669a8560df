import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Comment } from '#contract/api/types.ts';
import { commentsAt, LIVE_COMMENTS_MAX } from './comment-list.ts';
import { heartHeights, heartsBetween } from './heart-curve.ts';
import type { HeartFountain } from './heart-fountain.ts';
import { loadRoomReplay, type RoomReplay } from './replay.ts';
import { openRoom, type Room } from './room.ts';

const TICK_MS = 250;

/** Enters a room for as long as the component is shown. */
export function useRoom(broadcastId: string): Room {
  const [room] = useState(() => openRoom(broadcastId));
  useEffect(() => () => room.close(), [room]);
  return room;
}

interface ReplayMoments {
  readonly comments: ReadonlySignal<readonly Comment[]>;
  /** Of the hearts' curve. */
  readonly heights: readonly number[];
}

/** Lets comments and hearts of an archived broadcast appear at their original moments. */
export function useReplayMoments(
  room: Room,
  fountain: HeartFountain,
  mediaTimeMs: () => number | null,
): ReplayMoments {
  const comments = useSignal<readonly Comment[]>([]);
  const [replay, setReplay] = useState<RoomReplay | null>(null);
  const broadcast = room.broadcast.value;
  const startedAt = broadcast?.state === 'archived' ? broadcast.startedAt : null;
  const id = broadcast?.id;
  useEffect(() => {
    if (startedAt === null || id === undefined) return;
    const abort = new AbortController();
    // Without its comments a replay is still a replay.
    loadRoomReplay(id, Date.parse(startedAt), abort.signal).then(setReplay, () => undefined);
    return () => abort.abort();
  }, [id, startedAt]);
  useEffect(() => {
    if (replay === null) return;
    let beforeMs = 0;
    const timer = setInterval(() => {
      const atMs = mediaTimeMs();
      if (atMs === null || atMs === beforeMs) return;
      const next = commentsAt(replay.comments, atMs, LIVE_COMMENTS_MAX);
      if (next.length !== comments.peek().length || next.at(-1) !== comments.peek().at(-1))
        comments.value = next;
      const hearts = heartsBetween(replay.hearts, beforeMs, atMs);
      if (hearts > 0) fountain.riseMany(hearts);
      beforeMs = atMs;
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [replay, fountain, mediaTimeMs, comments]);
  return {
    comments,
    heights: replay === null ? [] : heartHeights(replay.hearts, broadcast?.durationMs ?? 0),
  };
}
