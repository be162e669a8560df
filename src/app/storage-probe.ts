import { type Kysely, sql } from 'kysely';
import type { Clock } from '#base/clock.ts';
import { Fault } from '#base/fault.ts';
import type { Blobs } from '#ports/blobs.ts';
import type { AnyTables, Db, Migrations } from '#ports/db.ts';

/** How long an answer holds: whoever asks more often costs nothing. */
export const PROBE_MS = 5_000;
/** As long may a write take; storage that is slower than this stores nothing in time. */
const WRITE_MS = 5_000;
const PROBE_KEY = 'probe';
/** A block of any file system. */
const PROBE_BYTES = 4096;

export const probeMigrations: Migrations = {
  '0401-write-probe': {
    async up({ schema }: Kysely<AnyTables>) {
      await schema
        .createTable('write_probe')
        .addColumn('id', 'integer', column => column.primaryKey())
        .addColumn('written', 'integer', column => column.notNull())
        .execute();
    },
  },
};

export interface ProbeDeps {
  readonly db: Db;
  readonly blobs: Blobs;
  readonly clock: Clock;
}

/**
 * Whether something can be stored, by storing it: a row of the database and a small blob. One probe at a time and one in five
 * seconds, however many ask. Rejects with what went wrong.
 */
export function createStorageProbe({ db, blobs, clock }: ProbeDeps): () => Promise<void> {
  let probe: Promise<void> | null = null;
  let sinceMs = 0;
  let written = 0;

  async function write(): Promise<void> {
    written++;
    await sql`insert into write_probe (id, written) values (1, ${written})
      on conflict (id) do update set written = excluded.written + write_probe.written`.execute(db.sql);
    await blobs.put(PROBE_KEY, new Uint8Array(PROBE_BYTES).fill(written));
  }

  return () => {
    const nowMs = clock.monotonicMs();
    if (probe && nowMs - sinceMs < PROBE_MS) return probe;
    sinceMs = nowMs;
    probe = withinTime(write(), clock);
    // It is told to those who ask; nobody may be asking when it fails.
    probe.catch(() => {});
    return probe;
  };
}

function withinTime(work: Promise<void>, clock: Clock): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = clock.after(WRITE_MS, () => reject(new Fault('storage does not answer')));
  work.then(resolve, reject).finally(() => timer.cancel());
  return promise;
}
