import type { AccountId } from '#base/ids.ts';
import type { Sql } from '#ports/db.ts';
import { tablesOf } from '../tables.ts';

export interface Counts {
  readonly posts: number;
  readonly followers: number;
  readonly following: number;
}

/** False when it was so already. */
export async function insertFollow(
  sql: Sql,
  followerId: AccountId,
  followeeId: AccountId,
  nowMs: number,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tablesOf(sql)
    .insertInto('follows')
    .values({ follower_id: followerId, followee_id: followeeId, created_at: nowMs })
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** False when it was not so. */
export async function deleteFollow(sql: Sql, followerId: AccountId, followeeId: AccountId): Promise<boolean> {
  const { numDeletedRows } = await tablesOf(sql)
    .deleteFrom('follows')
    .where('follower_id', '=', followerId)
    .where('followee_id', '=', followeeId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Whom of the accounts the viewer follows. */
export async function followedAmong(
  sql: Sql,
  viewerId: AccountId,
  ids: readonly AccountId[],
): Promise<ReadonlySet<AccountId>> {
  const rows = await tablesOf(sql)
    .selectFrom('follows')
    .select('followee_id')
    .where('follower_id', '=', viewerId)
    .where('followee_id', 'in', ids)
    .execute();
  return new Set(rows.map(row => row.followee_id));
}

/**
 * Followers by id, after `afterId`, at most `limit`. With `towardsId`, only those who also follow that account, or are it:
 * who gets to see a reply.
 */
export async function listFollowers(
  sql: Sql,
  followeeId: AccountId,
  afterId: string,
  limit: number,
  towardsId: AccountId | null,
): Promise<AccountId[]> {
  let query = tablesOf(sql)
    .selectFrom('follows as follow')
    .select('follow.follower_id')
    .where('follow.followee_id', '=', followeeId)
    .where('follow.follower_id', '>', afterId)
    .orderBy('follow.follower_id')
    .limit(limit);
  if (towardsId !== null) {
    query = query.where(eb =>
      eb.or([
        eb('follow.follower_id', '=', towardsId),
        eb.exists(
          eb
            .selectFrom('follows as other')
            .select('other.follower_id')
            .whereRef('other.follower_id', '=', 'follow.follower_id')
            .where('other.followee_id', '=', towardsId),
        ),
      ]),
    );
  }
  return (await query.execute()).map(row => row.follower_id);
}

/** Adds to one count of an account. */
export async function addToCount(
  sql: Sql,
  accountId: AccountId,
  column: keyof Counts,
  change: 1 | -1,
): Promise<void> {
  await tablesOf(sql)
    .insertInto('social_counts')
    .values({ posts: 0, followers: 0, following: 0, account_id: accountId, [column]: change })
    .onConflict(conflict =>
      conflict
        .column('account_id')
        .doUpdateSet(eb => ({ [column]: eb(eb.ref(`social_counts.${column}`), '+', change) })),
    )
    .execute();
}

/** Accounts that have none are left out. */
export async function findCounts(sql: Sql, ids: readonly AccountId[]): Promise<Map<AccountId, Counts>> {
  const rows = await tablesOf(sql)
    .selectFrom('social_counts')
    .selectAll()
    .where('account_id', 'in', ids)
    .execute();
  return new Map(rows.map(({ account_id, ...counts }) => [account_id, counts]));
}
