import { sql as raw } from 'kysely';
import type { AccountId, PostId } from '#base/ids.ts';
import type { Sql, Tx } from '#ports/db.ts';
import type { Place } from '../cursor.ts';
import { tablesOf } from '../tables.ts';

export interface NewEntry {
  readonly accountId: AccountId;
  readonly postId: PostId;
  readonly authorId: AccountId;
  readonly createdAtMs: number;
  readonly seq: number;
}

/** Something that happened to an account's home timeline. */
export interface HomeEvent {
  readonly seq: number;
  readonly postId: PostId;
}

/** Numbers above `after`, up to and with `upTo`. */
export interface SeqSpan {
  readonly after: number;
  readonly upTo: number;
}

/**
 * Takes the next `count` numbers of the home sequence and returns the last. The row stays locked until the transaction
 * ends, so that whoever writes to home timelines does it one after the other, and numbers become visible in their order.
 */
export async function takeSeq(tx: Tx, count = 1): Promise<number> {
  const row = await tablesOf(tx)
    .updateTable('home_sequence')
    .set(eb => ({ value: eb('value', '+', count) }))
    .where('id', '=', 1)
    .returning('value')
    .executeTakeFirstOrThrow();
  return row.value;
}

export async function currentSeq(sql: Sql): Promise<number> {
  const row = await tablesOf(sql).selectFrom('home_sequence').select('value').executeTakeFirstOrThrow();
  return row.value;
}

/** Returns who got an entry that they did not have. */
export async function insertEntries(tx: Tx, entries: readonly NewEntry[]): Promise<NewEntry[]> {
  if (entries.length === 0) return [];
  const rows = await tablesOf(tx)
    .insertInto('home_entries')
    .values(
      entries.map(entry => ({
        account_id: entry.accountId,
        post_id: entry.postId,
        author_id: entry.authorId,
        created_at: entry.createdAtMs,
        seq: entry.seq,
      })),
    )
    .onConflict(conflict => conflict.doNothing())
    .returning(['account_id', 'post_id'])
    .execute();
  const inserted = new Set(rows.map(row => `${row.account_id} ${row.post_id}`));
  return entries.filter(entry => inserted.has(`${entry.accountId} ${entry.postId}`));
}

/** Some of an author's followers, by id. */
export interface FollowerSpan {
  readonly after: string;
  /** The last of them; null when it goes to the end. */
  readonly upTo: AccountId | null;
  /** Only those who also follow this account, or are it: who gets to see a reply. */
  readonly towardsId: AccountId | null;
}

/**
 * Gives a post to followers of its author, within the database: no row of it passes through this process. Returns those who did not
 * have it.
 */
export async function insertFollowersEntries(
  tx: Tx,
  postId: PostId,
  seq: number,
  span: FollowerSpan,
): Promise<AccountId[]> {
  const rows = await tablesOf(tx)
    .insertInto('home_entries')
    .columns(['account_id', 'post_id', 'author_id', 'created_at', 'seq'])
    .expression(
      followersOf(tx, span)
        .where('post.id', '=', postId)
        .select(['follow.follower_id', 'post.id', 'post.author_id', 'post.created_at'])
        .select(raw<number>`cast(${seq} as bigint)`.as('seq')),
    )
    .onConflict(conflict => conflict.doNothing())
    .returning('account_id')
    .execute();
  return rows.map(row => row.account_id);
}

function followersOf(tx: Tx, { after, upTo, towardsId }: FollowerSpan) {
  let query = tablesOf(tx)
    .selectFrom('posts as post')
    .innerJoin('follows as follow', 'follow.followee_id', 'post.author_id')
    .where('follow.follower_id', '>', after);
  if (upTo !== null) query = query.where('follow.follower_id', '<=', upTo);
  if (towardsId === null) return query;
  return query.where(also =>
    also.or([
      also('follow.follower_id', '=', towardsId),
      also.exists(
        also
          .selectFrom('follows as other')
          .select('other.follower_id')
          .whereRef('other.follower_id', '=', 'follow.follower_id')
          .where('other.followee_id', '=', towardsId),
      ),
    ]),
  );
}

export async function deleteEntriesOf(tx: Tx, accountId: AccountId, authorId: AccountId): Promise<void> {
  await tablesOf(tx)
    .deleteFrom('home_entries')
    .where('account_id', '=', accountId)
    .where('author_id', '=', authorId)
    .execute();
}

/** Says how far the fan-out of a post is; null when it is through. */
export async function setFannedTo(tx: Tx, id: PostId, to: string | null): Promise<void> {
  await tablesOf(tx).updateTable('posts').set({ fanned_to: to }).where('id', '=', id).execute();
}

/** Puts a change or the deletion of a post into the home sequence. */
export async function setEventSeq(tx: Tx, id: PostId, seq: number): Promise<void> {
  await tablesOf(tx).updateTable('posts').set({ event_seq: seq }).where('id', '=', id).execute();
}

export async function findEventSeq(sql: Sql, id: PostId): Promise<number | null> {
  const row = await tablesOf(sql)
    .selectFrom('posts')
    .select('event_seq')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.event_seq ?? null;
}

/** The newest posts that a new follower gets, newest first. */
export async function listNewest(sql: Sql, authorId: AccountId, limit: number): Promise<Place[]> {
  const rows = await tablesOf(sql)
    .selectFrom('posts')
    .select(['id', 'created_at'])
    .where('author_id', '=', authorId)
    .where('deleted_at', 'is', null)
    .where('reply_to_id', 'is', null)
    .where('announce', '=', 1)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(row => ({ id: row.id, createdAtMs: row.created_at }));
}

/** An account's home timeline, newest first, without posts that were deleted. */
export async function listHome(
  sql: Sql,
  accountId: AccountId,
  before: Place | null,
  limit: number,
): Promise<Place[]> {
  let query = tablesOf(sql)
    .selectFrom('home_entries as entry')
    .innerJoin('posts as post', 'post.id', 'entry.post_id')
    .select(['entry.post_id', 'entry.created_at'])
    .where('entry.account_id', '=', accountId)
    .where('post.deleted_at', 'is', null)
    .orderBy('entry.created_at', 'desc')
    .orderBy('entry.post_id', 'desc')
    .limit(limit);
  if (before)
    query = query.where(
      raw<boolean>`(entry.created_at, entry.post_id) < (${before.createdAtMs}, ${before.id})`,
    );
  return (await query.execute()).map(row => ({ id: row.post_id, createdAtMs: row.created_at }));
}

/** Who has a post, by id, after `afterId`. */
export async function listHolders(
  sql: Sql,
  postId: PostId,
  afterId: string,
  limit: number,
): Promise<AccountId[]> {
  const rows = await tablesOf(sql)
    .selectFrom('home_entries')
    .select('account_id')
    .where('post_id', '=', postId)
    .where('account_id', '>', afterId)
    .orderBy('account_id')
    .limit(limit)
    .execute();
  return rows.map(row => row.account_id);
}

/** Posts that came into a home timeline within a span. */
export async function listArrivals(
  sql: Sql,
  accountId: AccountId,
  span: SeqSpan,
  limit: number,
): Promise<HomeEvent[]> {
  const rows = await tablesOf(sql)
    .selectFrom('home_entries')
    .select(['seq', 'post_id'])
    .where('account_id', '=', accountId)
    .where('seq', '>', span.after)
    .where('seq', '<=', span.upTo)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(row => ({ seq: row.seq, postId: row.post_id }));
}

/** Posts of a home timeline that changed, or were deleted, within a span. */
export async function listChanges(
  sql: Sql,
  accountId: AccountId,
  span: SeqSpan,
  limit: number,
): Promise<(HomeEvent & { readonly isDeleted: boolean })[]> {
  const rows = await tablesOf(sql)
    .selectFrom('posts as post')
    // Keeps SQLite from reading the whole timeline: few posts changed lately, and this way they come in their order.
    .crossJoin('home_entries as entry')
    .whereRef('entry.post_id', '=', 'post.id')
    .select(['post.event_seq', 'post.id', 'post.deleted_at'])
    .where('entry.account_id', '=', accountId)
    .where('post.event_seq', '>', span.after)
    .where('post.event_seq', '<=', span.upTo)
    .orderBy('post.event_seq')
    .limit(limit)
    .execute();
  return rows.map(row => ({ seq: row.event_seq, postId: row.id, isDeleted: row.deleted_at !== null }));
}
