import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { sql } from 'kysely';
import { Fault } from '#base/fault.ts';
import { silentLogger as log } from '#base/log.ts';
import { describeDb } from '#ports/db.suite.ts';
import type { Db } from '#ports/db.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { startPostgres } from '#tests/support/postgres.ts';
import { openPostgres } from './index.ts';

const keep = await startPostgres();

describe('PostgreSQL', { skip: skipWithout('postgresql', keep !== null) }, () => {
  after(() => keep?.stop());

  let url = '';
  const connect = () => openPostgres({ url, log, poolMax: 4 });
  const open = async () => {
    const database = (await startPostgres())!;
    url = database.url;
    const db = await connect();
    const close = async () => {
      await db.close();
      await database.stop();
    };
    return { ...db, close };
  };
  /** One after the other, queries have the same connection. */
  const readOnly = async (db: Db) => {
    await sql`set default_transaction_read_only = on`.execute(db.sql);
    return async () => void (await sql`set default_transaction_read_only = off`.execute(db.sql));
  };
  describeDb('PostgreSQL', open, { unwritable: { 'read-only': readOnly }, reopen: connect });

  it('does not open when nobody answers', async () => {
    await assert.rejects(openPostgres({ url: 'postgres://127.0.0.1:1/none', log }), Fault);
  });

  it('outlives the loss of a connection', async () => {
    const db = await openPostgres({ url: keep!.url, log, poolMax: 1 });
    const other = await openPostgres({ url: keep!.url, log, poolMax: 1 });
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db.sql);
    await sql`select pg_terminate_backend(${rows[0]!.pid}::int, 5000)`.execute(other.sql);
    await assert.doesNotReject(async () => {
      // The pool may learn of the loss by this very query; the one after it has a new connection.
      await sql`select 1`.execute(db.sql).catch(() => {});
      await sql`select 1`.execute(db.sql);
    });
    await Promise.all([db.close(), other.close()]);
  });
});
