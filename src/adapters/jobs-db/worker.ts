import type { Clock, Timer } from '#base/clock.ts';
import type { Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { JOB_ATTEMPTS_MAX, type JobHandler } from '#ports/jobs.ts';
import type { ClaimedJob, JobStore } from './store.ts';

/** A job whose process died is found again after this. A running job's lease is renewed three times as often. */
export const LEASE_MS = 30_000;
/** A server that starts again waits for the one before. */
const CLOSE_MS_MAX = 1_000;
const BACKOFF_FIRST_MS = 1000;
const BACKOFF_MAX_MS = 5 * 60_000;
const ERROR_CHARACTERS_MAX = 2000;

export interface WorkerOptions {
  readonly store: JobStore;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ids: Ids;
  readonly home: { readonly folder: string; others(): readonly string[] } | null;
  /** Jobs that run at the same time. */
  readonly concurrency: number;
  readonly pollMs: number;
}

/** Delay before the next attempt after `attempts` have failed: 1 s, doubled each time, at most 5 min. */
export function backoffMs(attempts: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** (attempts - 1), BACKOFF_MAX_MS);
}

/** Claims due jobs while there is room and runs them. A database that fails is asked again at the next poll. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #running = new Map<ClaimedJob, Promise<void>>();
  readonly #timers: readonly Timer[];
  #filling: Promise<void> | null = null;
  #reclaimed = false;
  #again = false;
  #closed = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#timers = [
      options.clock.every(options.pollMs, () => this.wake()),
      options.clock.every(LEASE_MS / 3, () => void this.#renew()),
    ];
    this.wake();
  }

  /** Looks for due jobs now, and once more when it is looking already. */
  wake(): void {
    if (this.#closed) return;
    if (this.#filling) this.#again = true;
    else this.#filling = this.#fill().finally(() => this.#filled());
  }

  async idle(): Promise<void> {
    const { store, clock } = this.#options;
    while (!this.#closed) {
      if (this.#filling) await this.#filling;
      else if (this.#running.size > 0) await Promise.race(this.#running.values());
      else if (await store.hasDue(clock.nowMs(), this.#others)) this.wake();
      else if (!this.#filling && this.#running.size === 0) return;
    }
  }

  /** Waits for the running jobs, though not for long: those are taken up by the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#filling;
    const patience = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(CLOSE_MS_MAX, patience.resolve);
    await Promise.race([Promise.all(this.#running.values()), patience.promise]);
    timer.cancel();
  }

  #filled(): void {
    this.#filling = null;
    if (!this.#again) return;
    this.#again = false;
    this.wake();
  }

  async #fill(): Promise<void> {
    const { store, clock, ids, log, concurrency } = this.#options;
    try {
      const limit = concurrency - this.#running.size;
      if (limit <= 0) return;
      await this.#reclaim();
      const nowMs = clock.nowMs();
      const jobs = await store.claim({
        lease: ids.next(),
        nowMs,
        leaseUntilMs: nowMs + LEASE_MS,
        limit,
        home: this.#options.home?.folder ?? null,
        others: this.#others,
        except: [...this.#running.keys()].map(job => job.seq),
      });
      for (const job of jobs) this.#start(job);
    } catch (err) {
      log.error({ err }, 'looking for jobs failed');
    }
  }

  get #others(): readonly string[] {
    return this.#options.home?.others() ?? [];
  }

  /** What the process before this one was running is taken at once, not when its lease runs out. */
  async #reclaim(): Promise<void> {
    const { store, home } = this.#options;
    if (home && !this.#reclaimed) await store.reclaim(home.folder);
    this.#reclaimed = true;
  }

  #start(job: ClaimedJob): void {
    const run = this.#run(job).finally(() => {
      this.#running.delete(job);
      this.wake();
    });
    this.#running.set(job, run);
  }

  async #run(job: ClaimedJob): Promise<void> {
    const { store, handlers, log } = this.#options;
    const fields = { kind: job.kind, seq: job.seq, attempts: job.attempts };
    try {
      // The attempt after the last one comes to pass only when the process died in the last one.
      if (job.attempts > JOB_ATTEMPTS_MAX) return await store.fail(job, 'the process ended while running it');
      const handler = handlers[job.kind];
      if (!handler) throw new Error(`no handler takes ${job.kind}`);
      await handler(JSON.parse(job.payload));
    } catch (err) {
      log.error({ ...fields, err }, 'a job failed');
      return this.#settle(() => this.#giveBack(job, err));
    }
    return this.#settle(() => store.done(job));
  }

  async #giveBack(job: ClaimedJob, err: unknown): Promise<void> {
    const { store, clock } = this.#options;
    const reason = String(err instanceof Error ? (err.stack ?? err) : err).slice(0, ERROR_CHARACTERS_MAX);
    if (job.attempts >= JOB_ATTEMPTS_MAX) await store.fail(job, reason);
    else await store.retry(job, reason, clock.nowMs() + backoffMs(job.attempts));
  }

  /** A result that cannot be written leaves the lease to run out; the job then runs again. */
  async #settle(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (err) {
      this.#options.log.error({ err }, 'the result of a job could not be written');
    }
  }

  async #renew(): Promise<void> {
    const { store, clock, log } = this.#options;
    const jobs = [...this.#running.keys()];
    if (jobs.length === 0) return;
    const seqs = jobs.map(job => job.seq);
    const leases = [...new Set(jobs.map(job => job.lease))];
    try {
      await store.renew(seqs, leases, clock.nowMs() + LEASE_MS);
    } catch (err) {
      log.error({ err }, 'renewing the leases of jobs failed');
    }
  }
}
