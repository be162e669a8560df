import type { Kysely, Transaction } from 'kysely';
import type { Db, Sql } from '#ports/db.ts';

/** `ready` covers waiting, running (leased) and waiting for another attempt; `failed` is kept for a person to look at. */
export type JobState = 'ready' | 'failed';

interface JobRow {
  seq: number;
  kind: string;
  payload: string;
  ordering_key: string | null;
  state: JobState;
  run_at: number;
  attempts: number;
  lease: string | null;
  lease_until: number | null;
  home: string | null;
  last_error: string | null;
  created_at: number;
}

interface Tables {
  jobs: JobRow;
}

export interface NewJob {
  readonly kind: string;
  readonly payload: string;
  readonly orderingKey: string | null;
  readonly runAtMs: number;
  readonly nowMs: number;
  readonly home: string | null;
}

/** A job that one claim holds. */
export interface ClaimedJob {
  readonly seq: number;
  readonly kind: string;
  readonly payload: string;
  /** Counts this one. */
  readonly attempts: number;
  readonly lease: string;
}

export interface Claim {
  readonly lease: string;
  readonly nowMs: number;
  readonly leaseUntilMs: number;
  readonly limit: number;
  /** Who claims; null where nobody asks for it. */
  readonly home: string | null;
  /** Whose work is left alone. */
  readonly others: readonly string[];
  /** What runs here already: its lease may seem to have run out when the clock has jumped. */
  readonly except: readonly number[];
}

export async function insertJob(sql: Sql, job: NewJob): Promise<void> {
  await (sql as Kysely<Tables>)
    .insertInto('jobs')
    .values({
      kind: job.kind,
      payload: job.payload,
      ordering_key: job.orderingKey,
      state: 'ready',
      run_at: job.runAtMs,
      attempts: 0,
      created_at: job.nowMs,
      home: job.home,
    } as JobRow)
    .execute();
}

/** Every query of the worker. */
export class JobStore {
  readonly #db: Db;
  readonly #sql: Kysely<Tables>;

  constructor(db: Db) {
    this.#db = db;
    this.#sql = db.sql;
  }

  /** Takes due jobs, oldest first, whose lease is free and before which no job of the same key is left. */
  claim(claim: Claim): Promise<ClaimedJob[]> {
    return this.#db.transaction(async tx => {
      const sql = tx as Transaction<Tables>;
      let due = this.#due(sql, claim.nowMs, claim.others).limit(claim.limit);
      if (claim.except.length > 0) due = due.where('job.seq', 'not in', claim.except);
      if (this.#db.dialect.skipLocked) due = due.forUpdate('job').skipLocked();
      const seqs = (await due.execute()).map(row => row.seq);
      if (seqs.length === 0) return [];
      const rows = await sql
        .updateTable('jobs')
        .set(eb => ({
          lease: claim.lease,
          lease_until: claim.leaseUntilMs,
          home: claim.home,
          attempts: eb('attempts', '+', 1),
        }))
        .where('seq', 'in', seqs)
        .returning(['seq', 'kind', 'payload', 'attempts'])
        .execute();
      return rows.sort((a, b) => a.seq - b.seq).map(row => ({ ...row, lease: claim.lease }));
    });
  }

  /** Frees what a process ran that had this home before, and is dead. */
  async reclaim(home: string): Promise<void> {
    await this.#sql
      .updateTable('jobs')
      .set({ lease: null, lease_until: null })
      .where('home', '=', home)
      .where('lease', 'is not', null)
      .execute();
  }

  async hasDue(nowMs: number, others: readonly string[]): Promise<boolean> {
    return (await this.#due(this.#sql, nowMs, others).limit(1).execute()).length > 0;
  }

  async renew(seqs: readonly number[], leases: readonly string[], leaseUntilMs: number): Promise<void> {
    await this.#sql
      .updateTable('jobs')
      .set({ lease_until: leaseUntilMs })
      .where('seq', 'in', seqs)
      .where('lease', 'in', leases)
      .execute();
  }

  async done(job: ClaimedJob): Promise<void> {
    await this.#sql.deleteFrom('jobs').where('seq', '=', job.seq).where('lease', '=', job.lease).execute();
  }

  /** Gives the job back for another attempt at `runAtMs`. */
  retry(job: ClaimedJob, error: string, runAtMs: number): Promise<void> {
    return this.#giveBack(job, { state: 'ready', run_at: runAtMs, last_error: error });
  }

  fail(job: ClaimedJob, error: string): Promise<void> {
    return this.#giveBack(job, { state: 'failed', last_error: error });
  }

  async #giveBack(job: ClaimedJob, change: Partial<JobRow>): Promise<void> {
    await this.#sql
      .updateTable('jobs')
      .set({ ...change, lease: null, lease_until: null })
      .where('seq', '=', job.seq)
      .where('lease', '=', job.lease)
      .execute();
  }

  #due(sql: Kysely<Tables> | Transaction<Tables>, nowMs: number, others: readonly string[]) {
    const due = sql
      .selectFrom('jobs as job')
      .select('job.seq')
      .where('job.state', '=', 'ready')
      .where('job.run_at', '<=', nowMs)
      .where(eb => eb.or([eb('job.lease_until', 'is', null), eb('job.lease_until', '<=', nowMs)]))
      .where(eb =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('jobs as earlier')
              .select('earlier.seq')
              .whereRef('earlier.ordering_key', '=', 'job.ordering_key')
              .whereRef('earlier.seq', '<', 'job.seq')
              .where('earlier.state', '=', 'ready'),
          ),
        ),
      )
      .orderBy('job.run_at')
      .orderBy('job.seq');
    if (others.length === 0) return due;
    return due.where(eb => eb.or([eb('job.home', 'is', null), eb('job.home', 'not in', others)]));
  }
}
