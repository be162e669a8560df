import { Refusal } from '#contract/errors.ts';
import { codeFor, isSame } from './secrets.ts';
import type { Store } from './store.ts';

interface Deps {
  readonly store: Store;
  readonly key: Promise<CryptoKey>;
  /** Whether others than who started the server can reach it. */
  readonly isOpenToOthers: boolean;
}

/**
 * Where strangers can reach a new server, the first of them must not become its operator: the first account needs the code that
 * only the start prints. It is made of the server's secret, so that it is the same after a restart, and is of no use once
 * there is an account.
 */
export function createFirstAccount({ store, key, isOpenToOthers }: Deps) {
  /** The code while it is needed; null otherwise. */
  async function code(): Promise<string | null> {
    if (!isOpenToOthers || (await store.isFounded())) return null;
    return codeFor(await key, 'first account');
  }

  /** Refuses with `first-account-closed`. */
  async function check(given: string | undefined): Promise<void> {
    const needed = await code();
    if (needed !== null && !isSame(given ?? '', needed)) throw new Refusal('first-account-closed');
  }

  return { code, check };
}

export type FirstAccount = ReturnType<typeof createFirstAccount>;
