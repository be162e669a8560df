import type { Place } from '#base/address.ts';
import type { Clock } from '#base/clock.ts';
import { PlaceBuckets } from '#base/place-buckets.ts';
import { type Allowance, TokenBuckets } from '#base/token-bucket.ts';
import type { MethodName } from '#contract/api/index.ts';
import { Refusal } from '#contract/errors.ts';

/** Callers remembered for each limit; beyond it the one longest silent is forgotten. */
export const LIMIT_KEYS_MAX = 20_000;

const minute = 1 / 60;

export type Limits = Readonly<Record<'account' | 'place', Allowances>>;
type Allowances = { readonly default: Allowance } & Partial<Readonly<Record<MethodName, Allowance>>>;

/**
 * Calls of one account, and of one place (an address, an IPv6 /64) where nobody is signed in. A campus of thousands shares one
 * address, so places have several times what a person needs: a class of 120 signs up or in at once, a thousand people who
 * open a page in the same ten seconds are served. It is still so little that one address cannot keep a core busy.
 */
export const limits = {
  account: {
    default: { burst: 300, perSecond: 20 },
    createToken: { burst: 10, perSecond: 1 * minute },
    changePassword: { burst: 10, perSecond: 4 * minute },
    createPost: { burst: 20, perSecond: 20 * minute },
    createBroadcast: { burst: 10, perSecond: 6 * minute },
    createComment: { burst: 20, perSecond: 1 },
    sendHearts: { burst: 60, perSecond: 10 },
  },
  place: {
    default: { burst: 2000, perSecond: 100 },
    createAccount: { burst: 120, perSecond: 20 * minute },
    signIn: { burst: 120, perSecond: 60 * minute },
  },
} as const satisfies Limits;

export class RateLimits {
  readonly #accounts: ReadonlyMap<string, TokenBuckets>;
  readonly #places: ReadonlyMap<string, PlaceBuckets>;

  constructor(clock: Clock, { account, place }: Limits) {
    this.#accounts = each(account, allowance => new TokenBuckets(clock, allowance, LIMIT_KEYS_MAX));
    this.#places = each(place, allowance => new PlaceBuckets(clock, allowance, LIMIT_KEYS_MAX));
  }

  /**
   * Refuses a personal token, before it is looked for, where the place has used up what strangers have: so a flood of wrong ones costs no
   * reads. Sign-in cookies carry our signature and need none of that.
   */
  beforeToken(method: string, place: Place): void {
    const bucket = this.#placesOf(method);
    if (bucket.isEmpty(place)) refuseAfter(bucket.take(place));
  }

  /** Counts one call of `method`; refuses it when the account, or the place of who is not signed in, has made too many. */
  take(method: string, accountId: string | null, place: Place): void {
    refuseAfter(
      accountId === null
        ? this.#placesOf(method).take(place)
        : (this.#accounts.get(method) ?? this.#accounts.get('default')!).take(accountId),
    );
  }

  #placesOf(method: string): PlaceBuckets {
    return this.#places.get(method) ?? this.#places.get('default')!;
  }
}

function each<T>(allowances: Allowances, make: (allowance: Allowance) => T): ReadonlyMap<string, T> {
  return new Map(Object.entries(allowances).map(([name, allowance]) => [name, make(allowance)]));
}

function refuseAfter(seconds: number): void {
  if (seconds > 0)
    throw new Refusal('too-many-requests', `Too many requests: wait ${Math.ceil(seconds)} s.`, seconds);
}
