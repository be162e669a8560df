import type { Clock, Timer } from '#base/clock.ts';
import { Refusal } from '#contract/errors.ts';
import { type HlsAnswer, type HlsOutcome, Pending } from './source.ts';

interface Waiter {
  readonly pending: Pending;
  readonly ready: () => HlsOutcome | null;
  readonly dueMs: number;
}

const SWEEP_MS = 500;

/** Requests that wait for something to be published. Bounded; nobody waits longer than `waitMs`. */
export class WaitingRoom {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #waitMs: number;
  readonly #waiters = new Set<Waiter>();
  #closed: Refusal | null = null;
  #sweeper: Timer | null = null;

  constructor(clock: Clock, max: number, waitMs: number) {
    this.#clock = clock;
    this.#max = max;
    this.#waitMs = waitMs;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** What `ready` gives, now or after a later `wake`. */
  answer(ready: () => HlsOutcome | null): HlsAnswer {
    const now = ready();
    if (now !== null) return now;
    if (this.#closed) return this.#closed;
    if (this.#waiters.size >= this.#max)
      return new Refusal('busy', 'Too many requests wait for this stream.', 1);
    const dueMs = this.#clock.monotonicMs() + this.#waitMs;
    const waiter: Waiter = { pending: new Pending(() => this.#leave(waiter)), ready, dueMs };
    this.#waiters.add(waiter);
    this.#sweeper ??= this.#clock.every(SWEEP_MS, () => this.#sweep());
    return waiter.pending;
  }

  /** Something was published: serves everybody whom it satisfies. */
  wake(): void {
    for (const waiter of this.#waiters) {
      const outcome = waiter.ready();
      if (outcome !== null) this.#serve(waiter, outcome);
    }
  }

  /** Nothing more is published: whoever waits, or would from now on, is told why. */
  close(refusal: Refusal): void {
    this.#closed = refusal;
    for (const waiter of this.#waiters) this.#serve(waiter, refusal);
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const waiter of this.#waiters) {
      if (waiter.dueMs > nowMs) break; // they wait equally long, so the first is the oldest
      this.#serve(waiter, new Refusal('nothing-new', undefined, 1));
    }
  }

  #serve(waiter: Waiter, outcome: HlsOutcome): void {
    this.#leave(waiter);
    waiter.pending.settle(outcome);
  }

  #leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0) return;
    this.#sweeper?.cancel();
    this.#sweeper = null;
  }
}
