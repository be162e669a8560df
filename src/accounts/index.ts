import type { Clock } from '#base/clock.ts';
import type { Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Db } from '#ports/db.ts';
import { createAuth } from './auth.ts';
import { createAuthenticate } from './authenticate.ts';
import { migrations } from './migrations.ts';
import { PasswordGate } from './password-gate.ts';
import { createProfiles } from './profiles.ts';
import { hashToken, TOKEN_PREFIX } from './secrets.ts';
import { createSignIn } from './sign-in.ts';
import { createStore } from './store.ts';
import { SocketTickets } from './tickets.ts';
import type { Viewer } from './types.ts';

export type { ProfilePage } from './profiles.ts';
export type { Registration } from './sign-in.ts';
export type { SocketTicket } from './tickets.ts';
export type { CallerHeaders, Profile, Role, SignedIn, Viewer } from './types.ts';

export interface AccountsDeps {
  readonly db: Db;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Logger;
  /** Signs cookies; at least 32 characters, kept across restarts or everybody is signed out. */
  readonly secret: string;
  /** Origin that people use; `https:` makes cookies Secure. Null: whatever address they came by. */
  readonly publicUrl: string | null;
}

export interface CreatedToken {
  readonly id: string;
  readonly name: string;
  /** Shown this once; only its hash is kept. */
  readonly token: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** The accounts room. Run its `migrations` before anything else is asked of it. */
export function createAccounts({ db, ids, clock, log, secret, publicUrl }: AccountsDeps) {
  const auth = createAuth({ db, ids, log, secret, publicUrl });
  const store = createStore(db);
  const tickets = new SocketTickets(clock, ids);

  async function createToken(viewer: Viewer, name: string): Promise<CreatedToken> {
    const token = TOKEN_PREFIX + ids.secret();
    const id = ids.next();
    const createdAt = new Date(clock.nowMs()).toISOString();
    await store.insertToken({ id, accountId: viewer.id, name, hash: await hashToken(token), createdAt });
    return { id, name, token, createdAt };
  }

  return {
    migrations,
    ...createSignIn({ auth, store, db, ids, clock, gate: new PasswordGate() }),
    ...createProfiles({ store, clock }),
    authenticate: createAuthenticate({ auth, store, clock, secret }),
    createToken,
    createSocketTicket: (viewer: Viewer) => tickets.create(viewer),
    redeemSocketTicket: (token: string) => tickets.redeem(token),
  };
}

export type Accounts = ReturnType<typeof createAccounts>;
