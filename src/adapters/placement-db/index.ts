import { sql as raw } from 'kysely';
import type { Clock, Timer } from '#base/clock.ts';
import type { Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Db, Migrations } from '#ports/db.ts';
import {
  Fenced,
  type Hold,
  type Placement,
  type PlacementWatcher,
  PROCESS_LEASE_MS,
} from '#ports/placement.ts';
import { placementMigrations } from './migrations.ts';
import * as store from './store.ts';

export interface DbPlacementOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Names the data folder that this process has locked. */
  readonly folder: string;
}

export interface DbPlacement extends Placement {
  readonly migrations: Migrations;
}

/** Two may be lost before others take this process for dead. */
const RENEW_MS = PROCESS_LEASE_MS / 3;

/** Placement in two tables of the database, shared by every process that uses it. */
export function createDbPlacement(options: DbPlacementOptions): DbPlacement {
  const placement = new Placements(options);
  return {
    migrations: placementMigrations,
    get others() {
      return placement.others;
    },
    join: address => placement.join(address),
    take: subject => placement.take(subject),
    find: subject => placement.find(subject),
    expel: subject => placement.expel(subject),
    watch: watcher => placement.watch(watcher),
    close: () => placement.close(),
  };
}

class Placements {
  others: readonly string[] = [];
  readonly #options: DbPlacementOptions;
  readonly #id: string;
  /** Epochs of what this process believes to have. */
  readonly #held = new Map<string, number>();
  #watcher: PlacementWatcher | null = null;
  #timer: Timer | null = null;
  #renewing: Promise<void> = Promise.resolve();
  #address = '';
  #isClosed = false;

  constructor(options: DbPlacementOptions) {
    this.#options = options;
    this.#id = options.ids.next();
  }

  async join(address: string): Promise<void> {
    const { db, clock, folder } = this.#options;
    this.#address = address;
    await this.#register();
    this.others = await store.otherFolders(db.sql, folder, this.#now);
    this.#timer = clock.every(RENEW_MS, () => {
      this.#renewing = this.#renew();
    });
  }

  watch(watcher: PlacementWatcher): void {
    this.#watcher = watcher;
  }

  async take(subject: string): Promise<Hold | null> {
    const { db, folder } = this.#options;
    if (this.#isClosed) return null;
    const epoch = await db.transaction(async tx => {
      await store.insertPlacement(tx, subject, folder);
      const row = (await store.findPlacement(tx, subject, this.#now))!;
      if (row.folder !== folder) return null;
      const next = { processId: this.#id, epoch: row.epoch + 1 };
      return (await store.movePlacement(tx, subject, row, next)) ? next.epoch : null;
    });
    if (epoch === null) return null;
    this.#held.set(subject, epoch);
    return {
      subject,
      epoch,
      write: work =>
        db.transaction(async tx => {
          if (!(await store.guardPlacement(tx, subject, this.#id, epoch))) throw this.#fenced(subject, epoch);
          return work(tx);
        }),
      release: () => this.#release(subject, epoch),
    };
  }

  async find(subject: string) {
    const row = await store.findPlacement(this.#options.db.sql, subject, this.#now);
    if (!row) return null;
    return {
      isHere: row.folder === this.#options.folder,
      isHeld: row.address !== null,
      address: row.address,
    };
  }

  expel(subject: string): Promise<boolean> {
    return this.#options.db.transaction(async tx => {
      const row = await store.findPlacement(tx, subject, this.#now);
      if (!row || row.address !== null) return false;
      if (row.processId === null) return true;
      return store.movePlacement(tx, subject, row, { processId: null, epoch: row.epoch + 1 });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#renewing;
    if (this.#timer) await store.deleteProcess(this.#options.db.sql, this.#id);
    this.#timer = null;
  }

  get #now() {
    return store.dbNow(this.#options.db.dialect);
  }

  get #leaseUntil() {
    return raw<number>`${this.#now} + ${raw.lit(PROCESS_LEASE_MS)}`;
  }

  #register(): Promise<void> {
    const { db, folder } = this.#options;
    const process = { id: this.#id, folder, address: this.#address };
    return db.transaction(tx => store.insertProcess(tx, process, this.#leaseUntil));
  }

  async #release(subject: string, epoch: number): Promise<void> {
    if (this.#held.get(subject) !== epoch) return;
    this.#held.delete(subject);
    await store.movePlacement(this.#options.db.sql, subject, { epoch }, { processId: null, epoch });
  }

  /** The database's clock says who lives; a database that does not answer says nothing. */
  async #renew(): Promise<void> {
    const { db, log, folder } = this.#options;
    try {
      const state = await store.renewProcess(db.sql, this.#id, this.#now, this.#leaseUntil);
      if (state === null) await this.#register();
      const epochs = await store.placementsOf(db.sql, this.#id);
      for (const [subject, epoch] of [...this.#held])
        if (epochs.get(subject) !== epoch && this.#held.get(subject) === epoch) this.#fenced(subject, epoch);
      this.others = await store.otherFolders(db.sql, folder, this.#now);
      if (state === 'revived') this.#watcher?.revived();
    } catch (err) {
      log.error({ err }, 'this process could not say that it lives');
    }
  }

  #fenced(subject: string, epoch: number): Fenced {
    if (this.#held.get(subject) === epoch) {
      this.#held.delete(subject);
      this.#options.log.error({ subject, epoch }, 'another process has taken over what this one had');
      this.#watcher?.fenced(subject);
    }
    return new Fenced(subject);
  }
}
