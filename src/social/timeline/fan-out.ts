import type { AccountId } from '#base/ids.ts';
import type { Tx } from '#ports/db.ts';
import { followedAmong, listFollowers } from '../follows/store.ts';
import { findPost } from '../posts/store.ts';
import type { PostTable } from '../tables.ts';
import type { SocialDeps } from '../types.ts';
import { type FollowChange, type PostCreated, postJobs } from './jobs.ts';
import { publishTo } from './publish.ts';
import * as store from './store.ts';

/** Followers that one transaction gives a post to. */
export const FAN_OUT_BATCH = 500;
/** Posts that somebody finds in their timeline when they follow an author. */
export const BACKFILL_POSTS = 20;

/**
 * Gives a post to the next batch of followers, the author among the first, and leaves a job for the batch after it.
 * Run again after a crash, it sees by `fanned_to` that its batch was done and does nothing.
 */
export async function fanOut(deps: SocialDeps, { postId, after }: PostCreated): Promise<void> {
  const fresh = await deps.db.transaction(async tx => {
    const seq = await store.takeSeq(tx);
    const post = await findPost(tx, postId);
    if (!post || post.fanned_to !== after) return [];
    const { audience, last } = await nextAudience(tx, post, after);
    const entries = audience.map(accountId => entryOf(accountId, post, seq));
    await store.setFannedTo(tx, postId, last);
    if (last !== null) await deps.jobs.enqueue(tx, postJobs.created(postId, last));
    return store.insertEntries(tx, entries);
  });
  deps.jobs.wake();
  for (const entry of fresh) publishTo(deps.bus, entry.accountId, { type: 'post', ...pick(entry) });
}

/** Who gets the post in this batch; `last` is null when nobody is left. */
async function nextAudience(
  tx: Tx,
  post: PostTable,
  after: string,
): Promise<{ audience: AccountId[]; last: string | null }> {
  const owner = after === '' ? [post.author_id] : [];
  if (post.announce === 0) return { audience: owner, last: null };
  const parent = post.reply_to_id === null ? null : await findPost(tx, post.reply_to_id);
  // A reply to a post that is gone has nobody to be shown to but its author.
  if (post.reply_to_id !== null && !parent) return { audience: owner, last: null };
  const followers = await listFollowers(tx, post.author_id, after, FAN_OUT_BATCH, parent?.author_id ?? null);
  const last = followers.length < FAN_OUT_BATCH ? null : followers.at(-1)!;
  return { audience: [...owner, ...followers], last };
}

/** Gives a new follower the newest posts of the author. */
export async function backfill(deps: SocialDeps, { followerId, followeeId }: FollowChange): Promise<void> {
  const fresh = await deps.db.transaction(async tx => {
    const last = await store.takeSeq(tx, BACKFILL_POSTS);
    if (!(await followedAmong(tx, followerId, [followeeId])).has(followeeId)) return [];
    const newest = await store.listNewest(tx, followeeId, BACKFILL_POSTS);
    const entries = newest.map((post, i) => ({
      accountId: followerId,
      postId: post.id,
      authorId: followeeId,
      createdAtMs: post.createdAtMs,
      seq: last - i,
    }));
    return store.insertEntries(tx, entries);
  });
  const oldestFirst = fresh.toReversed();
  for (const entry of oldestFirst) publishTo(deps.bus, followerId, { type: 'post', ...pick(entry) });
}

/** Takes an author's posts out of the timeline of somebody who follows them no more. */
export async function forget(deps: SocialDeps, { followerId, followeeId }: FollowChange): Promise<void> {
  await deps.db.transaction(async tx => {
    // Waits for a fan-out that still saw the follower; the next one does not.
    await store.takeSeq(tx);
    if ((await followedAmong(tx, followerId, [followeeId])).has(followeeId)) return;
    await store.deleteEntriesOf(tx, followerId, followeeId);
  });
}

function entryOf(accountId: AccountId, post: PostTable, seq: number): store.NewEntry {
  return { accountId, postId: post.id, authorId: post.author_id, createdAtMs: post.created_at, seq };
}

function pick({ postId, seq }: store.NewEntry) {
  return { postId, seq };
}
