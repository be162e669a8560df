import type { Clock, Timer } from './clock.ts';

interface Pending {
  dueMs: number;
  order: number;
  periodMs: number | null;
  run: () => void;
}

/** A clock that moves only when a test says so; timers run in the order of their due times. */
export class FakeClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#add(delayMs, null, run);
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#add(periodMs, periodMs, run);
  }

  /** Moves time forward by `ms`, running what falls due on the way. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms;
    for (let next = this.#next(endMs); next; next = this.#next(endMs)) {
      this.#moveTo(next.dueMs);
      if (next.periodMs === null) this.#pending.delete(next);
      else next.dueMs += next.periodMs;
      next.run();
    }
    this.#moveTo(endMs);
  }

  #add(delayMs: number, periodMs: number | null, run: () => void): Timer {
    const entry: Pending = { dueMs: this.#monotonicMs + delayMs, order: this.#order++, periodMs, run };
    this.#pending.add(entry);
    return { cancel: () => this.#pending.delete(entry) };
  }

  #next(endMs: number): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.dueMs > endMs) continue;
      if (!best || entry.dueMs < best.dueMs || (entry.dueMs === best.dueMs && entry.order < best.order))
        best = entry;
    }
    return best;
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}
