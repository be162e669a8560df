import type { Timer } from '#base/clock.ts';
import type { AccountId, BroadcastId } from '#base/ids.ts';
import { Totals } from '#base/totals.ts';
import { Refusal } from '#contract/errors.ts';
import type { Db } from '#ports/db.ts';
import type { Publisher } from '../stream/publisher.ts';
import type { Claim } from './claims.ts';
import { endNeverPublished, finishLeftBehind, finishOne, type LeftBehindDeps } from './left-behind.ts';
import { isOver } from './lifecycle.ts';
import { AIR_COUNTS, type AirCounts, OnAir, type OnAirDeps } from './on-air.ts';
import { type BroadcastRow, listMadeWith } from './store.ts';

/** How often broadcasts are looked for that nobody publishes or finishes. */
export const SWEEP_MS = 30_000;
/** Broadcasts in memory at once. */
export const ON_AIR_MAX = 1000;
/** Of one account, with somebody who sends them or may come back to: nobody has the places of everybody. */
export const ON_AIR_PER_ACCOUNT_MAX = 20;
/**
 * A process that goes on with a broadcast counts initialization sections from the time since the broadcast was made, in this
 * unit: whatever number the one before used, kept or not, is below.
 */
const INIT_NUMBER_MS = 10;

export type OnAirRegistryDeps = Omit<OnAirDeps, 'forget'> & { readonly db: Db };

/** Every broadcast that this process has in memory, and the sweep for those that none has. */
export class OnAirRegistry {
  readonly #deps: OnAirDeps;
  readonly #leftBehind: LeftBehindDeps;
  readonly #onAir = new Map<BroadcastId, OnAir>();
  /** Whose they are. */
  readonly #owners = new Map<BroadcastId, AccountId>();
  readonly #counts = new Totals(AIR_COUNTS);
  #sweep: Timer | null = null;
  #isDraining = false;

  constructor(deps: OnAirRegistryDeps) {
    this.#deps = { ...deps, forget: id => this.#forget(id) };
    this.#leftBehind = { ...deps, isOnAir: id => this.#onAir.has(id) };
  }

  find(id: BroadcastId): OnAir | undefined {
    return this.#onAir.get(id);
  }

  /** Of all broadcasts since the start. */
  get counts(): AirCounts {
    return this.#counts.sum(this.#onAir.values().map(air => air.counts));
  }

  #forget(id: BroadcastId): void {
    const air = this.#onAir.get(id);
    if (air && this.#onAir.delete(id)) this.#counts.leave(air.counts);
    this.#owners.delete(id);
  }

  /** Those that somebody sends pictures to now. */
  get sending(): number {
    return this.#onAir.values().reduce((count, air) => count + Number(air.isSending), 0);
  }

  /** Refuses with `broadcast-over`, `taken-over`, `already-publishing`, `too-many-requests`, `at-capacity` and `unavailable`. */
  publish(row: BroadcastRow, claim: Claim): Publisher {
    if (isOver(row.state)) throw new Refusal('broadcast-over');
    if (this.#isDraining) throw new Refusal('unavailable');
    const known = this.#onAir.get(row.id);
    if (known) return known.publish(claim);
    // Started, and not in memory: another process had it, and the sweep is about to finish it.
    if (row.state !== 'starting') throw new Refusal('broadcast-over');
    this.#refuseMore(row.ownerId);
    this.#makeRoom();
    const air = new OnAir(row.id, this.#deps);
    this.#onAir.set(row.id, air);
    this.#owners.set(row.id, row.ownerId);
    return air.publish(claim);
  }

  #refuseMore(ownerId: AccountId): void {
    const own = this.#onAir.values().filter(air => this.#owners.get(air.id) === ownerId);
    const taken = own.reduce((count, air) => count + Number(!air.isEmpty && !air.isFinishing), 0);
    if (taken >= ON_AIR_PER_ACCOUNT_MAX)
      throw new Refusal('too-many-requests', `An account has at most ${taken} broadcasts on the air.`, 10);
  }

  /** One that never had a picture, and whose publisher has gone, has nothing to lose: it comes back with its next publisher. */
  #makeRoom(): void {
    if (this.#onAir.size < ON_AIR_MAX) return;
    const empty = this.#onAir.values().find(air => air.isEmpty);
    if (!empty) throw new Refusal('at-capacity', 'Too many broadcasts are on the air.', 10);
    this.#forget(empty.id);
  }

  /** Resolves when the broadcast is over and its replay, if any, is ready. */
  async end(row: BroadcastRow): Promise<void> {
    const air = this.#onAir.get(row.id);
    if (air) await air.finish('end');
    else if (row.state === 'starting')
      await this.#deps.broadcasts.advance(row.id, 'end', { endedAtMs: this.#deps.clock.nowMs() });
    else if (row.state !== 'archived' && row.startedAtMs !== null) await finishOne(this.#leftBehind, row);
  }

  /** Takes it off the air at once and hides what was sent; its end is finished behind that. */
  async remove(row: BroadcastRow): Promise<void> {
    const air = this.#onAir.get(row.id);
    air?.hide();
    await this.end(row);
  }

  /** Waits for its end and keeps nothing of it in memory. */
  async release(id: BroadcastId): Promise<void> {
    const air = this.#onAir.get(id);
    if (!air) return;
    await air.finish('end');
    this.#forget(id);
  }

  /** Ends what was made with credentials that were revoked. A refusal of one does not spare the others. */
  async revoked(credentialIds: readonly string[]): Promise<void> {
    const rows = await listMadeWith(this.#leftBehind.db.sql, credentialIds, ON_AIR_MAX);
    const ends = await Promise.allSettled(rows.map(row => this.end(row)));
    const failed = ends.find(end => end.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** What a crash left on the air is interrupted: its publisher has the grace to come back. What had ended is finished. */
  async recover(): Promise<void> {
    await finishLeftBehind(this.#leftBehind, row => this.#reopen(row));
    await this.#endNeverPublished();
    this.#sweep ??= this.#deps.clock.every(SWEEP_MS, () => void this.#sweepNow());
  }

  async #reopen(row: BroadcastRow): Promise<void> {
    if (isOver(row.state) || row.removedAtMs !== null || this.#onAir.size >= ON_AIR_MAX)
      return finishOne(this.#leftBehind, row);
    const { recorder, clock } = this.#deps;
    const reopened = await recorder.reopen(row.id);
    const firstInit = Math.floor((clock.nowMs() - row.createdAtMs) / INIT_NUMBER_MS);
    const air = new OnAir(row.id, this.#deps, reopened, firstInit);
    this.#onAir.set(row.id, air);
    this.#owners.set(row.id, row.ownerId);
    return air.interrupted();
  }

  /** Interrupts what is on the air, so that the next process goes on with it. Nothing is taken afterwards. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#sweep?.cancel();
    await Promise.all([...this.#onAir.values()].map(air => this.#handOver(air)));
  }

  async #handOver(air: OnAir): Promise<void> {
    try {
      await air.handOver();
    } catch (cause) {
      this.#deps.log.error({ err: cause, broadcastId: air.id }, 'a broadcast was not handed over whole');
    }
  }

  async #sweepNow(): Promise<void> {
    try {
      for (const air of this.#onAir.values()) if (air.isStuck) await this.#finish(air, 'grace-over');
      await this.#endNeverPublished();
      await finishLeftBehind(this.#leftBehind);
    } catch (cause) {
      this.#deps.log.error({ err: cause }, 'looking for forgotten broadcasts failed');
    }
  }

  async #endNeverPublished(): Promise<void> {
    for (const id of await endNeverPublished(this.#leftBehind)) {
      const air = this.#onAir.get(id);
      if (air) await this.#finish(air, 'never-published');
    }
  }

  async #finish(air: OnAir, input: 'grace-over' | 'never-published'): Promise<void> {
    try {
      await air.finish(input);
    } catch (cause) {
      this.#deps.log.error({ err: cause, broadcastId: air.id }, 'a broadcast could not be finished');
    }
  }
}
