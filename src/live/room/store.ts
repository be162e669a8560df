import { type Kysely, sql as raw } from 'kysely';
import type { AccountId, BroadcastId, CommentId } from '#base/ids.ts';
import type { Sql } from '#ports/db.ts';

interface Tables {
  comments: {
    broadcast_id: string;
    seq: number;
    id: string;
    author_id: string;
    text: string;
    media_time_ms: number | null;
    created_at: number;
    removed: number;
    removes: string | null;
  };
  heart_seconds: { broadcast_id: string; second: number; count: number };
  heart_viewers: { broadcast_id: string; account_id: string; count: number };
}

export interface CommentRow {
  readonly broadcastId: BroadcastId;
  readonly seq: number;
  readonly id: CommentId;
  readonly authorId: AccountId;
  readonly text: string;
  readonly mediaTimeMs: number | null;
  readonly createdAtMs: number;
}

/** What has a number in a room: a comment that is there, or the removal of one. A comment that was removed left a hole. */
export type RoomRow =
  | (CommentRow & { readonly removes: null })
  | { readonly seq: number; readonly removes: CommentId };

/** Hearts of one broadcast that are not stored yet; every number is an addition. */
export interface HeartsDelta {
  readonly bySecond: ReadonlyMap<number, number>;
  readonly byViewer: ReadonlyMap<AccountId, number>;
}

/** Rows of one INSERT, so that no statement exceeds SQLite's number of variables. */
const INSERT_ROWS_MAX = 500;

/** So that no read holds the loop while its rows arrive: twelve hours have 43,200. */
const SECONDS_PER_READ = 2000;

const tables = (sql: Sql): Kysely<Tables> => sql.withTables();

export async function insertComment(sql: Sql, comment: CommentRow): Promise<void> {
  await tables(sql)
    .insertInto('comments')
    .values({
      broadcast_id: comment.broadcastId,
      seq: comment.seq,
      id: comment.id,
      author_id: comment.authorId,
      text: comment.text,
      media_time_ms: comment.mediaTimeMs,
      created_at: comment.createdAtMs,
      removed: 0,
      removes: null,
    })
    .execute();
}

/** Takes a comment's words away and puts its removal at `seq`; null when it is not there. */
export async function removeComment(
  sql: Sql,
  { broadcastId, id }: Pick<CommentRow, 'broadcastId' | 'id'>,
  removal: { readonly seq: number; readonly id: CommentId; readonly by: AccountId; readonly atMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tables(sql)
    .updateTable('comments')
    .set({ removed: 1, text: '' })
    .where('broadcast_id', '=', broadcastId)
    .where('id', '=', id)
    .where('removed', '=', 0)
    .where('removes', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return false;
  await tables(sql)
    .insertInto('comments')
    .values({
      broadcast_id: broadcastId,
      seq: removal.seq,
      id: removal.id,
      author_id: removal.by,
      text: '',
      media_time_ms: null,
      created_at: removal.atMs,
      removed: 0,
      removes: id,
    })
    .execute();
  return true;
}

export async function authorOfComment(
  sql: Sql,
  broadcastId: BroadcastId,
  id: CommentId,
): Promise<AccountId | null> {
  const row = await tables(sql)
    .selectFrom('comments')
    .select('author_id')
    .where('broadcast_id', '=', broadcastId)
    .where('id', '=', id)
    .where('removed', '=', 0)
    .where('removes', 'is', null)
    .executeTakeFirst();
  return row?.author_id ?? null;
}

/** Nothing is left of the room. */
export async function purgeRoom(sql: Sql, broadcastId: BroadcastId): Promise<void> {
  for (const table of ['comments', 'heart_seconds', 'heart_viewers'] as const)
    await tables(sql).deleteFrom(table).where('broadcast_id', '=', broadcastId).execute();
}

/** Comments, and removals of some, with a sequence number above `after`, oldest first. */
export async function commentsAfter(
  sql: Sql,
  broadcastId: BroadcastId,
  after: number,
  limit: number,
): Promise<RoomRow[]> {
  const rows = await tables(sql)
    .selectFrom('comments')
    .selectAll()
    .where('broadcast_id', '=', broadcastId)
    .where('seq', '>', after)
    .where('removed', '=', 0)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(({ removes, ...row }) =>
    removes === null ? { ...commentOf(row), removes } : { seq: row.seq, removes },
  );
}

function commentOf(row: Omit<Tables['comments'], 'removed' | 'removes'>): CommentRow {
  return {
    broadcastId: row.broadcast_id,
    seq: row.seq,
    id: row.id,
    authorId: row.author_id,
    text: row.text,
    mediaTimeMs: row.media_time_ms,
    createdAtMs: row.created_at,
  };
}

/** How many hearts of this viewer count in this broadcast so far. */
export async function heartsOfViewer(
  sql: Sql,
  broadcastId: BroadcastId,
  accountId: AccountId,
): Promise<number> {
  const row = await tables(sql)
    .selectFrom('heart_viewers')
    .select('count')
    .where('broadcast_id', '=', broadcastId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row?.count ?? 0;
}

export async function addHeartDelta(sql: Sql, broadcastId: BroadcastId, delta: HeartsDelta): Promise<void> {
  const seconds = [...delta.bySecond].map(([second, count]) => ({
    broadcast_id: broadcastId,
    second,
    count,
  }));
  const viewers = [...delta.byViewer].map(([accountId, count]) => ({
    broadcast_id: broadcastId,
    account_id: accountId,
    count,
  }));
  for (const values of chunksOf(seconds))
    await tables(sql)
      .insertInto('heart_seconds')
      .values(values)
      .onConflict(conflict =>
        conflict
          .columns(['broadcast_id', 'second'])
          .doUpdateSet({ count: raw<number>`heart_seconds.count + excluded.count` }),
      )
      .execute();
  for (const values of chunksOf(viewers))
    await tables(sql)
      .insertInto('heart_viewers')
      .values(values)
      .onConflict(conflict =>
        conflict
          .columns(['broadcast_id', 'account_id'])
          .doUpdateSet({ count: raw<number>`heart_viewers.count + excluded.count` }),
      )
      .execute();
}

function chunksOf<T>(rows: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let i = 0; i < rows.length; i += INSERT_ROWS_MAX) chunks.push(rows.slice(i, i + INSERT_ROWS_MAX));
  return chunks;
}

/** Second of media time and its hearts, in order. */
export async function heartSeconds(sql: Sql, broadcastId: BroadcastId): Promise<[number, number][]> {
  const seconds: [number, number][] = [];
  for (;;) {
    const rows = await tables(sql)
      .selectFrom('heart_seconds')
      .select(['second', 'count'])
      .where('broadcast_id', '=', broadcastId)
      .where('second', '>', seconds.at(-1)?.[0] ?? -1)
      .orderBy('second')
      .limit(SECONDS_PER_READ)
      .execute();
    for (const { second, count } of rows) seconds.push([second, count]);
    if (rows.length < SECONDS_PER_READ) return seconds;
  }
}
