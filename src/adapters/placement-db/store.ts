import { type Kysely, type RawBuilder, sql as raw } from 'kysely';
import type { DbDialect, Sql } from '#ports/db.ts';

interface Tables {
  processes: { id: string; folder: string; address: string; lease_until: number };
  placements: { subject: string; folder: string; process_id: string | null; epoch: number };
}

export interface PlacementRow {
  readonly folder: string;
  readonly processId: string | null;
  readonly epoch: number;
  /** Of the process that has it, when it lives. */
  readonly address: string | null;
}

const tables = (sql: Sql): Kysely<Tables> => sql.withTables();

/** Milliseconds since the epoch, by the database: the clocks of several machines differ, and jump. */
export function dbNow(dialect: DbDialect): RawBuilder<number> {
  return dialect.name === 'sqlite'
    ? raw<number>`cast(unixepoch('subsec') * 1000 as integer)`
    : raw<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;
}

/** Every query of the adapter; `now` is `dbNow`. */
export async function insertProcess(
  sql: Sql,
  process: { id: string; folder: string; address: string },
  leaseUntil: RawBuilder<number>,
): Promise<void> {
  await tables(sql).deleteFrom('processes').where('folder', '=', process.folder).execute();
  await tables(sql)
    .insertInto('processes')
    .values({ ...process, lease_until: leaseUntil })
    .execute();
}

/** Gives whether the lease had run out meanwhile; null when the row is gone. */
export async function renewProcess(
  sql: Sql,
  id: string,
  now: RawBuilder<number>,
  leaseUntil: RawBuilder<number>,
): Promise<'living' | 'revived' | null> {
  const row = await tables(sql)
    .selectFrom('processes')
    .select(eb => eb(eb.ref('lease_until'), '>', now).as('living'))
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return null;
  await tables(sql).updateTable('processes').set({ lease_until: leaseUntil }).where('id', '=', id).execute();
  return row.living ? 'living' : 'revived';
}

export async function deleteProcess(sql: Sql, id: string): Promise<void> {
  await tables(sql).deleteFrom('processes').where('id', '=', id).execute();
}

export async function otherFolders(sql: Sql, own: string, now: RawBuilder<number>): Promise<string[]> {
  const rows = await tables(sql)
    .selectFrom('processes')
    .select('folder')
    .where('folder', '!=', own)
    .where('lease_until', '>', now)
    .execute();
  return rows.map(row => row.folder);
}

export async function findPlacement(
  sql: Sql,
  subject: string,
  now: RawBuilder<number>,
): Promise<PlacementRow | null> {
  const row = await tables(sql)
    .selectFrom('placements as place')
    .leftJoin('processes as process', join =>
      join.onRef('process.id', '=', 'place.process_id').on('process.lease_until', '>', now),
    )
    .select(['place.folder', 'place.process_id', 'place.epoch', 'process.address'])
    .where('place.subject', '=', subject)
    .executeTakeFirst();
  return (
    (row && { folder: row.folder, processId: row.process_id, epoch: row.epoch, address: row.address }) ?? null
  );
}

/** The first to take it in its folder; nothing happens where somebody was faster. */
export async function insertPlacement(sql: Sql, subject: string, folder: string): Promise<void> {
  await tables(sql)
    .insertInto('placements')
    .values({ subject, folder, process_id: null, epoch: 0 })
    .onConflict(conflict => conflict.column('subject').doNothing())
    .execute();
}

/** Moves it to a process, or to none, unless it has moved on since `epoch`; gives whether it did. */
export async function movePlacement(
  sql: Sql,
  subject: string,
  from: { readonly epoch: number },
  to: { readonly processId: string | null; readonly epoch: number },
): Promise<boolean> {
  const row = await tables(sql)
    .updateTable('placements')
    .set({ process_id: to.processId, epoch: to.epoch })
    .where('subject', '=', subject)
    .where('epoch', '=', from.epoch)
    .returning('subject')
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether a process still has it. The row stays locked until the transaction ends: nobody takes it over in between. */
export async function guardPlacement(sql: Sql, subject: string, id: string, epoch: number): Promise<boolean> {
  const row = await tables(sql)
    .updateTable('placements')
    .set({ epoch })
    .where('subject', '=', subject)
    .where('process_id', '=', id)
    .where('epoch', '=', epoch)
    .returning('subject')
    .executeTakeFirst();
  return row !== undefined;
}

/** What a process has, with its epochs. */
export async function placementsOf(sql: Sql, id: string): Promise<ReadonlyMap<string, number>> {
  const rows = await tables(sql)
    .selectFrom('placements')
    .select(['subject', 'epoch'])
    .where('process_id', '=', id)
    .execute();
  return new Map(rows.map(row => [row.subject, row.epoch]));
}
