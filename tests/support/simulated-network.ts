import type { Seeded } from './seeded.ts';

export interface NetworkOptions {
  readonly delayMs: number;
  /** Up to this much more, so that packets overtake each other. */
  readonly jitterMs?: number;
  readonly loss?: number;
  readonly duplication?: number;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that only tests move, and what happens in it. */
export class SimulatedTime {
  nowMs = 1000;
  #order = 0;
  readonly #events: Event[] = [];

  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, run };
    let index = this.#events.length;
    while (index > 0 && isLater(this.#events[index - 1]!, event)) index--;
    this.#events.splice(index, 0, event);
  }

  /** Runs `run` every `periodMs` from `fromMs` on, until `toMs`. */
  every(periodMs: number, fromMs: number, toMs: number, run: () => void): void {
    for (let at = fromMs; at < toMs; at += periodMs) this.at(at, run);
  }

  runUntil(endMs: number): void {
    for (let next = this.#events[0]; next !== undefined && next.atMs <= endMs; next = this.#events[0]) {
      this.#events.shift();
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }
}

function isLater(a: Event, b: Event): boolean {
  return a.atMs > b.atMs || (a.atMs === b.atMs && a.order > b.order);
}

/** A path for datagrams that delays, loses, repeats and reorders them. */
export function createPath(
  time: SimulatedTime,
  random: Seeded,
  options: NetworkOptions,
  receive: (bytes: Uint8Array) => void,
): (bytes: Uint8Array) => void {
  const deliver = (bytes: Uint8Array): void => {
    const atMs = time.nowMs + options.delayMs + random.next() * (options.jitterMs ?? 0);
    time.at(atMs, () => receive(bytes));
  };
  return bytes => {
    const copy = bytes.slice();
    if (!random.chance(options.loss ?? 0)) deliver(copy);
    if (random.chance(options.duplication ?? 0)) deliver(copy.slice());
  };
}
