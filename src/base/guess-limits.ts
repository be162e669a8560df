import type { Place } from './address.ts';
import type { Clock } from './clock.ts';
import { PlaceBuckets } from './place-buckets.ts';
import { type Allowance, TokenBuckets } from './token-bucket.ts';

/** Who guesses at what. */
export interface Guess {
  /** What is guessed at, resolved: an account, not what was typed. Null when there is no such thing: only the place counts. */
  readonly subject: string | null;
  readonly place: Place;
  /** A device that has opened this subject before, proven by a secret; null for all others. */
  readonly device: string | null;
}

export interface GuessAllowances {
  /** At one subject, of all unknown devices together: what a guesser with many addresses is held to. */
  readonly subject: Allowance;
  /** At one subject, of one known device: whoever guesses elsewhere takes nothing of it. */
  readonly device: Allowance;
  /** From one place, at whatever. */
  readonly place: Allowance;
}

/** Holds guessers to so many tries, and leaves the owner of a known device alone. At most `keysMax` keys of each kind. */
export class GuessLimits {
  readonly #subjects: TokenBuckets;
  readonly #devices: TokenBuckets;
  readonly #places: PlaceBuckets;

  constructor(clock: Clock, allowances: GuessAllowances, keysMax: number) {
    this.#subjects = new TokenBuckets(clock, allowances.subject, keysMax);
    this.#devices = new TokenBuckets(clock, allowances.device, keysMax);
    this.#places = new PlaceBuckets(clock, allowances.place, keysMax);
  }

  /** Counts a guess. Gives 0 when it may be tried, else the seconds until then. */
  take({ subject, place, device }: Guess): number {
    if (subject !== null && device !== null) return this.#devices.take(`${subject} ${device}`);
    return this.#places.take(place) || (subject === null ? 0 : this.#subjects.take(subject));
  }
}
