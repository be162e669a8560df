import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { createDbJobs } from '#adapters/jobs-db/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { createIds } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import { scopes, usualScopes } from '#contract/scopes.ts';
import { CREDENTIALS_REVOKED, CREDENTIALS_TOPIC, type CredentialsRevoked } from '#ports/credentials.ts';
import type { Db } from '#ports/db.ts';
import { createTestAccounts, quickPasswords, testClient } from '#tests/support/accounts.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import type { Accounts, Client, SignedIn, Viewer } from './index.ts';
import { hashToken } from './secrets.ts';
import { SESSIONS_MAX } from './sessions.ts';
import { guessAllowances } from './sign-in.ts';

const OLD_TOKEN = `sky_${'x'.repeat(52)}`;

const password = 'correct horse';
const refused = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code;
const cookieOf = ({ cookies }: SignedIn) => cookies.map(line => line.split(';', 1)[0]).join('; ');

await onEveryDatabase('credentials', open => {
  let db: Db;
  let clock: FakeClock;
  let accounts: Accounts;
  let told: CredentialsRevoked[];
  let jobsRun: CredentialsRevoked[];
  let jobs: ReturnType<typeof createDbJobs>;
  const ids = createIds(new FakeClock(Date.now()), bytes => void crypto.getRandomValues(bytes as never));

  const create = (isOpenToOthers = false) => {
    const bus = createLocalBus({ log });
    bus.subscribe(CREDENTIALS_TOPIC, message => void told.push(message as CredentialsRevoked));
    return createTestAccounts({ db, ids, clock, jobs, bus, isOpenToOthers });
  };
  const register = (handle: string, more: object = {}) =>
    accounts.register({ handle, email: `${handle}@example.org`, password, ...more }, testClient());
  const signIn = (client: Client = testClient(), given = password) => accounts.signIn('ada', given, client);
  const viewerBy = (signedIn: SignedIn) => accounts.authenticate({ cookie: cookieOf(signedIn) });
  const known = async (signedIn: SignedIn): Promise<Viewer> => (await viewerBy(signedIn))!;
  const byToken = (token: string) => accounts.authenticate({ authorization: `Bearer ${token}` });

  beforeEach(async () => {
    db = await open();
    clock = new FakeClock(Date.now());
    told = [];
    jobsRun = [];
    jobs = createDbJobs({ db, clock, log, ids });
    const made = create();
    accounts = made.accounts;
    await db.migrate(made.migrations);
    jobs.start({ [CREDENTIALS_REVOKED]: async payload => void jobsRun.push(payload as CredentialsRevoked) });
  });
  afterEach(async () => {
    await jobs.close();
    await db.close();
  });

  it('keeps nothing of a session that would open it', async () => {
    const signedIn = await register('ada');
    const secret = decodeURIComponent(signedIn.cookies[0]!.split(/[=;]/)[1]!);
    const rows = JSON.stringify(await db.sql.selectFrom('sign_in_sessions').selectAll().execute());
    assert.ok(!rows.includes(secret.split('.')[0]!), 'the token itself is nowhere');
    assert.ok(rows.includes(await hashToken(secret.split('.')[0]!)));
  });

  it('lists where somebody is signed in, and ends one session or all others', async () => {
    const here = await register('ada');
    const there = await signIn(testClient('198.51.100.7'));
    const third = await signIn(testClient('2001:db8:1:2:3::4'));
    const ada = await known(here);
    const listed = await accounts.listSessions(ada);
    assert.deepEqual(
      listed.map(({ device, place, current }) => [device, place, current]),
      [
        ['Firefox on Linux', '2001:db8:1:2::/64', false],
        ['Firefox on Linux', '198.51.100.7', false],
        ['Firefox on Linux', '192.0.2.1', true],
      ],
    );
    const { credential } = await known(there);
    await accounts.revokeSession(ada, credential.id);
    assert.deepEqual(told, [{ accountId: ada.id, credentialIds: [credential.id] }]);
    assert.equal(await viewerBy(there), null);
    await assert.rejects(accounts.revokeSession(ada, credential.id), refused('not-found'));
    const bob = await known(await register('bob'));
    await assert.rejects(accounts.revokeSession(bob, ada.credential.id), refused('not-found'));
    await accounts.revokeOtherSessions(ada);
    assert.deepEqual([await viewerBy(third), (await viewerBy(here))?.id], [null, ada.id]);
    await jobs.idle();
    assert.deepEqual(jobsRun, told, 'what must happen is a job');
  });

  it('changes a password: the session that asks stays, all others end, tokens stay', async () => {
    const here = await register('ada');
    const there = await signIn();
    const ada = await known(here);
    const { token } = await accounts.createToken(ada, { name: 'encoder' });
    const change = (current: string, next: string) =>
      accounts.changePassword(ada, { current, next }, testClient());
    await assert.rejects(change('wrong', 'a new one, long'), refused('wrong-credentials'));
    await assert.rejects(change(password, 'Password1'), refused('password-weak'));
    assert.ok(await viewerBy(there), 'nothing happened');
    await change(password, 'a new one, long');
    assert.deepEqual([(await viewerBy(here))?.id, await viewerBy(there)], [ada.id, null]);
    assert.equal((await byToken(token))?.id, ada.id);
    await assert.rejects(signIn(), refused('wrong-credentials'));
    await signIn(testClient(), 'a new one, long');
  });

  it('makes tokens with scopes and an end, lists them with their last use, and revokes them', async () => {
    const ada = await known(await register('ada'));
    const usual = await accounts.createToken(ada, { name: 'usual' });
    assert.deepEqual(usual.scopes, usualScopes);
    const expiresAt = new Date(clock.nowMs() + 60_000).toISOString();
    const short = await accounts.createToken(ada, { name: 'short', scopes: ['account', 'read'], expiresAt });
    const list = async () => accounts.listTokens(ada);
    assert.deepEqual(
      (await list()).map(({ name, lastUsedAt }) => [name, lastUsedAt]),
      [
        ['short', null],
        ['usual', null],
      ],
    );
    assert.ok(!JSON.stringify(await list()).includes(usual.token));
    const viewer = (await byToken(short.token))!;
    assert.deepEqual([...viewer.credential.scopes].sort(), ['account', 'read']);
    while ((await list())[0]!.lastUsedAt === null) await new Promise(setImmediate);
    const make = (wish: object) => accounts.createToken(viewer, { name: 'more', ...wish });
    await assert.rejects(make({ scopes: ['write'] }), refused('scope-missing'));
    await assert.rejects(make({ scopes: ['read'] }), refused('not-allowed'), 'it would last longer');
    await make({ scopes: ['read'], expiresAt });
    await assert.rejects(
      accounts.createToken(ada, { name: 'past', expiresAt: '2020-01-01T00:00:00Z' }),
      refused('invalid-request'),
    );
    clock.advance(60_000);
    assert.equal(await byToken(short.token), null, 'it has ended');
    await accounts.revokeToken(ada, usual.id);
    assert.equal(await byToken(usual.token), null);
    await assert.rejects(accounts.revokeToken(ada, usual.id), refused('not-found'));
    assert.deepEqual(told.at(-1), { accountId: ada.id, credentialIds: [usual.id] });
  });

  it('gives no socket to a ticket whose session was revoked', async () => {
    const here = await known(await register('ada'));
    const there = await known(await signIn());
    const { token } = accounts.createSocketTicket(there);
    await accounts.revokeOtherSessions(here);
    assert.equal(await accounts.redeemSocketTicket(token), null);
    assert.equal((await accounts.redeemSocketTicket(accounts.createSocketTicket(here).token))?.id, here.id);
  });

  it('tells sockets when somebody signs out, and leaves what runs by itself', async () => {
    const signedIn = await register('ada');
    const ada = await known(signedIn);
    await accounts.signOut(ada);
    assert.deepEqual(told, [{ accountId: ada.id, credentialIds: [ada.credential.id] }]);
    await jobs.idle();
    assert.deepEqual(jobsRun, []);
  });

  it('resets a forgotten password, signed out everywhere', async () => {
    const here = await register('ada');
    const reset = await accounts.resetPassword('ada');
    assert.match(reset, /^(\w{5}-){4}\w{5}$/);
    assert.equal(await viewerBy(here), null);
    await signIn(testClient(), reset);
    await assert.rejects(accounts.resetPassword('nobody'), refused('not-found'));
  });

  it('refuses passwords that a guesser tries first', async () => {
    const weak = ['password', 'PASSWORD1', 'qwertyuiop', ' iloveyou ', '12345678', 'trustno1'];
    const own = [
      'lovelace',
      'Lovelace1815',
      'lovelacelovelace',
      'love_lace',
      'lovelace@example.org',
      '........',
    ];
    for (const wrong of [...weak, ...own])
      await assert.rejects(register('lovelace', { password: wrong }), refused('password-weak'), wrong);
    await register('lovelace', { password: 'lovelace walks on' });
  });

  it('keeps a guesser from locking the owner out of a known device', async () => {
    const here = await register('ada');
    for (let tried = 0; tried < guessAllowances.subject.burst; tried++) {
      const login = ['ada', 'ADA', 'ada@example.org'][tried % 3]!;
      const guess = accounts.signIn(login, 'a guess', testClient(`198.51.100.${tried}`));
      await assert.rejects(guess, refused('wrong-credentials'));
    }
    await assert.rejects(signIn(testClient('198.51.100.99')), refused('too-many-requests'));
    const cookie = cookieOf(here);
    await signIn(testClient('198.51.100.98', cookie));
    const forged = cookie.replace(/(device=\w+\.)\w/, '$1x');
    await assert.rejects(signIn(testClient('198.51.100.97', forged)), refused('too-many-requests'));
    const bob = cookieOf(await register('bob'));
    await assert.rejects(signIn(testClient('198.51.100.96', bob)), refused('too-many-requests'));
  });

  it('renews a hash that is weaker than it would be now, when its owner signs in', async () => {
    await register('ada');
    const strong = createTestAccounts({ db, ids, clock, passwords: quickPasswords(9) }).accounts;
    const hash = async () =>
      (await db.sql.selectFrom('credentials').select('password_hash').executeTakeFirstOrThrow())
        .password_hash;
    const weak = await hash();
    await strong.signIn('ada', 'wrong', testClient()).catch(() => {});
    assert.equal(await hash(), weak);
    await strong.signIn('ada', password, testClient());
    assert.match(await hash(), /ln=9,/);
    await strong.signIn('ada', password, testClient());
  });

  it('ends the session that was used longest ago when there are too many', async () => {
    const first = await register('ada');
    for (let made = 1; made <= SESSIONS_MAX; made++) {
      clock.advance(30_000);
      await signIn(testClient(`198.51.100.${made}`, cookieOf(first)));
    }
    assert.equal(await viewerBy(first), null);
    assert.equal(told.length, 1);
  });

  it('gives the first account to who has the code, where strangers can come', async () => {
    ({ accounts } = create(true));
    const code = await accounts.firstAccountCode();
    assert.equal(await create(true).accounts.firstAccountCode(), code, 'the same after a restart');
    for (const firstAccountCode of [undefined, '', `${code}x`, code!.replace(/.$/, 'x')])
      await assert.rejects(register('mallory', { firstAccountCode }), refused('first-account-closed'));
    assert.equal((await register('ada', { firstAccountCode: code })).profile.role, 'operator');
    assert.equal(await accounts.firstAccountCode(), null);
    assert.equal((await register('bob')).profile.role, 'member');
  });

  it('signs nobody out by hashing the sessions of before', async () => {
    const before = await open();
    const made = createTestAccounts({
      db: before,
      ids,
      clock,
      jobs: createDbJobs({ db: before, clock, log, ids }),
    });
    const { '0002-credentials': upgrade, ...first } = made.migrations;
    await before.migrate(first);
    const signedIn = await register('ada');
    const token = decodeURIComponent(signedIn.cookies[0]!.split(/[=;]/)[1]!).split('.')[0]!;
    const account = await db.sql.selectFrom('accounts').selectAll().executeTakeFirstOrThrow();
    const at = new Date(clock.nowMs()).toISOString();
    const end = new Date(clock.nowMs() + 180 * 24 * 3600_000).toISOString();
    await before.sql.insertInto('accounts').values(account).execute();
    await before.sql
      .insertInto('sign_in_sessions')
      .values({ id: 's', account_id: account.id, token, expires_at: end, created_at: at, updated_at: at })
      .execute();
    await before.sql
      .insertInto('personal_access_tokens')
      .values({
        id: 't',
        account_id: account.id,
        name: 'n',
        token_hash: await hashToken(OLD_TOKEN),
        created_at: at,
      })
      .execute();
    await before.migrate({ '0002-credentials': upgrade! });
    assert.equal((await made.accounts.authenticate({ cookie: cookieOf(signedIn) }))?.handle, 'ada');
    const held = await made.accounts.authenticate({ authorization: `Bearer ${OLD_TOKEN}` });
    assert.deepEqual(held?.credential.scopes, usualScopes);
    const { token: kept, expires_at } = await before.sql
      .selectFrom('sign_in_sessions')
      .selectAll()
      .executeTakeFirstOrThrow();
    assert.equal(kept, await hashToken(token));
    assert.ok(Date.parse(expires_at) <= clock.nowMs() + 30 * 24 * 3600_000);
    await before.close();
  });

  it('knows what a session may do', async () => {
    assert.deepEqual((await known(await register('ada'))).credential.scopes, scopes);
  });
});
