import type { Timer } from '#base/clock.ts';
import type { AccountId, BroadcastId } from '#base/ids.ts';
import { Totals } from '#base/totals.ts';
import { Refusal } from '#contract/errors.ts';
import type { Db } from '#ports/db.ts';
import type { Hold, Place, Placement } from '#ports/placement.ts';
import type { Publisher } from '../stream/publisher.ts';
import type { Claim } from './claims.ts';
import { eachLeftBehind, endNeverPublished, finishOne, type LeftBehindDeps } from './left-behind.ts';
import { GRACE_MS, isOver } from './lifecycle.ts';
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

export type OnAirRegistryDeps = Omit<OnAirDeps, 'forget'> & {
  readonly db: Db;
  readonly placement: Placement;
};

/** Every broadcast that this process has in memory, and the sweep for those that none has. */
export class OnAirRegistry {
  readonly #deps: OnAirDeps & { readonly placement: Placement };
  /** Since when no process lives that has what another data folder keeps, monotonic milliseconds. */
  readonly #orphans = new Map<BroadcastId, number>();
  readonly #opening = new Map<BroadcastId, Promise<OnAir>>();
  readonly #leftBehind: LeftBehindDeps;
  readonly #onAir = new Map<BroadcastId, OnAir>();
  /** Whose they are. */
  readonly #owners = new Map<BroadcastId, AccountId>();
  readonly #counts = new Totals(AIR_COUNTS);
  #sweep: Timer | null = null;
  #isSweeping = false;
  #isSweepDue = false;
  #isDraining = false;

  constructor(deps: OnAirRegistryDeps) {
    this.#deps = { ...deps, forget: id => this.#forget(id) };
    this.#leftBehind = { ...deps, isOnAir: id => this.#onAir.has(id) || this.#opening.has(id) };
    deps.placement.watch({
      fenced: id => this.#onAir.get(id)?.fenced(),
      revived: () => {
        for (const air of this.#onAir.values()) air.revived();
      },
    });
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
    if (!air || !this.#onAir.delete(id)) return;
    this.#counts.leave(air.counts);
    this.#owners.delete(id);
    this.#giveBack(air.hold);
  }

  /** Those that somebody sends pictures to now. */
  get sending(): number {
    return this.#onAir.values().reduce((count, air) => count + Number(air.isSending), 0);
  }

  /** Refuses with `broadcast-over`, `taken-over`, `already-publishing`, `too-many-requests`, `at-capacity`, `elsewhere`, `unavailable`. */
  async publish(row: BroadcastRow, claim: Claim): Promise<Publisher> {
    if (isOver(row.state)) throw new Refusal('broadcast-over');
    if (this.#isDraining) throw new Refusal('unavailable');
    const air = this.#onAir.get(row.id) ?? (await this.#open(row));
    return air.publish(claim);
  }

  /** Two that ask at once open one. */
  #open(row: BroadcastRow): Promise<OnAir> {
    const known = this.#opening.get(row.id);
    if (known) return known;
    const opening = this.#openNow(row).finally(() => this.#opening.delete(row.id));
    this.#opening.set(row.id, opening);
    return opening;
  }

  async #openNow({ id, state, ownerId }: BroadcastRow): Promise<OnAir> {
    await this.refuseElsewhere(id);
    // Started, and not in memory: another process had it, and the sweep is about to finish it.
    if (state !== 'starting') throw new Refusal('broadcast-over');
    const hold = await this.#take(id);
    try {
      if (this.#isDraining) throw new Refusal('unavailable');
      this.#refuseMore(ownerId);
      this.#makeRoom();
    } catch (refusal) {
      this.#giveBack(hold);
      throw refusal;
    }
    const air = new OnAir(id, hold, this.#deps);
    this.#onAir.set(id, air);
    this.#owners.set(id, ownerId);
    return air;
  }

  /** Refuses with `elsewhere` where another data folder has the broadcast. */
  async refuseElsewhere(id: BroadcastId): Promise<void> {
    const place = await this.#deps.placement.find(id);
    if (place && !place.isHere) throw elsewhere(place);
  }

  async #take(id: BroadcastId): Promise<Hold> {
    const { placement } = this.#deps;
    const hold = await placement.take(id);
    if (!hold) throw elsewhere(await placement.find(id));
    return hold;
  }

  #giveBack(hold: Hold): void {
    hold.release().catch(cause => this.#deps.log.error({ err: cause }, 'a broadcast was not given back'));
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
    if (air) return air.finish('end');
    if (row.state === 'archived') return;
    await this.refuseElsewhere(row.id);
    if (row.state === 'starting')
      await this.#deps.broadcasts.advance(row.id, 'end', { endedAtMs: this.#deps.clock.nowMs() });
    else if (row.startedAtMs !== null) await this.#finishOne(row, await this.#take(row.id));
  }

  async #finishOne(row: BroadcastRow, hold: Hold): Promise<void> {
    await finishOne(this.#leftBehind, row, hold);
    this.#giveBack(hold);
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
    await eachLeftBehind(this.#leftBehind, row => this.#reopen(row));
    await this.#endNeverPublished();
    this.#sweep ??= this.#deps.clock.every(SWEEP_MS, () => void this.#sweepWhileDue());
  }

  async #reopen(row: BroadcastRow): Promise<void> {
    const { recorder, clock, placement } = this.#deps;
    const hold = await placement.take(row.id);
    if (!hold) return;
    if (isOver(row.state) || row.removedAtMs !== null || this.#onAir.size >= ON_AIR_MAX)
      return this.#finishOne(row, hold);
    const reopened = await recorder.reopen(row.id, hold.write);
    const firstInit = Math.floor((clock.nowMs() - row.createdAtMs) / INIT_NUMBER_MS);
    const air = new OnAir(row.id, hold, this.#deps, reopened, firstInit);
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

  /** A database that is slow gets one round at a time; a turn that came meanwhile is taken afterwards. */
  async #sweepWhileDue(): Promise<void> {
    this.#isSweepDue = true;
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    while (this.#isSweepDue) {
      this.#isSweepDue = false;
      await this.#sweepNow();
    }
    this.#isSweeping = false;
  }

  async #sweepNow(): Promise<void> {
    try {
      for (const air of this.#onAir.values()) if (air.isStuck) await this.#finish(air, 'grace-over');
      await this.#endNeverPublished();
      await eachLeftBehind(this.#leftBehind, row => this.#sweepOne(row));
    } catch (cause) {
      this.#deps.log.error({ err: cause }, 'looking for forgotten broadcasts failed');
    }
  }

  async #sweepOne(row: BroadcastRow): Promise<void> {
    const hold = await this.#deps.placement.take(row.id);
    if (hold) await this.#finishOne(row, hold);
    else if (!isOver(row.state)) await this.#lookAfter(row);
  }

  /**
   * Another data folder has it. Where no process lives that has that folder, it is interrupted, and over when the grace has
   * run out; its recording is closed by the next process of its folder.
   */
  async #lookAfter(row: BroadcastRow): Promise<void> {
    const { placement, broadcasts, clock } = this.#deps;
    if (!(await placement.expel(row.id))) {
      this.#orphans.delete(row.id);
      return;
    }
    const nowMs = clock.monotonicMs();
    const sinceMs = this.#orphans.get(row.id) ?? nowMs;
    this.#orphans.set(row.id, sinceMs);
    await broadcasts.advance(row.id, 'publisher-lost');
    if (nowMs - sinceMs < GRACE_MS) return;
    this.#orphans.delete(row.id);
    await broadcasts.advance(row.id, 'grace-over', { endedAtMs: clock.nowMs() });
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

function elsewhere(place: Place | null): Refusal {
  const where = place?.address
    ? `This broadcast is on the air at ${place.address}.`
    : 'The server that keeps this broadcast is not running.';
  return new Refusal('elsewhere', where, 1);
}
