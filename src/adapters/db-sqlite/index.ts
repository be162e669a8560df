import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';
import type { AnyTables, Db } from '#ports/db.ts';
import { runMigrations } from '#ports/migrate.ts';
import { NodeSqliteDialect } from './dialect.ts';

export interface SqliteOptions {
  /** Path of the database file; its folder is made. `:memory:` keeps everything in memory. */
  readonly file: string;
  readonly log: Logger;
}

/** How long a statement waits for another process that writes to the same file. */
const BUSY_TIMEOUT_MS = 5000;

// SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE. Source: sqlite.org/rescode.html
const UNIQUE_VIOLATIONS: readonly unknown[] = [1555, 2067];

/** Opens a SQLite file through `node:sqlite`. Throws a Fault when it cannot be opened. */
export async function openSqlite({ file, log }: SqliteOptions): Promise<Db> {
  const database = openFile(file);
  const sql = new Kysely<AnyTables>({ dialect: new NodeSqliteDialect(database, log) });
  return {
    sql,
    dialect: { name: 'sqlite', skipLocked: false },
    transaction: work => sql.transaction().execute(work),
    migrate: migrations => runMigrations(sql, migrations),
    isUniqueViolation: error =>
      error instanceof Error && 'errcode' in error && UNIQUE_VIOLATIONS.includes(error.errcode),
    close: () => sql.destroy(),
  };
}

function openFile(file: string): DatabaseSync {
  try {
    if (file !== ':memory:') mkdirSync(path.dirname(file), { recursive: true });
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    // In WAL, NORMAL survives the death of the process and keeps the file whole on power loss. Source: sqlite.org/wal.html
    database.exec('pragma journal_mode = wal; pragma synchronous = normal;');
    return database;
  } catch (cause) {
    throw new Fault(`opening the database file ${file} failed`, cause);
  }
}
