import { type Place, WIDE_SHARE } from './address.ts';
import type { Clock } from './clock.ts';

export interface FairTurnsDeps {
  readonly clock: Clock;
  /** Runs it once what came in meanwhile was handled (`setImmediate`). */
  readonly afterInput: (run: () => void) => void;
  /** Runs it, in the same turn of the event loop, once every promise is settled that waits for nothing outside. */
  readonly afterWork: (run: () => void) => void;
  /** Work under way at once. */
  readonly inWorkMax: number;
  /** Time that beginning work may take in one turn of the event loop, before packets of media have theirs. */
  readonly turnMs: number;
}

/** Begins a piece of work. What it does later calls `done`, once, when it holds nothing up any more. */
export type Begin = (done: () => void) => void;

/**
 * Begins work at once while that takes little of the event loop, and then in turns, one of each address after the other: packets
 * of media get through, and who asks a thousand times waits behind himself. Little is under way at a time: what it asks
 * of the database comes back together, and who came last would wait for all of it.
 */
export class FairTurns {
  readonly #deps: FairTurnsDeps;
  /** By lane, the one whose turn is next first. Who waits has a bound elsewhere: open connections. */
  readonly #waiting = new Map<string, Begin[]>();
  #inWork = 0;
  #untilMs = 0;
  #isTimed = false;

  constructor(deps: FairTurnsDeps) {
    this.#deps = deps;
  }

  /** Pieces of work that were begun and are not done. */
  get inWork(): number {
    return this.#inWork;
  }

  /** Pieces of work whose turn has not come. */
  get waiting(): number {
    return this.#waiting.values().reduce((sum, { length }) => sum + length, 0);
  }

  take(place: Place, begin: Begin): void {
    if (!this.#isTimed) this.#startTurn();
    if (this.#waiting.size === 0 && this.#mayBegin()) this.#begin(begin);
    else this.#wait(laneOf(place), begin);
  }

  /** Resolves as `work` does, which is under way for as long. */
  run<T>(place: Place, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.take(place, done => void work().finally(done).then(resolve, reject));
    });
  }

  #mayBegin(): boolean {
    return this.#inWork < this.#deps.inWorkMax && this.#deps.clock.monotonicMs() < this.#untilMs;
  }

  #begin(begin: Begin): void {
    this.#inWork++;
    let isDone = false;
    begin(() => {
      if (isDone) return;
      isDone = true;
      this.#inWork--;
      if (this.#waiting.size > 0 && !this.#isTimed) this.#startTurn();
    });
  }

  #wait(lane: string, begin: Begin): void {
    const waiting = this.#waiting.get(lane);
    if (waiting) waiting.push(begin);
    else this.#waiting.set(lane, [begin]);
  }

  #startTurn(): void {
    this.#isTimed = true;
    this.#newTurn();
    this.#deps.afterInput(() => this.#turn());
  }

  #newTurn(): void {
    this.#untilMs = this.#deps.clock.monotonicMs() + this.#deps.turnMs;
  }

  #turn(): void {
    this.#newTurn();
    this.#next();
  }

  /** Each once the one before it has done what it does at once: that takes time of this turn, too. */
  #next(): void {
    const isFull = this.#inWork >= this.#deps.inWorkMax;
    if (this.#waiting.size === 0 || isFull) {
      // Where as much as may be is under way, the next that is done goes on.
      this.#isTimed = false;
    } else if (this.#mayBegin()) {
      this.#begin(this.#shift());
      this.#deps.afterWork(() => this.#next());
    } else this.#deps.afterInput(() => this.#turn());
  }

  /** Who has more goes to the end of the line. */
  #shift(): Begin {
    const [lane, waiting] = this.#waiting.entries().next().value!;
    this.#waiting.delete(lane);
    const begin = waiting.shift()!;
    if (waiting.length > 0) this.#waiting.set(lane, waiting);
    return begin;
  }
}

/** An address has one lane; a /48 of IPv6 with all its /64s has as many as it has allowances. */
function laneOf({ near, wide }: Place): string {
  if (wide === null) return near;
  let hash = 0;
  for (let i = 0; i < near.length; i++) hash = (hash * 31 + near.charCodeAt(i)) % 65_521;
  return `${wide} ${hash % WIDE_SHARE}`;
}
