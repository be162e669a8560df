import type { AccountId } from '#base/ids.ts';

export type Role = 'operator' | 'member';

/** The account behind a request. */
export interface Viewer {
  readonly id: AccountId;
  readonly handle: string;
  readonly role: Role;
}

/** An account as it presents itself; counts and the viewer's relation are added where it is shown. */
export interface Profile {
  readonly id: AccountId;
  readonly handle: string;
  readonly displayName: string;
  readonly bio: string;
  readonly role: Role;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** The two headers that say who calls; `IncomingMessage.headers` fits as it is. */
export interface CallerHeaders {
  readonly cookie?: string | undefined;
  readonly authorization?: string | undefined;
}

/** Somebody who has just signed in, with the `Set-Cookie` lines that keep them so. */
export interface SignedIn {
  readonly profile: Profile;
  readonly cookies: readonly string[];
}
