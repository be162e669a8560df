import type { AccountId } from '#base/ids.ts';
import { Refusal } from '#contract/errors.ts';
import type { Tx } from '#ports/db.ts';
import { followJobs } from '../timeline/jobs.ts';
import type { SocialDeps } from '../types.ts';
import * as store from './store.ts';

/** Who follows whom. */
export interface Follows {
  /** Again changes nothing. Refuses with `not-allowed` to follow oneself. That the followee exists is the caller's to know. */
  follow(followerId: AccountId, followeeId: AccountId): Promise<void>;
  unfollow(followerId: AccountId, followeeId: AccountId): Promise<void>;
  /** Of each account, zeros included. */
  countsOf(ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, store.Counts>>;
  /** Whom of the accounts the viewer follows. */
  followedBy(viewerId: AccountId, ids: readonly AccountId[]): Promise<ReadonlySet<AccountId>>;
}

const NONE: store.Counts = { posts: 0, followers: 0, following: 0 };

export function createFollows({ db, jobs, clock }: SocialDeps): Follows {
  return {
    async follow(followerId, followeeId) {
      if (followerId === followeeId) throw new Refusal('not-allowed', 'Nobody follows themselves.');
      await db.transaction(async tx => {
        if (!(await store.insertFollow(tx, followerId, followeeId, clock.nowMs()))) return;
        await count(tx, followerId, followeeId, 1);
        await jobs.enqueue(tx, followJobs.created(followerId, followeeId));
      });
      jobs.wake();
    },
    async unfollow(followerId, followeeId) {
      await db.transaction(async tx => {
        if (!(await store.deleteFollow(tx, followerId, followeeId))) return;
        await count(tx, followerId, followeeId, -1);
        await jobs.enqueue(tx, followJobs.removed(followerId, followeeId));
      });
      jobs.wake();
    },
    async countsOf(ids) {
      if (ids.length === 0) return new Map();
      const found = await store.findCounts(db.sql, ids);
      return new Map(ids.map(id => [id, found.get(id) ?? NONE]));
    },
    async followedBy(viewerId, ids) {
      return ids.length === 0 ? new Set() : store.followedAmong(db.sql, viewerId, ids);
    },
  };
}

/** In the order of ids, so that two who follow each other at the same moment do not wait for one another. */
async function count(tx: Tx, followerId: AccountId, followeeId: AccountId, change: 1 | -1): Promise<void> {
  const follower = () => store.addToCount(tx, followerId, 'following', change);
  const followee = () => store.addToCount(tx, followeeId, 'followers', change);
  const [first, second] = followerId < followeeId ? [follower, followee] : [followee, follower];
  await first();
  await second();
}
