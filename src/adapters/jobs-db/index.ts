import { assert } from '#base/assert.ts';
import type { Clock } from '#base/clock.ts';
import type { Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Db, Migrations } from '#ports/db.ts';
import type { Jobs } from '#ports/jobs.ts';
import { jobsMigrations } from './migrations.ts';
import { insertJob, JobStore } from './store.ts';
import { Worker } from './worker.ts';

export interface DbJobsOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ids: Ids;
  /** Where several processes share the database without a shared bus, each runs the work that it took in. */
  readonly home?: JobsHome;
  /** Jobs that run at the same time; 4 unless said. */
  readonly concurrency?: number;
  /** How often jobs are looked for that nobody woke us for: another node's, and retries; 1 s unless said. */
  readonly pollMs?: number;
}

export interface JobsHome {
  /** The data folder of this process, whose earlier processes are dead. */
  readonly folder: string;
  /** Those of others that live. */
  others(): readonly string[];
}

export interface DbJobs extends Jobs {
  readonly migrations: Migrations;
}

/** Jobs in a table of the database, shared by every node that uses it. */
export function createDbJobs(options: DbJobsOptions): DbJobs {
  const { db, clock, log, ids, home = null, concurrency = 4, pollMs = 1000 } = options;
  const store = new JobStore(db);
  let worker: Worker | null = null;
  return {
    migrations: jobsMigrations(db.dialect),
    enqueue(sql, job) {
      const nowMs = clock.nowMs();
      return insertJob(sql, {
        kind: job.kind,
        payload: JSON.stringify(job.payload ?? null),
        orderingKey: job.orderingKey ?? null,
        runAtMs: job.runAtMs ?? nowMs,
        nowMs,
        home: home?.folder ?? null,
      });
    },
    wake: () => worker?.wake(),
    start(handlers) {
      assert(worker === null, 'jobs are started once');
      worker = new Worker({ store, handlers, clock, log, ids, home, concurrency, pollMs });
    },
    async idle() {
      assert(worker !== null, 'idle is asked after start');
      await worker.idle();
    },
    close: async () => worker?.close(),
  };
}
