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

/** The id of the `nth` follower after `afterId`, by id; null when there are fewer. */
export async function nthFollowerAfter(
  sql: Sql,
  followeeId: AccountId,
  afterId: string,
  nth: number,
): Promise<AccountId | null> {
  const row = await tablesOf(sql)
    .selectFrom('follows')
    .select('follower_id')
    .where('followee_id', '=', followeeId)
    .where('follower_id', '>', afterId)
    .orderBy('follower_id')
    .offset(nth - 1)
    .limit(1)
    .executeTakeFirst();
  return row?.follower_id ?? null;
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
