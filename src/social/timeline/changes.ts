import type { BroadcastEvent } from '#ports/events.ts';
import { addToCount } from '../follows/store.ts';
import { insertPost, updateBroadcast } from '../posts/store.ts';
import type { SocialDeps } from '../types.ts';
import { type PostDeleted, type PostHint, postJobs } from './jobs.ts';
import { publishTo } from './publish.ts';
import * as store from './store.ts';

/** Those told of a change by one job. */
export const HINT_BATCH = 500;

/** Makes the post of a broadcast, or writes into it where the broadcast stands. A post that was deleted stays so. */
export async function applyBroadcast(deps: SocialDeps, event: BroadcastEvent): Promise<void> {
  await deps.db.transaction(async tx => {
    const isNew = await insertPost(tx, {
      id: event.postId,
      authorId: event.ownerId,
      text: event.title,
      replyToId: null,
      createdAtMs: event.startedAtMs ?? deps.clock.nowMs(),
      broadcast: event,
    });
    if (isNew) {
      await addToCount(tx, event.ownerId, 'posts', 1);
      return deps.jobs.enqueue(tx, postJobs.created(event.postId));
    }
    const seq = await store.takeSeq(tx);
    if (!(await updateBroadcast(tx, event, seq))) return;
    await deps.jobs.enqueue(
      tx,
      postJobs.hint({ type: 'post-changed', postId: event.postId, seq, after: '' }),
    );
  });
  deps.jobs.wake();
}

/** Puts a deletion, or the return of a post, into the home sequence and starts telling those who have the post. */
export async function announce(
  deps: SocialDeps,
  type: PostHint['type'],
  { postId }: PostDeleted,
): Promise<void> {
  await deps.db.transaction(async tx => {
    const seq = await store.takeSeq(tx);
    await store.setEventSeq(tx, postId, seq);
    await deps.jobs.enqueue(tx, postJobs.hint({ type, postId, seq, after: '' }));
  });
  deps.jobs.wake();
}

/** Tells the next batch of those who have a post. Gives up when something newer happened to it: that is told by its own. */
export async function hintHolders(deps: SocialDeps, hint: PostHint): Promise<void> {
  const { type, postId, seq } = hint;
  if ((await store.findEventSeq(deps.db.sql, postId)) !== seq) return;
  const holders = await store.listHolders(deps.db.sql, postId, hint.after, HINT_BATCH);
  publishTo(deps.bus, holders, { type, postId, seq });
  if (holders.length < HINT_BATCH) return;
  await deps.jobs.enqueue(deps.db.sql, postJobs.hint({ ...hint, after: holders.at(-1)! }));
  deps.jobs.wake();
}
