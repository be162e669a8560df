import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { sql } from 'kysely';
import { Fault } from '#base/fault.ts';
import { silentLogger as log } from '#base/log.ts';
import { describeDb } from '#ports/db.suite.ts';
import type { Db } from '#ports/db.ts';
import { openSqlite } from './index.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'skylark-db-'));
after(() => rm(folder, { recursive: true, force: true }));
const TIMES = 300;
/** Adds one by reading and writing; also runs in another thread. */
function pour(db: Db, query: typeof sql): Promise<unknown> {
  return db.transaction(async tx => {
    const { rows } = await query<{ size: number }>`select size from cups`.execute(tx);
    await query`update cups set size = ${rows[0]!.size + 1}`.execute(tx);
  });
}
let files = 0;
const newFile = () => path.join(folder, `${files++}`, 'skylark.db');

const pragma = async (db: Db, text: string) => void (await sql.raw(`pragma ${text}`).execute(db.sql));
const unwritable = {
  async full(db: Db) {
    await pragma(db, 'max_page_count = 1'); // as many as there are
    return () => pragma(db, 'max_page_count = 100000');
  },
  async 'read-only'(db: Db) {
    await pragma(db, 'query_only = on');
    return () => pragma(db, 'query_only = off');
  },
};
describeDb('SQLite file', () => openSqlite({ file: newFile(), log }), { unwritable });
describeDb('SQLite in memory', () => openSqlite({ file: ':memory:', log }), { unwritable });

describe('SQLite', () => {
  it('keeps what was committed when the file is opened again', async () => {
    const file = newFile();
    const first = await openSqlite({ file, log });
    await sql`create table cups (id text)`.execute(first.sql);
    await sql`insert into cups values ('a')`.execute(first.sql);
    await first.close();
    const second = await openSqlite({ file, log });
    assert.deepEqual((await sql`select id from cups`.execute(second.sql)).rows, [{ id: 'a' }]);
    await second.close();
  });

  it('writes ahead, checks foreign keys and waits for the lock', async () => {
    const db = await openSqlite({ file: newFile(), log });
    const ask = async (pragma: string) => (await sql.raw(`pragma ${pragma}`).execute(db.sql)).rows[0];
    assert.deepEqual(await ask('journal_mode'), { journal_mode: 'wal' });
    assert.deepEqual(await ask('synchronous'), { synchronous: 1 });
    assert.deepEqual(await ask('foreign_keys'), { foreign_keys: 1 });
    assert.deepEqual(await ask('busy_timeout'), { timeout: 5000 });
    await db.close();
  });

  it('serves those who wait for the connection in the order in which they came', async () => {
    const db = await openSqlite({ file: ':memory:', log });
    const order: number[] = [];
    const ask = async (n: number) => {
      await sql`select 1`.execute(db.sql);
      order.push(n);
    };
    await Promise.all([1, 2, 3, 4, 5].map(ask));
    assert.deepEqual(order, [1, 2, 3, 4, 5]);
    await db.close();
  });

  it('lets another thread write to the same file in between, also from transactions that read first', async () => {
    const file = newFile();
    const db = await openSqlite({ file, log });
    await sql`create table cups (size integer)`.execute(db.sql);
    await sql`insert into cups values (0)`.execute(db.sql);
    const other = new Worker(
      `import(${JSON.stringify(import.meta.resolve('./index.ts'))}).then(async ({ openSqlite }) => {
        const { sql } = await import(${JSON.stringify(import.meta.resolve('kysely'))});
        const db = await openSqlite({ file: ${JSON.stringify(file)}, log: {} });
        require('node:worker_threads').parentPort.postMessage('ready');
        for (let n = 0; n < ${TIMES}; n++) await (${pour})(db, sql);
        await db.close();
      })`,
      { eval: true },
    );
    const exited = once(other, 'exit');
    await once(other, 'message');
    for (let n = 0; n < TIMES; n++) await pour(db, sql);
    assert.deepEqual(await exited, [0]);
    assert.deepEqual((await sql`select size from cups`.execute(db.sql)).rows, [{ size: 2 * TIMES }]);
    await db.close();
  });

  it('goes on after a statement that fails, also inside a transaction', async () => {
    const db = await openSqlite({ file: ':memory:', log });
    await assert.rejects(db.transaction(tx => sql`select * from nowhere`.execute(tx)));
    assert.deepEqual((await sql`select 1 as one`.execute(db.sql)).rows, [{ one: 1 }]);
    await db.close();
  });

  it('says which file cannot be opened', async () => {
    await assert.rejects(openSqlite({ file: folder, log }), (error: unknown) => {
      return error instanceof Fault && error.message.includes(folder);
    });
  });
});

test('a full disk fails a transaction with what it says, and writes go on when there is room', async () => {
  const db = await openSqlite({ file: newFile(), log });
  await sql`create table heaps (bytes blob)`.execute(db.sql);
  const heap = () => db.transaction(tx => sql`insert into heaps values (zeroblob(20000000))`.execute(tx));
  await sql`pragma max_page_count = 20`.execute(db.sql);
  await sql`pragma cache_size = 2`.execute(db.sql);
  await assert.rejects(heap, /full/);
  await sql`pragma max_page_count = 100000`.execute(db.sql);
  await heap();
  await db.close();
});
