import { createLocalBus } from '#adapters/bus-local/index.ts';
import { createDbJobs, type DbJobs } from '#adapters/jobs-db/index.ts';
import { createDbPlacement, type DbPlacement } from '#adapters/placement-db/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { type AccountId, type BroadcastId, createIds, type Ids } from '#base/ids.ts';
import { silentLogger } from '#base/log.ts';
import type { AccountSummary } from '#contract/api/types.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import { type Broadcasts, createBroadcasts } from '#live/broadcast/broadcasts.ts';
import { broadcastMigrations } from '#live/broadcast/migrations.ts';
import { roomMigrations } from '#live/room/migrations.ts';
import type { Bus } from '#ports/bus.ts';
import type { Db } from '#ports/db.ts';
import type { Directory } from '#ports/directory.ts';

/** Broadcasts and what they stand on, on a given database; only the clock is a test's. */
export interface BroadcastHouse {
  readonly db: Db;
  readonly jobs: DbJobs;
  readonly placement: DbPlacement;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly clock: FakeClock;
  readonly log: typeof silentLogger;
  readonly directory: Directory;
  readonly broadcasts: Broadcasts;
  /** Somebody whom the directory knows. */
  person(handle: string): AccountId;
  /** A broadcast that is on the air, started this very moment. */
  goLive(ownerId: AccountId, title?: string): Promise<BroadcastId>;
  /** What a room's topic carries from now on. */
  hear(id: BroadcastId): RoomEvent[];
}

export async function openBroadcastHouse(db: Db): Promise<BroadcastHouse> {
  const clock = new FakeClock();
  const log = silentLogger;
  const ids = createIds(clock, bytes => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>));
  const jobs = createDbJobs({ db, clock, log, ids });
  const bus = createLocalBus({ log });
  const placement = createDbPlacement({ db, clock, ids, log, folder: 'folder' });
  const migrations = { ...jobs.migrations, ...placement.migrations };
  await db.migrate({ ...migrations, ...broadcastMigrations, ...roomMigrations });
  const people = new Map<AccountId, AccountSummary>();
  const directory: Directory = {
    summaries: async wanted =>
      new Map(wanted.flatMap(id => (people.has(id) ? [[id, people.get(id)!] as const] : []))),
  };
  const broadcasts = createBroadcasts({ db, jobs, bus, ids, clock });
  return {
    db,
    jobs,
    placement,
    bus,
    ids,
    clock,
    log,
    directory,
    broadcasts,
    person(handle) {
      const id = ids.next<'account'>();
      people.set(id, { id, handle, displayName: handle.toUpperCase() });
      return id;
    },
    async goLive(ownerId, title = 'A walk') {
      const { row } = await broadcasts.create(ownerId, title, true);
      await broadcasts.advance(row.id, 'media-arrived', { startedAtMs: clock.nowMs() });
      return row.id;
    },
    hear(id) {
      const events: RoomEvent[] = [];
      bus.subscribe(`room:${id}`, message => events.push(message as RoomEvent));
      return events;
    },
  };
}
