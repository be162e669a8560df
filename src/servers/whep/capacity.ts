import type { Clock, Timer } from '#base/clock.ts';

/** How busy the process is, since it was asked last. */
export interface Load {
  /** Share of time that the busiest thing here was busy, 0 to 1: the event loop, or all cores together. */
  readonly busy: number;
  /** How late the event loop usually was: the median, so that one long pause does not count. */
  readonly delayMs: number;
}

/** How many viewers this machine can bear. */
export interface Capacity {
  /** Counts a viewer in and gives 0, or gives the seconds after which asking again makes sense. */
  take(): number;
}

export const SAMPLE_MS = 500;
/** Publishers, HLS and the API need the rest. */
export const FULL_ABOVE = 0.85;
/** Far enough below, so that those who leave do not at once make room for those who wait. */
export const FREE_BELOW = 0.7;
export const DELAY_FULL_MS = 50;
export const DELAY_FREE_MS = 20;
export const RETRY_AFTER_S = 15;
/** Weight of the newest sample: a pause of the garbage collector is no lack of capacity. */
const WEIGHT = 0.2;
/** What a viewer costs while too few are there to tell: 300 viewers of 2 Mbit/s fill a core. */
const VIEWER_COST = 1 / 300;
const VIEWERS_TELLING = 20;
/** So few are not what a machine is busy with; refusing them would relieve nothing. */
export const VIEWERS_ALWAYS = 50;

/** Room by measurement, with hysteresis. Who joined is counted in before the measurement shows it. */
export class MeasuredCapacity implements Capacity {
  readonly #read: () => Load;
  readonly #viewers: () => number;
  readonly #timer: Timer;
  #busy = 0;
  #delayMs = 0;
  #isFull = false;
  /** Viewers that the smoothed measurement does not show yet. */
  #unseen = 0;

  constructor(clock: Clock, read: () => Load, viewers: () => number) {
    this.#read = read;
    this.#viewers = viewers;
    this.#timer = clock.every(SAMPLE_MS, () => this.#sample());
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Smoothed, 0 to 1. */
  get busy(): number {
    return this.#busy;
  }

  take(): number {
    const viewers = this.#viewers();
    const seen = viewers - this.#unseen;
    const cost = seen < VIEWERS_TELLING ? VIEWER_COST : this.#busy / seen;
    const isTooMuch = this.#isFull || this.#busy + (this.#unseen + 1) * cost > FULL_ABOVE;
    if (isTooMuch && viewers >= VIEWERS_ALWAYS) return RETRY_AFTER_S;
    this.#unseen++;
    return 0;
  }

  close(): void {
    this.#timer.cancel();
  }

  #sample(): void {
    const { busy, delayMs } = this.#read();
    this.#busy += WEIGHT * (busy - this.#busy);
    this.#delayMs += WEIGHT * (delayMs - this.#delayMs);
    this.#unseen *= 1 - WEIGHT;
    if (this.#busy >= FULL_ABOVE || this.#delayMs >= DELAY_FULL_MS) this.#isFull = true;
    else if (this.#busy < FREE_BELOW && this.#delayMs < DELAY_FREE_MS) this.#isFull = false;
  }
}
