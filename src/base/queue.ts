import { assert } from './assert.ts';

/** A first-in first-out queue with a fixed maximum. A full queue refuses; the caller decides who loses. */
export class BoundedQueue<T> {
  readonly max: number;
  readonly #slots: (T | undefined)[];
  #head = 0;
  #size = 0;

  constructor(max: number) {
    assert(max > 0, 'a queue holds at least one');
    this.max = max;
    this.#slots = new Array<T | undefined>(max);
  }

  get size(): number {
    return this.#size;
  }

  /** Adds at the end; false when the queue is full. */
  push(value: T): boolean {
    if (this.#size === this.max) return false;
    this.#slots[(this.#head + this.#size) % this.max] = value;
    this.#size++;
    return true;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.max;
    this.#size--;
    return value;
  }

  clear(): void {
    while (this.#size > 0) this.shift();
  }
}
