import { type Signal, signal } from '@preact/signals';
import type { Account } from '#contract/api/types.ts';
import { api } from '../net/api.ts';
import { me, signedInAs } from '../net/session.ts';

const ACCOUNTS_KEPT_MAX = 500;
const SUGGESTIONS_MAX = 30;

/** An account that profile, lists and buttons share. */
export type AccountEntry = Signal<Account>;

const entries = new Map<string, AccountEntry>();

/** When one last followed or unfollowed somebody, by handle, on the clock of `performance.now`. */
const actedAtMs = new Map<string, number>();

/**
 * Takes an account as the server sent it. An answer to a question that was asked before one's own last tap does not
 * know of the tap: it would turn the button back.
 */
export function keepAccount(account: Account, askedAtMs = performance.now()): AccountEntry {
  if (account.viewer?.self) signedInAs(account);
  const known = entries.get(account.handle);
  if (known) {
    const isStale = (actedAtMs.get(account.handle) ?? Number.NEGATIVE_INFINITY) >= askedAtMs;
    const { viewer, counts } = known.peek();
    known.value = isStale ? { ...account, viewer, counts } : account;
    return known;
  }
  const entry = signal(account);
  entries.set(account.handle, entry);
  const oldest = entries.keys().next().value;
  if (entries.size > ACCOUNTS_KEPT_MAX && oldest !== undefined) entries.delete(oldest);
  return entry;
}

export function knownAccount(handle: string): AccountEntry | undefined {
  return entries.get(handle);
}

export async function fetchAccount(handle: string): Promise<AccountEntry> {
  const askedAtMs = performance.now();
  return keepAccount(await api('getAccount', { params: { handle } }), askedAtMs);
}

/** People here whom one does not follow yet, newest first. */
export async function fetchSuggestions(): Promise<AccountEntry[]> {
  const askedAtMs = performance.now();
  const { items } = await api('listAccounts', { query: { limit: SUGGESTIONS_MAX } });
  return items
    .map(account => keepAccount(account, askedAtMs))
    .filter(({ value: { viewer } }) => !viewer?.self && !viewer?.following);
}

/** Follows or unfollows at once; takes it back, and throws, when the server says no. */
export async function toggleFollow(entry: AccountEntry): Promise<void> {
  const before = entry.peek();
  const following = !before.viewer?.following;
  setFollowing(entry, following);
  actedAtMs.set(before.handle, performance.now());
  try {
    await api(following ? 'followAccount' : 'unfollowAccount', { params: { handle: before.handle } });
  } catch (thrown) {
    setFollowing(entry, !following);
    throw thrown;
  }
}

function setFollowing(entry: AccountEntry, following: boolean): void {
  const account = entry.peek();
  if (account.viewer?.following === following) return;
  const step = following ? 1 : -1;
  entry.value = {
    ...account,
    viewer: { self: false, following },
    counts: { ...account.counts, followers: Math.max(0, account.counts.followers + step) },
  };
  const mine = me.peek();
  if (mine) {
    me.value = {
      ...mine,
      counts: { ...mine.counts, following: Math.max(0, mine.counts.following + step) },
    };
  }
}
