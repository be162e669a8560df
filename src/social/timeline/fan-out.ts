import type { AccountId } from '#base/ids.ts';
import type { Tx } from '#ports/db.ts';
import { followedAmong, nthFollowerAfter } from '../follows/store.ts';
import { findPost } from '../posts/store.ts';
import type { PostTable } from '../tables.ts';
import type { SocialDeps } from '../types.ts';
import { type FollowChange, type PostCreated, postJobs } from './jobs.ts';
import { publishTo } from './publish.ts';
import * as store from './store.ts';

/** Followers that one transaction looks at: about 15 ms, which others who write wait for. */
export const FAN_OUT_BATCH = 500;
/** Posts that somebody finds in their timeline when they follow an author. */
export const BACKFILL_POSTS = 20;

/**
 * Gives a post to the next batch of followers, the author among the first, and leaves a job for the batch after it.
 * Run again after a crash, it sees by `fanned_to` that its batch was done and does nothing.
 */
export async function fanOut(deps: SocialDeps, { postId, after }: PostCreated): Promise<void> {
  const { fresh, seq } = await deps.db.transaction(async tx => {
    const seq = await store.takeSeq(tx);
    const post = await findPost(tx, postId);
    if (!post || post.fanned_to !== after) return { fresh: [], seq };
    const { followers, last } = await nextFollowers(tx, post, after);
    const owner = after === '' ? await store.insertEntries(tx, [entryOf(post.author_id, post, seq)]) : [];
    const given = followers ? await store.insertFollowersEntries(tx, postId, seq, followers) : [];
    await store.setFannedTo(tx, postId, last);
    if (last !== null) await deps.jobs.enqueue(tx, postJobs.created(postId, last));
    return { fresh: [...owner.map(entry => entry.accountId), ...given], seq };
  });
  deps.jobs.wake();
  publishTo(deps.bus, fresh, { type: 'post', postId, seq });
}

/** Which followers get the post in this batch; `last` is null when nobody is left. */
async function nextFollowers(
  tx: Tx,
  post: PostTable,
  after: string,
): Promise<{ followers: store.FollowerSpan | null; last: AccountId | null }> {
  const nobody = { followers: null, last: null };
  if (post.announce === 0) return nobody;
  const parent = post.reply_to_id === null ? null : await findPost(tx, post.reply_to_id);
  // A reply to a post that is gone has nobody to be shown to but its author.
  if (post.reply_to_id !== null && !parent) return nobody;
  const last = await nthFollowerAfter(tx, post.author_id, after, FAN_OUT_BATCH);
  return { followers: { after, upTo: last, towardsId: parent?.author_id ?? null }, last };
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
  for (const entry of oldestFirst) publishTo(deps.bus, [followerId], { type: 'post', ...pick(entry) });
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
