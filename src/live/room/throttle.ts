import type { Clock, Timer } from '#base/clock.ts';

/** Runs at once when it has been quiet, and otherwise once at the end of the period, however often it was asked. */
export class Throttle {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #run: () => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;

  constructor(clock: Clock, periodMs: number, run: () => void) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#run = run;
  }

  ask(): void {
    if (this.#timer) return;
    const waitMs = this.#lastMs + this.#periodMs - this.#clock.monotonicMs();
    if (waitMs <= 0) this.#fire();
    else this.#timer = this.#clock.after(waitMs, () => this.#fire());
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #fire(): void {
    this.#timer = null;
    this.#lastMs = this.#clock.monotonicMs();
    this.#run();
  }
}
