import { assert } from '#base/assert.ts';
import type { Clock } from '#base/clock.ts';
import type { AccountId, Ids } from '#base/ids.ts';
import { Refusal } from '#contract/errors.ts';
import type { Db } from '#ports/db.ts';
import type { Auth } from './auth.ts';
import { normalEmail } from './emails.ts';
import { refuseReserved } from './handles.ts';
import type { PasswordGate } from './password-gate.ts';
import { displayNameOf } from './profiles.ts';
import type { Store } from './store.ts';
import type { SignedIn } from './types.ts';

export interface Registration {
  readonly handle: string;
  readonly email: string;
  readonly password: string;
  readonly displayName?: string;
}

interface Deps {
  readonly auth: Auth;
  readonly store: Store;
  readonly db: Db;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly gate: PasswordGate;
}

/** Belongs to nobody: a login that is not known is checked against it, at the price of one that is. */
const NOBODY = 'nobody@skylark.invalid';

export function createSignIn({ auth, store, db, ids, clock, gate }: Deps) {
  const nowIso = () => new Date(clock.nowMs()).toISOString();

  /** Creates the account, then signs it in. The costly hash stands outside the transaction, which others wait for. */
  async function register(wanted: Registration): Promise<SignedIn> {
    const { handle, password } = wanted;
    const email = normalEmail(wanted.email);
    const displayName = displayNameOf(wanted.displayName ?? handle);
    refuseReserved(handle);
    await refuseTaken(handle, email);
    const { password: hasher } = await auth.$context;
    const passwordHash = await gate.run(() => hasher.hash(password));
    const id: AccountId = ids.next<'account'>();
    const account = { id, credentialId: ids.next(), handle, email, displayName, passwordHash };
    try {
      await db.transaction(async tx => {
        await store.insertAccount(tx, { ...account, createdAt: nowIso() });
        await store.found(tx, id);
      });
    } catch (cause) {
      // Somebody else was faster between the check and the write; the unique columns decided.
      if (db.isUniqueViolation(cause)) await refuseTaken(handle, email);
      throw cause;
    }
    return signInByEmail(email, password);
  }

  async function refuseTaken(handle: string, email: string): Promise<void> {
    const taken = await store.taken(handle, email);
    if (taken.handle) throw new Refusal('handle-taken', `@${handle} is taken.`);
    if (taken.email) throw new Refusal('email-taken');
  }

  /** `login` is a handle or an email address, in any case. */
  async function signIn(login: string, password: string): Promise<SignedIn> {
    return signInByEmail(await emailOf(login.trim().toLowerCase()), password);
  }

  async function emailOf(login: string): Promise<string> {
    if (!login.includes('@')) return (await store.emailOf(login)) ?? NOBODY;
    try {
      return normalEmail(login);
    } catch {
      return NOBODY;
    }
  }

  async function signInByEmail(email: string, password: string): Promise<SignedIn> {
    const { headers, response } = await gate.run(() => askForSession(email, password));
    const profile = await store.profileById(response.user.id);
    assert(profile, 'an account that has just signed in exists');
    await store.deleteExpiredSessions(profile.id, nowIso());
    return { profile, cookies: headers.getSetCookie() };
  }

  async function askForSession(email: string, password: string) {
    try {
      return await auth.api.signInEmail({ body: { email, password }, returnHeaders: true });
    } catch (cause) {
      // Any answer of the 400s is the same no to the caller: which half was wrong is not told.
      if (statusOf(cause) < 500) throw new Refusal('wrong-credentials');
      throw cause;
    }
  }

  /** Ends the sign-in session of the cookie, if there is one; gives the lines that clear it. */
  async function signOut(cookie: string | undefined): Promise<readonly string[]> {
    const { headers } = await auth.api.signOut({
      headers: new Headers(cookie === undefined ? {} : { cookie }),
      returnHeaders: true,
    });
    return headers.getSetCookie();
  }

  return { register, signIn, signOut };
}

function statusOf(cause: unknown): number {
  const status = (cause as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}
