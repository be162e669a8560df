import { isId, type PostId } from '#base/ids.ts';
import { Refusal } from '#contract/errors.ts';
import type { Tx } from '#ports/db.ts';
import { type BroadcastPostEvent, broadcastPostJob } from '#ports/events.ts';
import { addToCount } from '../follows/store.ts';
import type { PostTable } from '../tables.ts';
import { type PostPurge, postJobs } from '../timeline/jobs.ts';
import type { SocialDeps, Viewer } from '../types.ts';
import * as store from './store.ts';

/** How long a deleted post can be brought back. */
export const UNDO_MS = 10_000;
/** Entries of home timelines that one transaction takes away. */
export const PURGE_BATCH = 500;

/** Hides a post from everybody at once; what it was is taken away when it cannot be brought back any more. */
export async function remove(deps: SocialDeps, id: PostId, viewer: Viewer): Promise<void> {
  const row = isId(id) ? await store.findPost(deps.db.sql, id) : null;
  if (!row) throw new Refusal('not-found');
  if (row.author_id !== viewer.id && viewer.role !== 'operator') throw new Refusal('not-allowed');
  const deletedAtMs = deps.clock.nowMs();
  await deps.db.transaction(async tx => {
    if (!(await store.hide(tx, id, viewer.id, deletedAtMs))) throw new Refusal('not-found');
    await count(tx, row, -1);
    await deps.jobs.enqueue(tx, postJobs.deleted(id));
    await deps.jobs.enqueue(tx, postJobs.purge({ postId: id, deletedAtMs }, deletedAtMs + UNDO_MS));
    await tellLive(deps, tx, row, 'deleted');
  });
  deps.jobs.wake();
}

/** Brings back what was deleted within `UNDO_MS`. */
export async function restore(deps: SocialDeps, id: PostId, viewer: Viewer): Promise<void> {
  const row = isId(id) ? await store.findDeleted(deps.db.sql, id) : null;
  if (!row?.deleted_at) throw new Refusal('not-found');
  // What the operator took away is not its author's to bring back.
  if (row.deleted_by !== viewer.id) throw new Refusal('not-allowed');
  const { deleted_at: deletedAtMs } = row;
  if (deps.clock.nowMs() - deletedAtMs >= UNDO_MS) throw new Refusal('not-found');
  await deps.db.transaction(async tx => {
    if (!(await store.show(tx, id, deletedAtMs))) throw new Refusal('not-found');
    await count(tx, row, 1);
    // A fan-out that found the post gone stopped there.
    if (row.fanned_to !== null) await deps.jobs.enqueue(tx, postJobs.created(id, row.fanned_to));
    await deps.jobs.enqueue(tx, postJobs.restored(id));
    await tellLive(deps, tx, row, 'restored');
  });
  deps.jobs.wake();
}

/** Takes away what a deleted post was, unless it came back. The row stays: it says to whom it was, and that it is gone. */
export async function purge(deps: SocialDeps, { postId, deletedAtMs }: PostPurge): Promise<void> {
  if (!(await store.wipe(deps.db.sql, postId, deletedAtMs))) return;
  while ((await store.deleteLikes(deps.db.sql, postId, PURGE_BATCH)) > 0);
}

async function count(tx: Tx, row: PostTable, change: 1 | -1): Promise<void> {
  if (row.reply_to_id !== null) await store.addReplies(tx, row.reply_to_id, change);
  await addToCount(tx, row.author_id, 'posts', change);
}

async function tellLive(
  deps: SocialDeps,
  tx: Tx,
  row: PostTable,
  type: BroadcastPostEvent['type'],
): Promise<void> {
  if (row.broadcast_id === null) return;
  await deps.jobs.enqueue(tx, broadcastPostJob({ broadcastId: row.broadcast_id, type }));
}
