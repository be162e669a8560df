import { type Place, WIDE_SHARE } from './address.ts';
import type { Clock } from './clock.ts';
import { type Allowance, TokenBuckets } from './token-bucket.ts';

/** One token bucket for each place, and a larger one for each /48, so that who has 65,536 /64s has no 65,536 allowances. */
export class PlaceBuckets {
  readonly #near: TokenBuckets;
  readonly #wide: TokenBuckets;

  constructor(clock: Clock, { burst, perSecond }: Allowance, keysMax: number) {
    this.#near = new TokenBuckets(clock, { burst, perSecond }, keysMax);
    const wide = { burst: burst * WIDE_SHARE, perSecond: perSecond * WIDE_SHARE };
    this.#wide = new TokenBuckets(clock, wide, keysMax);
  }

  /** Takes one for `place`. Gives 0 when it was there, else the seconds until it will be. */
  take({ near, wide }: Place): number {
    return this.#near.take(near) || (wide === null ? 0 : this.#wide.take(wide));
  }

  /** Whether there is nothing left for `place`, without taking. */
  isEmpty({ near, wide }: Place): boolean {
    return this.#near.isEmpty(near) || (wide !== null && this.#wide.isEmpty(wide));
  }
}
