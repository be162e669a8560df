import type { Sql } from './db.ts';

/** Work that must happen after a transaction committed, at least once. */
export interface JobRequest {
  /** Dotted name: `post.created`. One handler takes each kind. */
  readonly kind: string;
  readonly payload: unknown;
  /** Jobs of one key run one after the other, in the order they were enqueued. */
  readonly orderingKey?: string;
  /** Earliest start, milliseconds since the epoch; at once when absent. */
  readonly runAtMs?: number;
}

export type JobHandler = (payload: unknown) => Promise<void>;

export interface Jobs {
  /** Writes the job with `sql`, so that it commits or rolls back with the caller's transaction. */
  enqueue(sql: Sql, job: JobRequest): Promise<void>;
  /** Tells workers that something was committed. Without it a job is found by the next poll. */
  wake(): void;
  /** Starts the workers. A handler that throws is retried with growing delay, at most `JOB_ATTEMPTS_MAX` times, then kept as failed. */
  start(handlers: Readonly<Record<string, JobHandler>>): void;
  /** Resolves when no job is due or running; for tests and for drain. */
  idle(): Promise<void>;
  /** Stops taking jobs and waits for the running ones. */
  close(): Promise<void>;
}

export const JOB_ATTEMPTS_MAX = 8;
