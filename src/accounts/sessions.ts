import type { Place } from '#base/address.ts';
import type { Clock } from '#base/clock.ts';
import type { AccountId } from '#base/ids.ts';
import { Refusal } from '#contract/errors.ts';
import { scopes } from '#contract/scopes.ts';
import type { Tx } from '#ports/db.ts';
import type { Auth } from './auth.ts';
import type { Cookies } from './cookies.ts';
import { deviceName, USER_AGENT_MAX } from './device-name.ts';
import type { LastUse } from './last-use.ts';
import type { Revocations } from './revocations.ts';
import type { Store } from './store.ts';
import type { SessionRow } from './store-sessions.ts';
import type { CallerHeaders, Client, Viewer } from './types.ts';

/** How long a session lasts without being used. */
export const SESSION_IDLE_DAYS = 30;
/** Sign-in sessions of one account; beyond it the one that was used longest ago ends. */
export const SESSIONS_MAX = 50;

export interface SignInSession {
  readonly id: string;
  readonly current: boolean;
  readonly device: string;
  readonly place: string | null;
  /** RFC 3339, as all of these. */
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

interface Deps {
  readonly auth: Auth;
  readonly store: Store;
  readonly clock: Clock;
  readonly cookies: Cookies;
  readonly lastUse: LastUse;
  readonly revocations: Revocations;
}

type Also = (tx: Tx) => Promise<void>;
const nothing: Also = async () => {};

export function createSessions({ auth, store, clock, cookies, lastUse, revocations }: Deps) {
  const endOf = (nowMs: number) => new Date(nowMs + SESSION_IDLE_DAYS * 24 * 3600_000).toISOString();

  /** Opens one and gives the token for its cookie. */
  async function open(accountId: AccountId, { place, userAgent }: Client): Promise<string> {
    const { internalAdapter } = await auth.$context;
    const nowMs = clock.nowMs();
    const now = new Date(nowMs);
    const times = { createdAt: now, updatedAt: now, expiresAt: new Date(endOf(nowMs)) };
    const from = { ipAddress: place.near, userAgent: (userAgent ?? '').slice(0, USER_AGENT_MAX) };
    const session = await internalAdapter.createSession(accountId, false, { ...from, ...times }, true);
    await store.sessions.deleteExpired(accountId, now.toISOString());
    await revocations.revoke(accountId, tx => store.sessions.deleteBeyond(tx, accountId, SESSIONS_MAX));
    return session.token;
  }

  /** Who a session belongs to; it lasts longer by being used. */
  async function used(tokenHash: string, place: Place | undefined): Promise<Viewer | null> {
    const row = await store.sessions.byToken(tokenHash, new Date(clock.nowMs()).toISOString());
    if (!row) return null;
    const { session_id: id, last_used_at, ...who } = row;
    lastUse.note(id, last_used_at, nowMs =>
      store.sessions.renew(id, {
        lastUsedAt: new Date(nowMs).toISOString(),
        expiresAt: endOf(nowMs),
        place: place?.near,
      }),
    );
    return { ...who, credential: { id, kind: 'session', scopes, expiresAt: null } };
  }

  const isGood = async (id: string): Promise<boolean> =>
    (await store.sessions.byId(id, new Date(clock.nowMs()).toISOString())) !== undefined;

  async function listSessions(viewer: Viewer): Promise<SignInSession[]> {
    const rows = await store.sessions.list(viewer.id, new Date(clock.nowMs()).toISOString());
    return rows.map(row => sessionOf(row, viewer.credential.id));
  }

  async function revokeSession(viewer: Viewer, id: string): Promise<void> {
    const count = await revocations.revoke(viewer.id, tx => store.sessions.delete(tx, viewer.id, id));
    if (count === 0) throw new Refusal('not-found', 'There is no such session; it may have ended.');
  }

  /** Ends all but the one that asks; all, when a token asks. `also` is done in the same transaction. */
  const revokeOtherSessions = (viewer: Viewer, also: Also = nothing): Promise<number> =>
    revocations.revoke(viewer.id, async tx => {
      await also(tx);
      return store.sessions.deleteOthers(tx, viewer.id, viewer.credential.id);
    });

  const revokeAllSessions = (accountId: AccountId, also: Also): Promise<number> =>
    revocations.revoke(accountId, async tx => {
      await also(tx);
      return store.sessions.deleteOthers(tx, accountId, null);
    });

  /**
   * Ends the sign-in session of the cookie, if there is one; gives the lines that clear it. What was made with it and runs
   * by itself, as an encoder does, goes on: leaving is not distrust.
   */
  async function signOut(viewer: Viewer | null): Promise<readonly string[]> {
    if (viewer?.credential.kind === 'session')
      await revocations.leave(viewer.id, tx => store.sessions.delete(tx, viewer.id, viewer.credential.id));
    return [await cookies.signedOut()];
  }

  /** The cookie once more, so that the browser keeps it as long as the session lasts. */
  async function renewedCookies({ cookie, authorization }: CallerHeaders): Promise<readonly string[]> {
    const token = authorization === undefined ? await cookies.token(cookie) : null;
    return token ? [await cookies.signedIn(token)] : [];
  }

  return {
    open,
    used,
    isGood,
    listSessions,
    revokeSession,
    revokeOtherSessions,
    revokeAllSessions,
    signOut,
    renewedCookies,
  };
}

export type Sessions = ReturnType<typeof createSessions>;

function sessionOf(row: SessionRow, currentId: string): SignInSession {
  return {
    id: row.id,
    current: row.id === currentId,
    device: deviceName(row.user_agent),
    place: row.ip_address || null,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? row.created_at,
    expiresAt: row.expires_at,
  };
}
