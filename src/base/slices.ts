import { assert } from './assert.ts';
import type { Clock } from './clock.ts';

/** What one turn of the event loop gives to work that is cut, before packets have their turn. */
export const SLICE_MS = 2;
/** Pieces of work that wait or are under way. Who begins them has bounds of its own: open sockets, waiting requests. */
export const WORK_MAX = 100_000;

export interface SlicesDeps {
  readonly clock: Clock;
  /** Runs it once what came in meanwhile was handled: a microtask would come before. */
  readonly afterInput: (run: () => void) => void;
  /** Told what the event loop works on from now on. */
  readonly label?: (work: string) => void;
}

interface Work {
  readonly label: string;
  /** Does one step; false when there is none left. Does not throw. */
  step(): boolean;
}

/**
 * Cuts long work into slices that let packets through. All work of the process shares one slice a turn, so that many pieces
 * together hold the event loop no longer than one does; each has a slice, then it is the next one's turn.
 */
export class Slices {
  readonly #clock: Clock;
  readonly #afterInput: SlicesDeps['afterInput'];
  readonly #label: (work: string) => void;
  /** Read from `#head` on; a shift of each piece would move all that wait. */
  #waiting: Work[] = [];
  #head = 0;
  #isRunning = false;

  constructor({ clock, afterInput, label = () => {} }: SlicesDeps) {
    this.#clock = clock;
    this.#afterInput = afterInput;
    this.#label = label;
  }

  /** Pieces of work that are not done. */
  get size(): number {
    return this.#waiting.length - this.#head;
  }

  /** Does `work` for every item, in order; resolves after the last one. A throw of `work` ends it and rejects. */
  each<T>(label: string, items: Iterable<T>, work: (item: T) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const iterator = items[Symbol.iterator]();
    const step = (): boolean => {
      try {
        const next = iterator.next();
        if (!next.done) work(next.value);
        else resolve();
        return !next.done;
      } catch (cause) {
        reject(cause);
        return false;
      }
    };
    this.#add({ label, step });
    return promise;
  }

  /** Does one small piece of work, after those before it. It does not throw. */
  take(label: string, work: () => void): void {
    this.#add({
      label,
      step: () => {
        work();
        return false;
      },
    });
  }

  #add(work: Work): void {
    assert(this.size < WORK_MAX, `at most ${WORK_MAX} pieces of work wait`);
    this.#waiting.push(work);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#afterInput(() => this.#turn());
  }

  #turn(): void {
    const untilMs = this.#clock.monotonicMs() + SLICE_MS;
    while (this.size > 0 && this.#clock.monotonicMs() < untilMs) this.#continue(this.#shift(), untilMs);
    this.#isRunning = this.size > 0;
    if (this.#isRunning) this.#afterInput(() => this.#turn());
  }

  /** Until it is done, or until the slice is used up: then it stands in line again. */
  #continue(work: Work, untilMs: number): void {
    this.#label(work.label);
    while (work.step()) {
      if (this.#clock.monotonicMs() < untilMs) continue;
      this.#waiting.push(work);
      return;
    }
  }

  #shift(): Work {
    const work = this.#waiting[this.#head]!;
    this.#head++;
    if (this.#head === this.#waiting.length || this.#head > 1000) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return work;
  }
}
