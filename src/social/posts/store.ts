import { sql as raw, type SelectQueryBuilder } from 'kysely';
import type { AccountId, PostId } from '#base/ids.ts';
import type { Sql } from '#ports/db.ts';
import type { BroadcastEvent } from '#ports/events.ts';
import type { Place } from '../cursor.ts';
import { type PostTable, tablesOf } from '../tables.ts';

export interface NewPost {
  readonly id: PostId;
  readonly authorId: AccountId;
  readonly text: string;
  readonly replyToId: PostId | null;
  readonly createdAtMs: number;
  readonly broadcast: BroadcastEvent | null;
}

/** False when there is a post of that id already, deleted or not. */
export async function insertPost(sql: Sql, post: NewPost): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tablesOf(sql)
    .insertInto('posts')
    .values({
      id: post.id,
      author_id: post.authorId,
      text: post.text,
      reply_to_id: post.replyToId,
      created_at: post.createdAtMs,
      deleted_at: null,
      deleted_by: null,
      purged: 0,
      reply_count: 0,
      like_count: 0,
      announce: post.broadcast?.announce === false ? 0 : 1,
      fanned_to: '',
      event_seq: 0,
      broadcast_id: post.broadcast?.broadcastId ?? null,
      ...broadcastColumns(post.broadcast),
    })
    .onConflict(conflict => conflict.column('id').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Writes where its broadcast stands into a post; false when there is no such post or it was deleted. */
export async function updateBroadcast(sql: Sql, event: BroadcastEvent, seq: number): Promise<boolean> {
  const { numUpdatedRows } = await tablesOf(sql)
    .updateTable('posts')
    .set({ text: event.title, event_seq: seq, ...broadcastColumns(event) })
    .where('id', '=', event.postId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function broadcastColumns(event: BroadcastEvent | null) {
  return {
    broadcast_state: event?.state ?? null,
    broadcast_title: event?.title ?? null,
    broadcast_started_at: event?.startedAtMs ?? null,
    broadcast_duration_ms: event?.durationMs ?? null,
  };
}

/** Those of the posts that are there, in no order. */
export function findPosts(sql: Sql, ids: readonly PostId[]): Promise<PostTable[]> {
  return tablesOf(sql)
    .selectFrom('posts')
    .selectAll()
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .execute();
}

export async function findPost(sql: Sql, id: PostId): Promise<PostTable | null> {
  return (await findPosts(sql, [id]))[0] ?? null;
}

/** Of a post that was deleted and can still come back. */
export async function findDeleted(sql: Sql, id: PostId): Promise<PostTable | null> {
  const row = await tablesOf(sql)
    .selectFrom('posts')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is not', null)
    .where('purged', '=', 0)
    .executeTakeFirst();
  return row ?? null;
}

/** Hides a post; false when it is not there. */
export async function hide(sql: Sql, id: PostId, by: AccountId, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await tablesOf(sql)
    .updateTable('posts')
    .set({ deleted_at: nowMs, deleted_by: by })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Shows a post again; false when its words are gone, or it was shown and hidden since. */
export async function show(sql: Sql, id: PostId, deletedAtMs: number): Promise<boolean> {
  const { numUpdatedRows } = await tablesOf(sql)
    .updateTable('posts')
    .set({ deleted_at: null, deleted_by: null })
    .where('id', '=', id)
    .where('deleted_at', '=', deletedAtMs)
    .where('purged', '=', 0)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Takes the words of a deleted post away for good; false when it came back, or was deleted again since. */
export async function wipe(sql: Sql, id: PostId, deletedAtMs: number): Promise<boolean> {
  const { numUpdatedRows } = await tablesOf(sql)
    .updateTable('posts')
    .set({ purged: 1, text: '', broadcast_title: null, like_count: 0 })
    .where('id', '=', id)
    .where('deleted_at', '=', deletedAtMs)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Takes up to `limit` likes of a post away and gives how many. */
export async function deleteLikes(sql: Sql, id: PostId, limit: number): Promise<number> {
  const rows = tablesOf(sql)
    .selectFrom('post_likes')
    .select('account_id')
    .where('post_id', '=', id)
    .limit(limit);
  const { numDeletedRows } = await tablesOf(sql)
    .deleteFrom('post_likes')
    .where('post_id', '=', id)
    .where('account_id', 'in', rows)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Counts replies of a post; false when it is not there. */
export async function addReplies(sql: Sql, id: PostId, change: 1 | -1): Promise<boolean> {
  const { numUpdatedRows } = await tablesOf(sql)
    .updateTable('posts')
    .set(eb => ({ reply_count: eb('reply_count', '+', change) }))
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Counts likes of a post; false when it is not there. */
export async function addLikes(sql: Sql, id: PostId, change: 1 | -1): Promise<boolean> {
  const { numUpdatedRows } = await tablesOf(sql)
    .updateTable('posts')
    .set(eb => ({ like_count: eb('like_count', '+', change) }))
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False when the account likes it already. */
export async function insertLike(
  sql: Sql,
  id: PostId,
  accountId: AccountId,
  nowMs: number,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tablesOf(sql)
    .insertInto('post_likes')
    .values({ post_id: id, account_id: accountId, created_at: nowMs })
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** False when the account did not like it. */
export async function deleteLike(sql: Sql, id: PostId, accountId: AccountId): Promise<boolean> {
  const { numDeletedRows } = await tablesOf(sql)
    .deleteFrom('post_likes')
    .where('post_id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Which of the posts an account likes. */
export async function likedAmong(
  sql: Sql,
  accountId: AccountId,
  ids: readonly PostId[],
): Promise<ReadonlySet<PostId>> {
  const rows = await tablesOf(sql)
    .selectFrom('post_likes')
    .select('post_id')
    .where('account_id', '=', accountId)
    .where('post_id', 'in', ids)
    .execute();
  return new Set(rows.map(row => row.post_id));
}

/** Oldest first. */
export function listReplies(
  sql: Sql,
  parentId: PostId,
  after: Place | null,
  limit: number,
): Promise<Place[]> {
  let query = places(sql)
    .where('reply_to_id', '=', parentId)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit);
  if (after) query = query.where(raw<boolean>`(created_at, id) > (${after.createdAtMs}, ${after.id})`);
  return query.execute();
}

/** Newest first. */
export function listByAuthor(
  sql: Sql,
  authorId: AccountId,
  before: Place | null,
  limit: number,
): Promise<Place[]> {
  const query = places(sql).where('author_id', '=', authorId);
  return newestFirst(query, before).limit(limit).execute();
}

type Places = SelectQueryBuilder<{ posts: PostTable }, 'posts', Place>;

function places(sql: Sql): Places {
  return tablesOf(sql)
    .selectFrom('posts')
    .select(['id', 'created_at as createdAtMs'])
    .where('deleted_at', 'is', null) as unknown as Places;
}

function newestFirst(query: Places, before: Place | null): Places {
  const sorted = query.orderBy('created_at', 'desc').orderBy('id', 'desc');
  if (!before) return sorted;
  return sorted.where(raw<boolean>`(created_at, id) < (${before.createdAtMs}, ${before.id})`);
}
