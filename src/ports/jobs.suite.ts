import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import type { Db, Migrations } from './db.ts';
import { JOB_ATTEMPTS_MAX, type JobHandler, type Jobs } from './jobs.ts';

/** Makes one node's jobs over a database that all nodes of a test share. */
export type OpenJobs = (db: Db, clock: FakeClock) => Jobs & { readonly migrations: Migrations };

/** Longer than any delay before another attempt, and than any lease. */
const LONG_MS = 15 * 60_000;

/** What every implementation of jobs keeps, whatever the database. */
export function describeJobs(name: string, openDb: () => Promise<Db>, openJobs: OpenJobs): void {
  describe(`jobs: ${name}`, () => {
    let db: Db;
    let clock: FakeClock;
    let nodes: Jobs[];
    const node = () => {
      const jobs = openJobs(db, clock);
      nodes.push(jobs);
      return jobs;
    };
    const enqueue = (jobs: Jobs, payload: unknown, orderingKey?: string) =>
      jobs.enqueue(db.sql, { kind: 'pour', payload, ...(orderingKey ? { orderingKey } : {}) });
    beforeEach(async () => {
      db = await openDb();
      clock = new FakeClock();
      nodes = [];
      await db.migrate(openJobs(db, clock).migrations);
    });
    afterEach(async () => {
      await Promise.all(nodes.map(jobs => jobs.close()));
      await db.close();
    });

    it('runs a job with its payload, once', async () => {
      const jobs = node();
      const poured: unknown[] = [];
      jobs.start({ pour: async payload => void poured.push(payload) });
      await enqueue(jobs, { cup: 'a', size: 3 });
      await jobs.idle();
      clock.advance(LONG_MS);
      await jobs.idle();
      assert.deepEqual(poured, [{ cup: 'a', size: 3 }]);
    });

    it('runs what was enqueued before it started, and gives null for no payload', async () => {
      const jobs = node();
      await enqueue(jobs, undefined);
      const poured: unknown[] = [];
      jobs.start({ pour: async payload => void poured.push(payload) });
      await jobs.idle();
      assert.deepEqual(poured, [null]);
    });

    it('forgets a job whose transaction rolled back', async () => {
      const jobs = node();
      const poured: unknown[] = [];
      jobs.start({ pour: async payload => void poured.push(payload) });
      const work = db.transaction(async tx => {
        await jobs.enqueue(tx, { kind: 'pour', payload: 'spilled' });
        throw new Error('rolled back');
      });
      await assert.rejects(work, /rolled back/);
      await db.transaction(tx => jobs.enqueue(tx, { kind: 'pour', payload: 'kept' }));
      await jobs.idle();
      assert.deepEqual(poured, ['kept']);
    });

    it('finds a job at once when woken', async () => {
      const jobs = node();
      const { promise, resolve } = Promise.withResolvers<unknown>();
      jobs.start({ pour: async payload => resolve(payload) });
      await jobs.idle();
      await enqueue(jobs, 'a');
      jobs.wake();
      assert.equal(await promise, 'a');
    });

    it("finds another node's job without being woken", async () => {
      const jobs = node();
      const { promise, resolve } = Promise.withResolvers<unknown>();
      jobs.start({ pour: async payload => resolve(payload) });
      await jobs.idle();
      await enqueue(node(), 'a');
      clock.advance(LONG_MS);
      assert.equal(await promise, 'a');
    });

    it('waits until a job is due', async () => {
      const jobs = node();
      const poured: unknown[] = [];
      jobs.start({ pour: async payload => void poured.push(payload) });
      await jobs.enqueue(db.sql, { kind: 'pour', payload: 'late', runAtMs: clock.nowMs() + 5000 });
      await jobs.idle();
      clock.advance(4999);
      await jobs.idle();
      assert.deepEqual(poured, []);
      clock.advance(1);
      await jobs.idle();
      assert.deepEqual(poured, ['late']);
    });

    it('runs jobs of different keys, and of none, side by side', async () => {
      const jobs = node();
      const { promise: both, resolve } = Promise.withResolvers<void>();
      let running = 0;
      const handler: JobHandler = async () => {
        if (++running === 3) resolve();
        await both;
      };
      for (const key of ['a', 'b', undefined]) await enqueue(jobs, key, key);
      jobs.start({ pour: handler });
      await jobs.idle();
      assert.equal(running, 3);
    });

    it('runs jobs of one key in order and never two at a time, on two nodes', async () => {
      const poured: Record<string, number[]> = { a: [], b: [] };
      const running = new Set<string>();
      const handler: JobHandler = async payload => {
        const { key, n } = payload as { key: string; n: number };
        assert.ok(!running.has(key), 'two jobs of one key at a time');
        running.add(key);
        await new Promise(resolve => setImmediate(resolve));
        poured[key]!.push(n);
        running.delete(key);
      };
      const [first, second] = [node(), node()];
      for (let n = 0; n < 10; n++) for (const key of ['a', 'b']) await enqueue(first, { key, n }, key);
      for (const jobs of [first, second]) jobs.start({ pour: handler });
      await Promise.all([first.idle(), second.idle()]);
      await Promise.all([first.idle(), second.idle()]);
      const expected = Array.from({ length: 10 }, (_, n) => n);
      assert.deepEqual(poured, { a: expected, b: expected });
    });

    it('runs a job on one of two nodes, not on both', async () => {
      const poured: unknown[] = [];
      const [first, second] = [node(), node()];
      for (let n = 0; n < 30; n++) await enqueue(first, n);
      for (const jobs of [first, second]) jobs.start({ pour: async payload => void poured.push(payload) });
      await Promise.all([first.idle(), second.idle()]);
      await Promise.all([first.idle(), second.idle()]);
      assert.deepEqual(
        poured.sort((a, b) => Number(a) - Number(b)),
        Array.from({ length: 30 }, (_, n) => n),
      );
    });

    it('tries again with growing delay, and holds later jobs of the key back meanwhile', async () => {
      const jobs = node();
      const triedAtMs: number[] = [];
      const poured: unknown[] = [];
      jobs.start({
        pour: async payload => {
          if (payload === 'first') triedAtMs.push(clock.nowMs());
          if (payload === 'first' && triedAtMs.length < 4) throw new Error('not yet');
          poured.push(payload);
        },
      });
      await enqueue(jobs, 'first', 'key');
      await enqueue(jobs, 'second', 'key');
      while (poured.length < 2) {
        await jobs.idle();
        assert.ok(triedAtMs.length < 4 ? poured.length === 0 : true, 'the second job waits');
        clock.advance(100);
      }
      assert.deepEqual(poured, ['first', 'second']);
      const delays = triedAtMs.slice(1).map((ms, i) => ms - triedAtMs[i]!);
      assert.ok(delays[0]! > 0 && delays[1]! > delays[0]! && delays[2]! > delays[1]!, `${delays}`);
    });

    it('gives a job up after its last attempt, and goes on with the key', async () => {
      const jobs = node();
      let attempts = 0;
      const poured: unknown[] = [];
      jobs.start({
        pour: async payload => {
          if (payload !== 'bad') return void poured.push(payload);
          attempts++;
          throw new Error('never');
        },
      });
      await enqueue(jobs, 'bad', 'key');
      await enqueue(jobs, 'good', 'key');
      for (let n = 0; n < JOB_ATTEMPTS_MAX + 4; n++) {
        await jobs.idle();
        clock.advance(LONG_MS);
      }
      await jobs.idle();
      assert.equal(attempts, JOB_ATTEMPTS_MAX);
      assert.deepEqual(poured, ['good']);
    });

    it('keeps a job that no handler takes for a node that has one', async () => {
      const [old, young] = [node(), node()];
      await enqueue(old, 'a');
      old.start({});
      await old.idle();
      await old.close();
      const poured: unknown[] = [];
      young.start({ pour: async payload => void poured.push(payload) });
      clock.advance(LONG_MS);
      await young.idle();
      assert.deepEqual(poured, ['a']);
    });

    it('finds the job of a process that died while running it', async () => {
      const [dying, heir] = [node(), node()];
      const { promise: started, resolve } = Promise.withResolvers<void>();
      const { promise: death, resolve: die } = Promise.withResolvers<void>();
      // A dead process renews nothing: its clock stands still.
      const stopped = openJobs(db, new FakeClock(clock.nowMs()));
      nodes.push(stopped);
      await enqueue(dying, 'a', 'key');
      await enqueue(dying, 'b', 'key');
      stopped.start({
        pour: async () => {
          resolve();
          await death;
        },
      });
      await started;
      const poured: unknown[] = [];
      heir.start({ pour: async payload => void poured.push(payload) });
      await heir.idle();
      const beforeItsTime = [...poured];
      clock.advance(LONG_MS);
      await heir.idle();
      die();
      assert.deepEqual(beforeItsTime, [], 'the lease holds');
      assert.deepEqual(poured, ['a', 'b']);
    });

    it('keeps its hold on a job that runs for long', async () => {
      const [busy, other] = [node(), node()];
      const { promise: started, resolve } = Promise.withResolvers<void>();
      const { promise: end, resolve: finish } = Promise.withResolvers<void>();
      let runs = 0;
      const handler: JobHandler = async () => {
        resolve();
        if (++runs === 1) await end;
      };
      await enqueue(busy, 'a');
      busy.start({ pour: handler });
      await started;
      other.start({ pour: handler });
      // In small steps: what holds it is written while the other one looks.
      for (let n = 0; n < 150; n++) {
        clock.advance(1000);
        await other.idle();
      }
      finish();
      await busy.idle();
      assert.equal(runs, 1);
    });

    it('waits for running jobs when it closes, and takes no more', async () => {
      const jobs = node();
      const { promise: started, resolve } = Promise.withResolvers<void>();
      const { promise: end, resolve: finish } = Promise.withResolvers<void>();
      const poured: unknown[] = [];
      jobs.start({
        pour: async payload => {
          resolve();
          await end;
          poured.push(payload);
        },
      });
      await enqueue(jobs, 'a', 'key');
      await enqueue(jobs, 'b', 'key');
      jobs.wake();
      await started;
      const closing = jobs.close();
      finish();
      await closing;
      clock.advance(LONG_MS);
      assert.deepEqual(poured, ['a']);
    });
  });
}
