import type { Place } from '#base/address.ts';
import type { AccountId } from '#base/ids.ts';
import type { Scope } from '#contract/scopes.ts';

export type Role = 'operator' | 'member';

/** What let somebody in: a sign-in session or a personal access token. What is opened with it closes when it is revoked. */
export interface Credential {
  readonly id: string;
  readonly kind: 'session' | 'token';
  readonly scopes: readonly Scope[];
  /** RFC 3339; null for a token without an end, and for sessions, which are renewed while they are used. */
  readonly expiresAt: string | null;
}

/** The account behind a request. */
export interface Viewer {
  readonly id: AccountId;
  readonly handle: string;
  readonly role: Role;
  readonly credential: Credential;
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

/** Where a request comes from, for the list of sessions and for limits. */
export interface Client {
  readonly place: Place;
  readonly userAgent: string | undefined;
  readonly cookie: string | undefined;
}

/** Somebody who has just signed in, with the `Set-Cookie` lines that keep them so. */
export interface SignedIn {
  readonly profile: Profile;
  readonly cookies: readonly string[];
}
