import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { sql } from 'kysely';
import { Fault } from '#base/fault.ts';
import { silentLogger as log } from '#base/log.ts';
import { DatabaseLocked } from '#ports/database-locked.ts';
import { describeDb } from '#ports/db.suite.ts';
import type { Db } from '#ports/db.ts';
import { openSqlite, READERS } from './index.ts';
import { IN_FLIGHT_MAX } from './thread.ts';

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

/** A program of its own, with a database. */
async function runProgram(body: string): Promise<{ code: number; said: string }> {
  const text = `
    import workers, { Worker } from 'node:worker_threads';
    import { syncBuiltinESMExports } from 'node:module';
    const threads = [];
    workers.Worker = class extends Worker {
      constructor(...options) {
        super(...options);
        threads.push(this);
      }
    };
    syncBuiltinESMExports();
    const { openSqlite } = await import(${JSON.stringify(import.meta.resolve('./index.ts'))});
    const { sql } = await import(${JSON.stringify(import.meta.resolve('kysely'))});
    const db = await openSqlite({ file: ${JSON.stringify(newFile())}, log: {} });
    ${body}`;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', text];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', part => {
    said += part;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

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
describeDb('SQLite in memory', () => openSqlite({ file: ':memory:', log }), { unwritable, isAlone: true });

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
    assert.deepEqual(await ask('synchronous'), { synchronous: 2 });
    assert.deepEqual(await ask('mmap_size'), { mmap_size: 0 });
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

  it('says that another program holds the file, to all who wait at once, reads on, and writes when it let go', async () => {
    const file = newFile();
    const db = await openSqlite({ file, log, busyTimeoutMs: 50 });
    await sql`create table cups (size integer)`.execute(db.sql);
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    const write = () => sql`insert into cups values (1)`.execute(db.sql);
    const waiting = [
      ...Array.from({ length: 100 }, write),
      db.transaction(tx => sql`insert into cups values (1)`.execute(tx)),
    ];
    await assert.rejects(Promise.race(waiting), DatabaseLocked);
    assert.deepEqual(await db.sql.selectFrom('cups').selectAll().execute(), []);
    other.exec('rollback');
    for (const outcome of await Promise.allSettled(waiting))
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof DatabaseLocked);
    await write();
    assert.equal((await db.sql.selectFrom('cups').selectAll().execute()).length, 1);
    other.close();
    await db.close();
  });

  it('takes up a bounded number of answers in one turn of the loop, however many there are', async () => {
    const db = await openSqlite({ file: newFile(), log });
    await sql`create table cups (size integer)`.execute(db.sql);
    let inThisTurn = 0;
    let most = 0;
    const reads = Array.from({ length: 1000 }, async () => {
      await db.sql.selectFrom('cups').selectAll().execute();
      most = Math.max(most, ++inThisTurn);
    });
    let left = true;
    const turn = () => {
      inThisTurn = 0;
      // A loop that is late, as when packets are forwarded: answers pile up meanwhile.
      for (const untilMs = performance.now() + 2; performance.now() < untilMs; );
      if (left) setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(reads);
    left = false;
    assert.ok(most <= READERS * IN_FLIGHT_MAX, `${most} in one turn`);
    await db.close();
  });

  it('leaves one whole file when it is closed', async () => {
    const file = newFile();
    const db = await openSqlite({ file, log });
    await sql`create table cups (size integer)`.execute(db.sql);
    await db.close();
    await db.close();
    assert.deepEqual(await readdir(path.dirname(file)), [path.basename(file)]);
  });

  it('does not keep a process alive that asks nothing', async () => {
    assert.deepEqual(await runProgram(`await sql.raw('select 1').execute(db.sql);`), { code: 0, said: '' });
  });

  it('ends the process loudly when one of its threads dies', async () => {
    const { code, said } = await runProgram(`threads[0].terminate(); setInterval(() => {}, 1000);`);
    assert.equal(code, 1);
    assert.match(said, /a thread of the database ended/);
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
