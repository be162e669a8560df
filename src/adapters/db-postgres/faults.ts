import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { StorageFull } from '#ports/storage-full.ts';

/** What PostgreSQL says when it cannot write, and what the operator can do. Source: postgresql.org/docs/current/errcodes-appendix.html */
const ADVICE: Readonly<Record<string, string>> = {
  // disk_full
  '53100': 'the disk of PostgreSQL is full: free space on it, then writes go on by themselves',
  // read_only_sql_transaction
  '25006':
    'PostgreSQL takes no writes (a standby, or default_transaction_read_only): name the primary in SKYLARK_DATABASE_URL, or let it write again',
  // io_error
  '58030': 'the disk of PostgreSQL refuses writes: look at its space, its quota and its health',
};

/** A pool whose clients throw a `StorageFull` that says what to do when the database takes nothing more. */
export function writingPool(pool: pg.Pool): PostgresPool {
  return {
    async connect() {
      const client = await pool.connect();
      const query = (sql: string, parameters: readonly unknown[]) =>
        client.query(sql, [...parameters]).catch((cause: unknown) => {
          throw translated(cause);
        });
      return { query: query as unknown as PostgresPoolClient['query'], release: () => client.release() };
    },
    end: () => pool.end(),
  };
}

function translated(cause: unknown): unknown {
  const advice = cause instanceof Error && 'code' in cause ? ADVICE[String(cause.code)] : undefined;
  return advice === undefined ? cause : new StorageFull(advice, cause);
}
