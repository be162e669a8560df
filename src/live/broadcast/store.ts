import type { Kysely } from 'kysely';
import type { AccountId, BroadcastId, PostId } from '#base/ids.ts';
import type { BroadcastState } from '#contract/api/types.ts';
import type { Sql } from '#ports/db.ts';

interface BroadcastTable {
  id: string;
  post_id: string;
  owner_id: string;
  title: string;
  announce: number;
  state: BroadcastState;
  publish_token_hash: string;
  credential_id: string | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  duration_ms: number | null;
  hearts: number;
  comments: number;
  removed_comments: number;
  removed_at: number | null;
}

/** A broadcast as it is stored; times in milliseconds since the epoch. */
export interface BroadcastRow {
  readonly id: BroadcastId;
  readonly postId: PostId;
  readonly ownerId: AccountId;
  readonly title: string;
  readonly announce: boolean;
  readonly state: BroadcastState;
  readonly publishTokenHash: string;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly durationMs: number | null;
  readonly hearts: number;
  /** Sequence number of the last comment, or removal of one. */
  readonly comments: number;
  readonly removedComments: number;
  /** Since when nobody sees it; null while it can be seen. */
  readonly removedAtMs: number | null;
}

/** What a change of state writes besides the state. */
export interface TransitionFields {
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly durationMs?: number;
}

export type NewBroadcast = Pick<
  BroadcastRow,
  'id' | 'postId' | 'ownerId' | 'title' | 'announce' | 'publishTokenHash' | 'createdAtMs'
> & {
  /** The sign-in session or token that it is made with: when that is revoked, it ends. Null: nothing revokes it. */
  readonly credentialId: string | null;
};

const tables = (sql: Sql): Kysely<{ broadcasts: BroadcastTable }> => sql.withTables();

function rowOf(row: BroadcastTable): BroadcastRow {
  return {
    id: row.id,
    postId: row.post_id,
    ownerId: row.owner_id,
    title: row.title,
    announce: row.announce === 1,
    state: row.state,
    publishTokenHash: row.publish_token_hash,
    createdAtMs: row.created_at,
    startedAtMs: row.started_at,
    endedAtMs: row.ended_at,
    durationMs: row.duration_ms,
    hearts: row.hearts,
    comments: row.comments,
    removedComments: row.removed_comments,
    removedAtMs: row.removed_at,
  };
}

export async function insertBroadcast(sql: Sql, broadcast: NewBroadcast): Promise<void> {
  await tables(sql)
    .insertInto('broadcasts')
    .values({
      id: broadcast.id,
      post_id: broadcast.postId,
      owner_id: broadcast.ownerId,
      title: broadcast.title,
      announce: broadcast.announce ? 1 : 0,
      state: 'starting',
      publish_token_hash: broadcast.publishTokenHash,
      credential_id: broadcast.credentialId,
      created_at: broadcast.createdAtMs,
      started_at: null,
      ended_at: null,
      duration_ms: null,
      hearts: 0,
      comments: 0,
      removed_comments: 0,
      removed_at: null,
    })
    .execute();
}

export async function findBroadcast(sql: Sql, id: BroadcastId): Promise<BroadcastRow | null> {
  const row = await tables(sql).selectFrom('broadcasts').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? rowOf(row) : null;
}

/** Newest first, at most `limit`, older than `beforeId` when given. */
export async function listByState(
  sql: Sql,
  states: readonly BroadcastState[],
  limit: number,
  beforeId: BroadcastId | null = null,
): Promise<BroadcastRow[]> {
  let query = tables(sql)
    .selectFrom('broadcasts')
    .selectAll()
    .where('state', 'in', states)
    .where('removed_at', 'is', null);
  if (beforeId !== null) query = query.where('id', '<', beforeId);
  const rows = await query.orderBy('id', 'desc').limit(limit).execute();
  return rows.map(rowOf);
}

/** Started and not archived yet, oldest first, at most `limit` after `afterId`. */
export async function listUnfinished(
  sql: Sql,
  afterId: BroadcastId | null,
  limit: number,
): Promise<BroadcastRow[]> {
  let query = tables(sql)
    .selectFrom('broadcasts')
    .selectAll()
    .where('state', 'in', ['live', 'interrupted', 'ended'])
    .where('started_at', 'is not', null);
  if (afterId !== null) query = query.where('id', '>', afterId);
  const rows = await query.orderBy('id').limit(limit).execute();
  return rows.map(rowOf);
}

/** What was made with one of these credentials and is not over, at most `limit`. */
export async function listMadeWith(
  sql: Sql,
  credentialIds: readonly string[],
  limit: number,
): Promise<BroadcastRow[]> {
  const rows = await tables(sql)
    .selectFrom('broadcasts')
    .selectAll()
    .where('credential_id', 'in', credentialIds)
    .where('state', 'in', ['starting', 'live', 'interrupted'])
    .limit(limit)
    .execute();
  return rows.map(rowOf);
}

/** Broadcasts still waiting for a first frame that were created before `beforeMs`. */
export async function listStarting(sql: Sql, beforeMs: number, limit: number): Promise<BroadcastRow[]> {
  const rows = await tables(sql)
    .selectFrom('broadcasts')
    .selectAll()
    .where('state', '=', 'starting')
    .where('created_at', '<', beforeMs)
    .limit(limit)
    .execute();
  return rows.map(rowOf);
}

/** Moves a broadcast on and returns what it is now, or null when it is no longer in the state `from`. */
export async function transition(
  sql: Sql,
  id: BroadcastId,
  from: BroadcastState,
  to: BroadcastState,
  fields: TransitionFields,
): Promise<BroadcastRow | null> {
  const row = await tables(sql)
    .updateTable('broadcasts')
    .set({
      state: to,
      ...(fields.startedAtMs === undefined ? {} : { started_at: fields.startedAtMs }),
      ...(fields.endedAtMs === undefined ? {} : { ended_at: fields.endedAtMs }),
      ...(fields.durationMs === undefined ? {} : { duration_ms: fields.durationMs }),
    })
    .where('id', '=', id)
    .where('state', '=', from)
    .returningAll()
    .executeTakeFirst();
  return row ? rowOf(row) : null;
}

export async function setTitle(sql: Sql, id: BroadcastId, title: string): Promise<BroadcastRow | null> {
  const row = await tables(sql)
    .updateTable('broadcasts')
    .set({ title })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ? rowOf(row) : null;
}

/**
 * The next sequence number of a room that is open, or null. The row stays locked until the transaction ends, so that
 * comments become visible in the order of their numbers.
 */
export async function nextCommentSeq(sql: Sql, id: BroadcastId): Promise<number | null> {
  const row = await tables(sql)
    .updateTable('broadcasts')
    .set(eb => ({ comments: eb('comments', '+', 1) }))
    .where('id', '=', id)
    .where('state', 'in', ['live', 'interrupted'])
    .returning('comments')
    .executeTakeFirst();
  return row?.comments ?? null;
}

/** The number of a comment's removal, in the same sequence; whatever the state. Null when there is no such broadcast. */
export async function nextRemovalSeq(sql: Sql, id: BroadcastId): Promise<number | null> {
  const row = await tables(sql)
    .updateTable('broadcasts')
    .set(eb => ({
      comments: eb('comments', '+', 1),
      removed_comments: eb('removed_comments', '+', 1),
    }))
    .where('id', '=', id)
    .returning('comments')
    .executeTakeFirst();
  return row?.comments ?? null;
}

export async function isRemoved(sql: Sql, id: BroadcastId): Promise<boolean> {
  const row = await tables(sql)
    .selectFrom('broadcasts')
    .select('removed_at')
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined || row.removed_at !== null;
}

/** Hides a broadcast; false when it is hidden, or not there. */
export async function setRemoved(sql: Sql, id: BroadcastId, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await tables(sql)
    .updateTable('broadcasts')
    .set({ removed_at: nowMs })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Shows a broadcast again and gives it; null when it was not hidden. */
export async function clearRemoved(sql: Sql, id: BroadcastId): Promise<BroadcastRow | null> {
  const row = await tables(sql)
    .updateTable('broadcasts')
    .set({ removed_at: null })
    .where('id', '=', id)
    .where('removed_at', 'is not', null)
    .returningAll()
    .executeTakeFirst();
  return row ? rowOf(row) : null;
}

export async function deleteBroadcast(sql: Sql, id: BroadcastId): Promise<void> {
  await tables(sql).deleteFrom('broadcasts').where('id', '=', id).execute();
}

export async function addHearts(sql: Sql, id: BroadcastId, count: number): Promise<void> {
  await tables(sql)
    .updateTable('broadcasts')
    .set(eb => ({ hearts: eb('hearts', '+', count) }))
    .where('id', '=', id)
    .execute();
}
