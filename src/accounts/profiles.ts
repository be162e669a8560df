import type { Clock } from '#base/clock.ts';
import { type AccountId, isId } from '#base/ids.ts';
import { type AccountSummary, PAGE_DEFAULT } from '#contract/api/types.ts';
import { checkedLine, checkedOptionalText } from '#contract/checked-text.ts';
import { Refusal } from '#contract/errors.ts';
import type { Directory } from '#ports/directory.ts';
import type { Store } from './store.ts';
import type { Profile, Role, Viewer } from './types.ts';

export interface ProfilePage {
  readonly items: readonly Profile[];
  readonly nextCursor: string | null;
}

export function createProfiles({ store, clock }: { store: Store; clock: Clock }) {
  async function byHandle(handle: string): Promise<Profile> {
    const profile = await store.profileByHandle(handle);
    if (!profile) throw new Refusal('not-found', `There is no account @${handle}.`);
    return profile;
  }

  async function byId(id: AccountId): Promise<Profile> {
    const profile = await store.profileById(id);
    if (!profile) throw new Refusal('not-found', 'There is no such account.');
    return profile;
  }

  /** Newest first. The cursor is the id of the last account of the page before. */
  async function list(page: { cursor?: string; limit?: number }): Promise<ProfilePage> {
    if (page.cursor !== undefined && !isId(page.cursor)) throw new Refusal('invalid-cursor');
    const limit = page.limit ?? PAGE_DEFAULT;
    const found = await store.profiles(page.cursor, limit + 1);
    const items = found.slice(0, limit);
    return { items, nextCursor: found.length > limit ? items.at(-1)!.id : null };
  }

  async function update(
    viewer: Viewer,
    handle: string,
    change: { displayName?: string; bio?: string },
  ): Promise<Profile> {
    const profile = await byHandle(handle);
    if (profile.id !== viewer.id) throw new Refusal('not-allowed', 'This is not your profile.');
    const { displayName, bio } = change;
    await store.updateProfile(
      profile.id,
      {
        ...(displayName === undefined ? {} : { displayName: displayNameOf(displayName) }),
        ...(bio === undefined ? {} : { bio: checkedOptionalText('bio', bio) }),
      },
      new Date(clock.nowMs()).toISOString(),
    );
    return byId(profile.id);
  }

  /** Not asked of the web: who may is decided by who asks. Refuses with `not-found`. */
  async function setRole(handle: string, role: Role): Promise<void> {
    const { id } = await byHandle(handle);
    await store.setRole(id, role, new Date(clock.nowMs()).toISOString());
  }

  const summaries: Directory['summaries'] = async ids => {
    const found = new Map<AccountId, AccountSummary>();
    if (ids.length === 0) return found;
    for (const row of await store.summaries([...new Set(ids)]))
      found.set(row.id, { id: row.id, handle: row.handle, displayName: row.display_name });
    return found;
  };

  return { byHandle, byId, list, update, setRole, summaries };
}

const DISPLAY_NAME_MAX = 50;

/** One line without edges: a name stands inside sentences. */
export function displayNameOf(text: string): string {
  return checkedLine('displayName', text, DISPLAY_NAME_MAX);
}
