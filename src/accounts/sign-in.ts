import { assert } from '#base/assert.ts';
import type { Clock } from '#base/clock.ts';
import { type GuessAllowances, GuessLimits } from '#base/guess-limits.ts';
import type { AccountId, Ids } from '#base/ids.ts';
import { Refusal } from '#contract/errors.ts';
import type { Db } from '#ports/db.ts';
import type { Passwords } from '#ports/passwords.ts';
import type { Cookies, KnownDevice } from './cookies.ts';
import { normalEmail, refuseReservedEmail } from './emails.ts';
import type { FirstAccount } from './first-account.ts';
import { refuseReserved } from './handles.ts';
import type { PasswordGate } from './password-gate.ts';
import { refuseWeak } from './password-rules.ts';
import { displayNameOf } from './profiles.ts';
import type { Sessions } from './sessions.ts';
import type { SecretOf, Store } from './store.ts';
import type { Client, SignedIn, Viewer } from './types.ts';

export interface Registration {
  readonly handle: string;
  readonly email: string;
  readonly password: string;
  readonly displayName?: string;
  /** From the link that the start prints, where the first account needs it. */
  readonly firstAccountCode?: string;
}

export interface PasswordChange {
  readonly current: string;
  readonly next: string;
}

interface Deps {
  readonly store: Store;
  readonly db: Db;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly gate: PasswordGate;
  readonly passwords: Passwords;
  readonly cookies: Cookies;
  readonly sessions: Sessions;
  readonly firstAccount: FirstAccount;
}

const minute = 1 / 60;

/** Wrong passwords: what a guesser is held to, and the owner of a known device is not. */
export const guessAllowances: GuessAllowances = {
  subject: { burst: 10, perSecond: 2 * minute },
  device: { burst: 10, perSecond: 4 * minute },
  place: { burst: 120, perSecond: 60 * minute },
};
/** Accounts, devices and places that are remembered for it. */
const GUESS_KEYS_MAX = 20_000;

export function createSignIn(deps: Deps) {
  const { store, db, ids, clock, gate, passwords, cookies, sessions, firstAccount } = deps;
  const guesses = new GuessLimits(clock, guessAllowances, GUESS_KEYS_MAX);
  const nowIso = () => new Date(clock.nowMs()).toISOString();
  /** Belongs to nobody: a login that is not known is checked against it, at the price of one that is. */
  let nobody: string | null = null;

  /** Creates the account, then signs it in. The costly hash stands outside the transaction, which others wait for. */
  async function register(wanted: Registration, client: Client): Promise<SignedIn> {
    const { handle, password } = wanted;
    const email = normalEmail(wanted.email);
    const displayName = displayNameOf(wanted.displayName ?? handle);
    refuseReserved(handle);
    refuseReservedEmail(email);
    refuseWeak(password, { handle, email });
    await firstAccount.check(wanted.firstAccountCode);
    await refuseTaken(handle, email);
    const passwordHash = await gate.run(stranger(client), () => passwords.hash(password));
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
    return signedIn(id, client, null);
  }

  async function refuseTaken(handle: string, email: string): Promise<void> {
    const taken = await store.taken(handle, email);
    if (taken.handle) throw new Refusal('handle-taken', `@${handle} is taken.`);
    if (taken.email) throw new Refusal('email-taken');
  }

  /** `login` is a handle or an email address, in any case. */
  async function signIn(login: string, password: string, client: Client): Promise<SignedIn> {
    const plain = login.trim().toLowerCase();
    const secret = await secretOf(plain);
    const device = await cookies.device(client.cookie);
    const known = device && device.accountId === secret?.accountId ? device : null;
    // What is not known counts as well, so that nobody can tell by it.
    limitGuesses(secret?.accountId ?? `? ${plain}`, client, known);
    const asker = { ...stranger(client), isKnown: known !== null };
    await gate.run(asker, async () => {
      const hash = secret?.passwordHash ?? (await nobodysHash());
      const isRight = await passwords.verify(password, hash);
      // Which half was wrong is not told.
      if (!secret?.passwordHash || !isRight) throw new Refusal('wrong-credentials');
      if (passwords.isOutdated(hash)) await renew(secret.accountId, password);
    });
    return signedIn(secret!.accountId, client, known);
  }

  function limitGuesses(subject: string, client: Client, device: KnownDevice | null): void {
    const waitS = guesses.take({ subject, place: client.place, device: device?.id ?? null });
    if (waitS === 0) return;
    throw new Refusal('too-many-requests', `Too many tries: wait ${Math.ceil(waitS)} s.`, waitS);
  }

  async function nobodysHash(): Promise<string> {
    nobody ??= await passwords.hash(ids.secret());
    return nobody;
  }

  async function secretOf(login: string): Promise<SecretOf | undefined> {
    if (!login.includes('@')) return store.secretBy('handle', login);
    try {
      return await store.secretBy('email', normalEmail(login));
    } catch (cause) {
      if (cause instanceof Refusal) return undefined;
      throw cause;
    }
  }

  async function renew(accountId: AccountId, password: string): Promise<void> {
    await store.setPassword(db.sql, accountId, await passwords.hash(password), nowIso());
  }

  async function signedIn(id: AccountId, client: Client, known: KnownDevice | null): Promise<SignedIn> {
    const token = await sessions.open(id, client);
    const profile = await store.profileById(id);
    assert(profile, 'an account that has just signed in exists');
    const device = known ?? { id: ids.next(), accountId: id };
    return { profile, cookies: [await cookies.signedIn(token), await cookies.known(device)] };
  }

  /** Signs out everywhere but where it is asked from. */
  async function changePassword(viewer: Viewer, change: PasswordChange, client: Client): Promise<void> {
    const secret = await store.secretBy('handle', viewer.handle);
    assert(secret, 'who is signed in has an account');
    refuseWeak(change.next, secret);
    limitGuesses(viewer.id, client, { id: viewer.credential.id, accountId: viewer.id });
    await gate.run({ ...stranger(client), isKnown: true }, async () => {
      if (!(await passwords.verify(change.current, secret.passwordHash ?? '')))
        throw new Refusal('wrong-credentials', 'The current password is wrong.');
      const hash = await passwords.hash(change.next);
      await sessions.revokeOtherSessions(viewer, tx => store.setPassword(tx, viewer.id, hash, nowIso()));
    });
  }

  /** A new password for somebody who forgot theirs, signed out everywhere. Not asked of the web. Refuses with `not-found`. */
  async function resetPassword(handle: string): Promise<string> {
    const secret = await store.secretBy('handle', handle);
    if (!secret) throw new Refusal('not-found', `There is no account @${handle}.`);
    const password = ids
      .secret()
      .slice(0, 25)
      .replace(/(.{5})(?=.)/g, '$1-');
    const hash = await passwords.hash(password);
    await sessions.revokeAllSessions(secret.accountId, tx =>
      store.setPassword(tx, secret.accountId, hash, nowIso()),
    );
    return password;
  }

  return { register, signIn, changePassword, resetPassword };
}

const stranger = ({ place }: Client) => ({ place: place.near, isKnown: false });
