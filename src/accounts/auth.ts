import { kyselyAdapter } from '@better-auth/kysely-adapter';
import { type BetterAuthOptions, betterAuth } from 'better-auth';
import type { Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Db } from '#ports/db.ts';
import { withHashedTokens } from './hashed-tokens.ts';

export interface AuthOptions {
  readonly db: Db;
  readonly ids: Ids;
  readonly log: Logger;
  /** Signs the session cookie; at least 32 characters. */
  readonly secret: string;
  /** `https:` makes cookies Secure; null: whatever address people came by. */
  readonly publicUrl: string | null;
}

/**
 * better-auth on our database, under our table names: its models, and what makes its sessions. Its routes are never mounted;
 * passwords are checked by `sign-in.ts`, which chooses the thread and the turn of each hash.
 * `type: 'sqlite'` stands for "times as RFC 3339 text, booleans as 0/1", which PostgreSQL keeps just as well, so that
 * both dialects hold the same values.
 */
export function createAuth({ db, ids, log, secret, publicUrl }: AuthOptions) {
  return betterAuth({
    appName: 'Skylark',
    // Only its scheme matters to us: better-auth sends no links and takes no requests.
    baseURL: publicUrl ?? 'http://localhost',
    secret,
    database: (options: BetterAuthOptions) =>
      withHashedTokens(kyselyAdapter(db.sql, { type: 'sqlite' })(options)),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { log: (level, message) => log.debug({ level }, `better-auth: ${message}`) },
    advanced: {
      cookiePrefix: 'skylark',
      useSecureCookies: publicUrl?.startsWith('https:') ?? false,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      database: { generateId: () => ids.next(), validateSchema: false },
    },
    user: {
      modelName: 'accounts',
      fields: {
        name: 'display_name',
        emailVerified: 'email_verified',
        image: 'avatar_url',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    session: {
      modelName: 'sign_in_sessions',
      disableSessionRefresh: true,
      fields: {
        userId: 'account_id',
        expiresAt: 'expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
      },
    },
    account: { modelName: 'credentials', fields: credentialFields },
    verification: {
      modelName: 'verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
  });
}

const credentialFields = {
  userId: 'account_id',
  providerId: 'provider',
  accountId: 'provider_account_id',
  password: 'password_hash',
  accessToken: 'access_token',
  refreshToken: 'refresh_token',
  idToken: 'id_token',
  accessTokenExpiresAt: 'access_token_expires_at',
  refreshTokenExpiresAt: 'refresh_token_expires_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const;

export type Auth = ReturnType<typeof createAuth>;
