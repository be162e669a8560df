/**
 * What a personal access token may be made for. `read`: see what its account sees. `write`: post, comment, follow, like, change
 * the profile. `broadcast`: make, change and end broadcasts. `account`: sessions, tokens and the password.
 * Somebody who signed in by password has them all.
 */
export const scopes = ['read', 'write', 'broadcast', 'account'] as const;

export type Scope = (typeof scopes)[number];

/** Of a token that is made without saying: everything but what could lock its owner out. */
export const usualScopes: readonly Scope[] = ['read', 'write', 'broadcast'];
