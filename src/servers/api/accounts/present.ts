import type { Profile, Viewer } from '#accounts/index.ts';
import type { Account } from '#contract/api/types.ts';
import type { Services } from '../handler.ts';

/** Profiles as the contract shows them: accounts knows who somebody is, social how they stand. */
export async function presentAccounts(
  { social }: Services,
  viewer: Pick<Viewer, 'id'> | null,
  profiles: readonly Profile[],
): Promise<Account[]> {
  const ids = profiles.map(profile => profile.id);
  const [counts, followed] = await Promise.all([
    social.countsOf(ids),
    viewer ? social.followedBy(viewer.id, ids) : new Set<string>(),
  ]);
  return profiles.map(profile => ({
    ...profile,
    counts: counts.get(profile.id) ?? { posts: 0, followers: 0, following: 0 },
    viewer: viewer && { self: profile.id === viewer.id, following: followed.has(profile.id) },
  }));
}

export async function presentAccount(
  services: Services,
  viewer: Pick<Viewer, 'id'> | null,
  profile: Profile,
): Promise<Account> {
  const [account] = await presentAccounts(services, viewer, [profile]);
  return account!;
}
