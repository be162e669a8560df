import type { Place } from '#base/address.ts';
import type { Clock, Timer } from '#base/clock.ts';
import { FairPlaces } from '#base/fair-places.ts';

/** How busy the process is, since it was asked last. What else the machine does is not in it. */
export interface Load {
  /** Processor time of the busiest thing here: the event loop's thread of one core, or all threads of all cores; 0 to 1. */
  readonly busy: number;
  /** How late the event loop usually was: the median, so that one long pause does not count. */
  readonly delayMs: number;
}

export const SAMPLE_MS = 250;
/** Publishers, HLS and the API need the rest. */
export const FULL_ABOVE = 0.85;
/** Pictures stand still where every turn of the loop is as late, whosever fault it is. */
export const DELAY_FULL_MS = 150;
/** How long a join waits for room; then HLS is the quicker way to a picture. */
export const JOIN_WAIT_MS = 1000;
/** Joins that wait; one more takes the place of the address that has most of them. */
export const JOINS_WAITING_MAX = 1000;
/** The measurement shows within this time whether there is room again. */
export const RETRY_AFTER_S = 2;
/** Weight of the newest sample, for a memory of about a second: a pause of the garbage collector is no lack of capacity. */
const WEIGHT = 0.25;
/** What a viewer costs while too few are there to tell: 300 viewers of 2 Mbit/s fill a core. */
const VIEWER_COST = 1 / 300;
const VIEWERS_TELLING = 20;
/** So few are not what a machine is busy with; refusing them would relieve nothing. */
export const VIEWERS_ALWAYS = 50;

interface Join {
  readonly place: Place;
  /** Gives the seconds to wait, 0 for room. Called once. */
  readonly decide: (waitS: number) => void;
  readonly deadline: Timer;
}

/** Room by measurement. Who joined is counted in before the measurement shows it; who finds none waits a moment for it. */
export class MeasuredCapacity {
  readonly #clock: Clock;
  readonly #read: () => Load;
  readonly #viewers: () => number;
  readonly #timer: Timer;
  readonly #places = new FairPlaces<Join>(JOINS_WAITING_MAX);
  /** By address, oldest first; the address whose turn is next comes first. */
  readonly #waiting = new Map<string, Set<Join>>();
  #busy = 0;
  #delayMs = 0;
  /** Viewers that the smoothed measurement does not show yet. */
  #unseen = 0;

  /** `viewers`: how many have connected. */
  constructor(clock: Clock, read: () => Load, viewers: () => number) {
    this.#clock = clock;
    this.#read = read;
    this.#viewers = viewers;
    this.#timer = clock.every(SAMPLE_MS, () => this.#sample());
  }

  /** Whether one more would have to wait. */
  get isFull(): boolean {
    return !this.#hasRoom();
  }

  /** Smoothed, 0 to 1. */
  get busy(): number {
    return this.#busy;
  }

  /** Joins that wait for room. */
  get waiting(): number {
    return this.#places.size;
  }

  /** Counts a viewer in and gives 0, or gives the seconds after which asking again makes sense. */
  join(place: Place): Promise<number> {
    if (this.waiting === 0 && this.#hasRoom()) {
      this.#unseen++;
      return Promise.resolve(0);
    }
    return new Promise(decide => this.#wait(place, decide));
  }

  /** Turns away who waits. */
  close(): void {
    this.#timer.cancel();
    for (const joins of [...this.#waiting.values()])
      for (const join of [...joins]) this.#settle(join, RETRY_AFTER_S);
  }

  #hasRoom(): boolean {
    const viewers = this.#viewers();
    if (viewers + this.#unseen < VIEWERS_ALWAYS) return true;
    const seen = viewers - this.#unseen;
    const cost = seen < VIEWERS_TELLING ? VIEWER_COST : this.#busy / seen;
    return this.#delayMs < DELAY_FULL_MS && this.#busy + (this.#unseen + 1) * cost <= FULL_ABOVE;
  }

  #wait(place: Place, decide: Join['decide']): void {
    const deadline = this.#clock.after(JOIN_WAIT_MS, () => this.#settle(join, RETRY_AFTER_S));
    const join: Join = { place, decide, deadline };
    const joins = this.#waiting.get(place.near) ?? new Set();
    this.#waiting.set(place.near, joins.add(join));
    const entry = this.#places.enter(join, place);
    if (!entry.isIn) this.#settle(join, RETRY_AFTER_S);
    else if (entry.evicted) this.#settle(entry.evicted, RETRY_AFTER_S);
  }

  #settle(join: Join, waitS: number): void {
    join.deadline.cancel();
    this.#places.leave(join);
    const joins = this.#waiting.get(join.place.near);
    joins?.delete(join);
    if (joins?.size === 0) this.#waiting.delete(join.place.near);
    join.decide(waitS);
  }

  #sample(): void {
    const { busy, delayMs } = this.#read();
    this.#busy += WEIGHT * (busy - this.#busy);
    this.#delayMs += WEIGHT * (delayMs - this.#delayMs);
    this.#unseen *= 1 - WEIGHT;
    while (this.waiting > 0 && this.#hasRoom()) this.#letIn();
  }

  /** One of each address in turn: a crowd behind one holds up its own only. */
  #letIn(): void {
    const [near, joins] = this.#waiting.entries().next().value!;
    this.#waiting.delete(near);
    this.#waiting.set(near, joins);
    this.#unseen++;
    this.#settle(joins.values().next().value!, 0);
  }
}
