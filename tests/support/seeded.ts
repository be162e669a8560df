/** Chance that repeats: the same seed gives the same numbers (mulberry32). */
export class Seeded {
  readonly seed: number;
  #state: number;

  /** The seed is `SKYLARK_TEST_SEED` when that is set. */
  constructor(seed: number) {
    this.seed = Number(process.env.SKYLARK_TEST_SEED ?? seed);
    this.#state = this.seed >>> 0;
  }

  /** 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 to `below`, without it. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
