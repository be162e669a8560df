import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Kysely } from 'kysely';
import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';
import type { AnyTables, Db } from '#ports/db.ts';
import { runMigrations } from '#ports/migrate.ts';
import { closeThreads, type Threads, ThreadsDialect } from './dialect.ts';
import { DatabaseThread } from './thread.ts';
import { Turns } from './turns.ts';

export interface SqliteOptions {
  /** Path of the database file; its folder is made. `:memory:` keeps everything in memory. */
  readonly file: string;
  readonly log: Logger;
  /** How long a statement waits for another program that writes to the same file; 5 s unless said. */
  readonly busyTimeoutMs?: number;
}

const BUSY_TIMEOUT_MS = 5000;

/** Threads that read beside the one that writes. Each answers thousands of queries a second. */
export const READERS = 2;

// SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE. Source: sqlite.org/rescode.html
const UNIQUE_VIOLATIONS: readonly unknown[] = [1555, 2067];

/** Opens a SQLite file through `node:sqlite` on threads of its own. Throws a Fault when it cannot be opened. */
export async function openSqlite(options: SqliteOptions): Promise<Db> {
  const threads = await openThreads(options);
  const sql = new Kysely<AnyTables>({ dialect: new ThreadsDialect(threads) });
  return {
    sql,
    dialect: { name: 'sqlite', skipLocked: false },
    transaction: work => sql.transaction().execute(work),
    migrate: migrations => runMigrations(sql, migrations),
    isUniqueViolation: error =>
      error instanceof Error && 'errcode' in error && UNIQUE_VIOLATIONS.includes(error.errcode),
    async close() {
      await sql.destroy();
      await closeThreads(threads);
    },
  };
}

/** The writer first: it makes the file what readers expect. */
async function openThreads(options: SqliteOptions): Promise<Threads> {
  const { file, log, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
  const opened: DatabaseThread[] = [];
  const open = async (isReader: boolean) => {
    const thread = await DatabaseThread.open({ file, isReader, busyTimeoutMs });
    opened.push(thread);
    return thread;
  };
  try {
    if (file !== ':memory:') mkdirSync(path.dirname(file), { recursive: true });
    const writer = await open(false);
    const count = file === ':memory:' ? 0 : READERS;
    const readers = await Promise.all(Array.from({ length: count }, () => open(true)));
    return { writer, readers, turns: new Turns(log) };
  } catch (cause) {
    await Promise.all(opened.map(thread => thread.close()));
    throw new Fault(`opening the database file ${file} failed`, cause);
  }
}
