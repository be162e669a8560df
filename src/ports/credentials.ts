import type { AccountId } from '#base/ids.ts';

/**
 * What `accounts` tells the others when sign-in sessions or personal access tokens are revoked: as the job `credentials.revoked`,
 * for what must happen, and on the bus under `CREDENTIALS_TOPIC`, for what is open and must close at once.
 */
export interface CredentialsRevoked {
  readonly accountId: AccountId;
  readonly credentialIds: readonly string[];
}

export const CREDENTIALS_REVOKED = 'credentials.revoked';
export const CREDENTIALS_TOPIC = 'credentials';
