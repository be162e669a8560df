import { Kysely, PostgresDialect, sql as query } from 'kysely';
import pg from 'pg';
import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';
import type { AnyTables, Db, Migrations } from '#ports/db.ts';
import { runMigrations } from '#ports/migrate.ts';
import { writingPool } from './faults.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  readonly log: Logger;
  /** Connections at most; 10 unless said. */
  readonly poolMax?: number;
}

const POOL_MAX = 10;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;

/** unique_violation. Source: postgresql.org/docs/current/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505';

/** Opens a PostgreSQL database and asks it one question. Throws a Fault when it does not answer. */
export async function openPostgres({ url, log, poolMax = POOL_MAX }: PostgresOptions): Promise<Db> {
  const sql = connect(url, log, { max: poolMax, statement_timeout: STATEMENT_TIMEOUT_MS });
  await ask(sql);
  return {
    sql,
    dialect: { name: 'postgres', skipLocked: true },
    transaction: work => sql.transaction().execute(work),
    migrate: migrations => migrate(url, log, migrations),
    isUniqueViolation: error => error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION,
    close: () => sql.destroy(),
  };
}

/** On a connection of its own: waiting for another node, or building an index, may take longer than a statement may. */
async function migrate(url: string, log: Logger, migrations: Migrations): Promise<void> {
  const sql = connect(url, log, { max: 1 });
  try {
    await runMigrations(sql, migrations);
  } finally {
    await sql.destroy();
  }
}

function connect(url: string, log: Logger, options: pg.PoolConfig): Kysely<AnyTables> {
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    types: { getTypeParser },
    ...options,
  });
  // Without a listener the loss of an idle connection would end the process; the pool opens another by itself.
  pool.on('error', err => log.warn({ err }, 'an idle connection to PostgreSQL was lost'));
  return new Kysely<AnyTables>({ dialect: new PostgresDialect({ pool: writingPool(pool) }) });
}

async function ask(sql: Kysely<AnyTables>): Promise<void> {
  try {
    await query`select 1`.execute(sql);
  } catch (cause) {
    await sql.destroy();
    throw new Fault('PostgreSQL does not answer', cause);
  }
}

/** `bigint`, and the `numeric` that sums of it have, are read as numbers, as SQLite reads them. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC) return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}
