import type { Clock } from '#base/clock.ts';
import type { Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Bus } from '#ports/bus.ts';
import type { Db } from '#ports/db.ts';
import type { Jobs } from '#ports/jobs.ts';
import type { Passwords } from '#ports/passwords.ts';
import { createAuth } from './auth.ts';
import { createAuthenticate } from './authenticate.ts';
import { createCookies } from './cookies.ts';
import { createFirstAccount } from './first-account.ts';
import { LastUse } from './last-use.ts';
import { createMigrations } from './migrations.ts';
import { PasswordGate } from './password-gate.ts';
import { createProfiles } from './profiles.ts';
import { createRevocations } from './revocations.ts';
import { signingKey } from './secrets.ts';
import { createSessions } from './sessions.ts';
import { createSignIn } from './sign-in.ts';
import { createStore } from './store.ts';
import { SocketTickets } from './tickets.ts';
import { createTokens } from './tokens.ts';
import type { Viewer } from './types.ts';

export type { ProfilePage } from './profiles.ts';
export type { SignInSession } from './sessions.ts';
export type { PasswordChange, Registration } from './sign-in.ts';
export type { SocketTicket } from './tickets.ts';
export type { CreatedToken, Token, TokenWish } from './tokens.ts';
export type { CallerHeaders, Client, Credential, Profile, Role, SignedIn, Viewer } from './types.ts';

export interface AccountsDeps {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly bus: Bus;
  readonly passwords: Passwords;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Logger;
  /** Signs cookies; at least 32 characters, kept across restarts or everybody is signed out. */
  readonly secret: string;
  /** Origin that people use; `https:` makes cookies Secure. Null: whatever address they came by. */
  readonly publicUrl: string | null;
  /** Whether others than who started the server can reach it: then the first account needs a code. */
  readonly isOpenToOthers: boolean;
}

/** The accounts room. Run its `migrations` before anything else is asked of it. */
export function createAccounts(deps: AccountsDeps) {
  const { db, ids, clock, log, secret, isOpenToOthers } = deps;
  const key = signingKey(secret);
  const auth = createAuth(deps);
  const store = createStore(db);
  const cookies = createCookies({ auth, key });
  const lastUse = new LastUse(clock, log);
  const revocations = createRevocations(deps);
  const sessions = createSessions({ auth, store, clock, cookies, lastUse, revocations });
  const tokens = createTokens({ store, ids, clock, lastUse, revocations });
  const firstAccount = createFirstAccount({ store, key, isOpenToOthers });
  const gate = new PasswordGate(clock);
  const tickets = new SocketTickets(clock, ids);
  const { listSessions, revokeSession, revokeOtherSessions, signOut, renewedCookies } = sessions;
  const { createToken, listTokens, revokeToken } = tokens;

  async function redeemSocketTicket(token: string): Promise<Viewer | null> {
    const viewer = tickets.redeem(token);
    if (!viewer) return null;
    // What it was made with may have been revoked since.
    const { id, kind } = viewer.credential;
    return (await (kind === 'session' ? sessions.isGood(id) : tokens.isGood(id))) ? viewer : null;
  }

  return {
    migrations: createMigrations(clock),
    ...createSignIn({ ...deps, store, gate, cookies, sessions, firstAccount }),
    ...createProfiles({ store, clock }),
    authenticate: createAuthenticate({ cookies, sessions, tokens }),
    listSessions,
    revokeSession,
    revokeOtherSessions,
    signOut,
    renewedCookies,
    createToken,
    listTokens,
    revokeToken,
    createSocketTicket: (viewer: Viewer) => tickets.create(viewer),
    redeemSocketTicket,
    /** What the first account must name, while there is none and strangers can reach the server; else null. */
    firstAccountCode: firstAccount.code,
  };
}

export type Accounts = ReturnType<typeof createAccounts>;
