import { signal } from '@preact/signals';
import type { Account } from '#contract/api/types.ts';
import { ApiProblem, api, onSignInRequired } from './api.ts';

const KEY = 'skylark.me';

/**
 * Who is signed in; null when nobody is, undefined until the server has said. Starts with the last answer, so that the
 * page stands at once and also offline.
 */
export const me = signal<Account | null | undefined>(remembered());

/** Asks the server who is signed in. Keeps what it knew when there is no answer. */
export async function loadMe(): Promise<void> {
  try {
    signedInAs(await api('getMe'));
  } catch (thrown) {
    if (!(thrown instanceof ApiProblem)) throw thrown;
    if (thrown.code !== 'sign-in-required' && me.value === undefined) me.value = null;
  }
}

export function signedInAs(account: Account): void {
  me.value = account;
  localStorage.setItem(KEY, JSON.stringify(account));
}

export async function signOut(): Promise<void> {
  await api('signOut');
  forget();
}

function forget(): void {
  me.value = null;
  localStorage.removeItem(KEY);
}

onSignInRequired(forget);

function remembered(): Account | undefined {
  try {
    const stored = localStorage.getItem(KEY);
    return stored ? (JSON.parse(stored) as Account) : undefined;
  } catch {
    // Storage is closed to us (private mode, a policy): the server's answer is all there is.
    return undefined;
  }
}
