import type { Comment } from '#contract/api/types.ts';
import { api } from '../net/api.ts';
import { type TimedComment, timeComments } from './comment-list.ts';
import type { HeartSecond } from './heart-curve.ts';

/** Of one page, which is what the server gives at most. */
const COMMENTS_PAGE = 500;
/** A replay shows this many comments at most; nobody reads more of one broadcast. */
const REPLAY_COMMENTS_MAX = 10_000;

/** What the room did while it was live, at its moments. */
export interface RoomReplay {
  readonly comments: readonly TimedComment[];
  readonly hearts: readonly HeartSecond[];
}

export async function loadRoomReplay(
  broadcastId: string,
  startedAtMs: number,
  signal: AbortSignal,
): Promise<RoomReplay> {
  const params = { id: broadcastId };
  const [comments, hearts] = await Promise.all([
    allComments(broadcastId, signal),
    api('listHearts', { params, signal }),
  ]);
  return { comments: timeComments(comments, startedAtMs), hearts: hearts.seconds as HeartSecond[] };
}

async function allComments(id: string, signal: AbortSignal): Promise<readonly Comment[]> {
  const comments: Comment[] = [];
  for (let after = 0; comments.length < REPLAY_COMMENTS_MAX; ) {
    const page = await api('listComments', {
      params: { id },
      query: { after, limit: COMMENTS_PAGE },
      signal,
    });
    comments.push(...page.items);
    const last = page.items.at(-1);
    if (last === undefined || page.nextCursor === null) break;
    after = last.seq;
  }
  return comments;
}
