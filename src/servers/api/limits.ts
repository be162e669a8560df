import type { Clock } from '#base/clock.ts';
import { type Allowance, TokenBuckets } from '#base/token-bucket.ts';
import type { MethodName } from '#contract/api/index.ts';
import { Refusal } from '#contract/errors.ts';

/** Callers remembered for each limit; beyond it the one longest silent is forgotten. */
export const LIMIT_KEYS_MAX = 20_000;

const minute = 1 / 60;

/** Calls of one account, or of one address when nobody is signed in. A campus shares one address. */
export const limits = {
  default: { burst: 300, perSecond: 20 },
  createAccount: { burst: 40, perSecond: 2 * minute },
  signIn: { burst: 40, perSecond: 20 * minute },
  createToken: { burst: 10, perSecond: 1 * minute },
  createPost: { burst: 20, perSecond: 20 * minute },
  createBroadcast: { burst: 10, perSecond: 6 * minute },
  createComment: { burst: 20, perSecond: 1 },
  sendHearts: { burst: 60, perSecond: 10 },
} as const satisfies Limits;

/** Attempts at one login, from wherever they come: what a guesser with many addresses is held to. */
export const attemptsAtOneLogin: Allowance = { burst: 10, perSecond: 2 * minute };

export type Limits = { readonly default: Allowance } & Partial<Readonly<Record<MethodName, Allowance>>>;

export class RateLimits {
  readonly #buckets: ReadonlyMap<string, TokenBuckets>;
  readonly #logins: TokenBuckets;

  constructor(clock: Clock, allowances: Limits) {
    this.#buckets = new Map(
      Object.entries(allowances).map(([name, allowance]) => [
        name,
        new TokenBuckets(clock, allowance, LIMIT_KEYS_MAX),
      ]),
    );
    this.#logins = new TokenBuckets(clock, attemptsAtOneLogin, LIMIT_KEYS_MAX);
  }

  /** Counts one call of `method`; refuses it when `caller` has made too many. */
  take(method: string, caller: string): void {
    refuseAfter((this.#buckets.get(method) ?? this.#buckets.get('default')!).take(caller));
  }

  takeLogin(login: string): void {
    refuseAfter(this.#logins.take(login.trim().toLowerCase()));
  }
}

function refuseAfter(seconds: number): void {
  if (seconds > 0)
    throw new Refusal('too-many-requests', `Too many requests: wait ${Math.ceil(seconds)} s.`, seconds);
}

/** An address as limits see it: an IPv6 subscriber has a /64 to walk through. */
export function callerOfAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const front = head.split(':').filter(group => group !== '');
  const back = (tail ?? '').split(':').filter(group => group !== '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return [...front, ...new Array<string>(zeros).fill('0'), ...back].slice(0, 4).join(':');
}
