import { assert } from './assert.ts';
import type { Clock } from './clock.ts';

/** How much a key may take: at once, and over time. */
export interface Allowance {
  /** Takes at once after a rest; the bucket's size. */
  readonly burst: number;
  /** Takes that come back each second. */
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  sinceMs: number;
}

/**
 * One token bucket for each key, at most `keysMax` of them. When a new key needs room, the key that was longest without
 * a take is forgotten, and with it what it had used.
 */
export class TokenBuckets {
  readonly #clock: Clock;
  readonly #allowance: Allowance;
  readonly #keysMax: number;
  /** In the order of their last take. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, allowance: Allowance, keysMax: number) {
    assert(allowance.burst >= 1 && allowance.perSecond > 0 && keysMax > 0, 'a bucket lets something through');
    this.#clock = clock;
    this.#allowance = allowance;
    this.#keysMax = keysMax;
  }

  /** Takes one for `key`. Gives 0 when it was there, else the seconds until it will be. */
  take(key: string): number {
    const bucket = this.#refilled(key);
    this.#buckets.delete(key);
    if (this.#buckets.size >= this.#keysMax) this.#buckets.delete(this.#buckets.keys().next().value!);
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return (1 - bucket.tokens) / this.#allowance.perSecond;
    bucket.tokens--;
    return 0;
  }

  /** Whether there is nothing left for `key`, without taking. */
  isEmpty(key: string): boolean {
    return this.#refilled(key).tokens < 1;
  }

  #refilled(key: string): Bucket {
    const { burst, perSecond } = this.#allowance;
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(key);
    if (!bucket) return { tokens: burst, sinceMs: nowMs };
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.sinceMs) / 1000) * perSecond);
    bucket.sinceMs = nowMs;
    return bucket;
  }
}
