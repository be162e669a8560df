import type { Comment } from '#contract/api/types.ts';

/** Comments kept of a room that is live; older ones are scrolled away for good. */
export const LIVE_COMMENTS_MAX = 300;

/** Adds comments by sequence number: no duplicates, in order, the newest `max`. */
export function mergeComments(
  known: readonly Comment[],
  incoming: readonly Comment[],
  max: number,
): readonly Comment[] {
  const lastSeq = known.at(-1)?.seq ?? 0;
  const inOrder = incoming.every((comment, index) => comment.seq > (incoming[index - 1]?.seq ?? lastSeq));
  const merged = inOrder
    ? [...known, ...incoming]
    : [...new Map([...known, ...incoming].map(comment => [comment.seq, comment])).values()].sort(
        (a, b) => a.seq - b.seq,
      );
  return merged.slice(-max);
}

/** A comment and the moment of the replay at which it appears. */
export interface TimedComment {
  readonly comment: Comment;
  readonly atMs: number;
}

/** Puts comments at their moments: that of the picture they speak of, or else that of their writing. */
export function timeComments(comments: readonly Comment[], startedAtMs: number): readonly TimedComment[] {
  return comments
    .map(comment => ({
      comment,
      atMs: comment.mediaTimeMs ?? Math.max(0, Date.parse(comment.createdAt) - startedAtMs),
    }))
    .sort((a, b) => a.atMs - b.atMs || a.comment.seq - b.comment.seq);
}

/** The last `max` comments that have appeared at a moment of the replay. */
export function commentsAt(timed: readonly TimedComment[], atMs: number, max: number): readonly Comment[] {
  let low = 0;
  let high = timed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timed[middle]!.atMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return timed.slice(Math.max(0, low - max), low).map(({ comment }) => comment);
}
