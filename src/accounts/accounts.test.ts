import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { getMigrations } from 'better-auth/db/migration';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { systemClock } from '#base/clock.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { createIds } from '#base/ids.ts';
import { silentLogger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { Db } from '#ports/db.ts';
import { createTestAccounts, testClient, viewerOf } from '#tests/support/accounts.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { createAuth } from './auth.ts';
import type { Accounts, Registration } from './index.ts';
import { createMigrations } from './migrations.ts';
import { SESSION_IDLE_DAYS } from './sessions.ts';
import { SocketTickets, TICKETS_MAX } from './tickets.ts';

const secret = 'a secret of the tests, long enough for anybody';
const client = testClient();
const ids = createIds(systemClock, bytes => {
  crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
});
const password = 'correct horse';

const refused = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code;
const cookieOf = (lines: readonly string[]) => lines.map(line => line.split(';', 1)[0]).join('; ');

await onEveryDatabase('accounts', open => {
  let db: Db;
  let clock: FakeClock;
  let accounts: Accounts;

  const create = (publicUrl: string | null = null) =>
    createTestAccounts({ db, ids, clock, secret, publicUrl });
  const register = (wanted: Registration) => accounts.register(wanted, client);
  const signIn = (login: string, given = password) => accounts.signIn(login, given, client);
  const authenticate = async (cookies: readonly string[]) =>
    (await accounts.authenticate({ cookie: cookieOf(cookies) }))!;
  const person = (handle: string) => ({ handle, email: `${handle}@example.org`, password });

  beforeEach(async () => {
    db = await open();
    clock = new FakeClock(Date.now());
    const made = create();
    accounts = made.accounts;
    await db.migrate(made.migrations);
  });
  afterEach(() => db.close());

  it('registers, signs in by handle and by email in any case, and knows the cookie', async () => {
    const { profile, cookies } = await register({ ...person('ada'), displayName: '  Ada\nL ' });
    assert.equal(profile.displayName, 'Ada L');
    assert.ok(Math.abs(Date.parse(profile.createdAt) - clock.nowMs()) < 1000);
    const who = async (of: readonly string[]) => {
      const { credential, ...viewer } = await authenticate(of);
      assert.deepEqual([credential.kind, credential.expiresAt], ['session', null]);
      return viewer;
    };
    const viewer = { id: profile.id, handle: 'ada', role: 'operator' };
    assert.deepEqual(await who(cookies), viewer);
    for (const login of ['ada', 'ADA', 'Ada@Example.ORG']) {
      const again = await signIn(login, password);
      assert.deepEqual(again.profile, profile);
      assert.deepEqual(await who(again.cookies), viewer);
    }
  });

  it('makes cookies that scripts, other sites and plain HTTP do not get', async () => {
    const secure = create('https://skylark.example').accounts;
    const { cookies } = await secure.register(person('ada'), client);
    assert.equal(cookies.length, 2, 'who is signed in, and that this browser is known');
    assert.match(cookies[0]!, /^__Secure-skylark\.session_token=/);
    for (const line of cookies)
      for (const attribute of ['HttpOnly', 'SameSite=Lax', 'Secure', 'Path=/'])
        assert.ok(line.includes(attribute), `${attribute} in ${line}`);
    assert.ok(await secure.authenticate({ cookie: cookieOf(cookies) }));
    const plain = await signIn('ada', password);
    assert.doesNotMatch(plain.cookies[0]!, /Secure/);
  });

  it('takes a cookie only with our signature', async () => {
    const { cookies } = await register(person('ada'));
    const [name, value] = cookies[0]!.split(';', 1)[0]!.split('=') as [string, string];
    const forged = decodeURIComponent(value).replace(/\..*/, `.${btoa('x'.repeat(32))}`);
    for (const wrong of ['', 'x', '%E0%A4%A', forged, decodeURIComponent(value).split('.')[0]!])
      assert.equal(await accounts.authenticate({ cookie: `${name}=${wrong}` }), null, wrong);
    assert.ok(await accounts.authenticate({ cookie: `theme=dark; ${name}=${value}; last=1` }));
  });

  it('signs out at once, and clears the cookie', async () => {
    const { cookies } = await register(person('ada'));
    const other = await signIn('ada', password);
    const cleared = await accounts.signOut(await authenticate(cookies));
    assert.match(cleared.join('\n'), /skylark\.session_token=;.*Max-Age=0/);
    assert.equal(await accounts.authenticate({ cookie: cookieOf(cookies) }), null);
    assert.ok(await accounts.authenticate({ cookie: cookieOf(other.cookies) }), 'other sessions stay');
    await accounts.signOut(null);
  });

  it('keeps a session while it is used, ends it after 30 days without, and removes it at the next sign-in', async () => {
    const { cookies } = await register(person('ada'));
    const seen = async () => (await accounts.listSessions(await authenticate(cookies)))[0]!;
    for (let month = 0; month < 3; month++) {
      clock.advance((SESSION_IDLE_DAYS * 24 - 1) * 3600_000);
      const at = new Date(clock.nowMs()).toISOString();
      while ((await seen()).lastUsedAt !== at) await new Promise(setImmediate);
    }
    clock.advance(SESSION_IDLE_DAYS * 24 * 3600_000);
    assert.equal(await accounts.authenticate({ cookie: cookieOf(cookies) }), null);
    await signIn('ada');
    const left = await db.sql.selectFrom('sign_in_sessions').select('id').execute();
    assert.equal(left.length, 1, 'the expired row is gone');
  });

  it('says the same no to a wrong password, a wrong handle and a wrong address', async () => {
    await register(person('ada'));
    const answers = [];
    for (const login of ['ada', 'nobody', 'nobody@example.org', 'not an address@', 'ada@']) {
      const error = await signIn(login, 'wrong password').catch((cause: unknown) => cause as Refusal);
      assert.ok(error instanceof Refusal, login);
      answers.push(`${error.code} ${error.message}`);
    }
    assert.deepEqual([...new Set(answers)], ['wrong-credentials Handle or password is wrong']);
  });

  it('spends as much on a wrong handle as on a wrong password', async () => {
    await register(person('ada'));
    const spend = async (login: string) => {
      const startMs = performance.now();
      await signIn(login, 'wrong password').catch(() => {});
      return performance.now() - startMs;
    };
    await spend('ada');
    const known = Math.min(await spend('ada'), await spend('ada'), await spend('ada'));
    const unknown = Math.min(await spend('nobody'), await spend('nobody'), await spend('nobody'));
    assert.ok(unknown > known / 2 && unknown < known * 2, `known ${known} ms, unknown ${unknown} ms`);
  });

  it('gives a handle and an address to one account each, also when many reach for it at once', async () => {
    await assert.rejects(register({ ...person('me') }), refused('handle-reserved'));
    const outcomes = async (wanted: Registration[]) =>
      (await Promise.allSettled(wanted.map(register))).map(outcome =>
        outcome.status === 'fulfilled' ? 'created' : (outcome.reason as Refusal).code,
      );
    const handles = await outcomes([1, 2, 3].map(n => ({ ...person('ada'), email: `ada${n}@example.org` })));
    const emails = await outcomes(
      ['bob1', 'bob2', 'bob3'].map(handle => ({ ...person(handle), email: 'B@example.org' })),
    );
    assert.deepEqual(handles.sort(), ['created', 'handle-taken', 'handle-taken']);
    assert.deepEqual(emails.sort(), ['created', 'email-taken', 'email-taken']);
    await assert.rejects(register({ ...person('carl'), email: 'b@EXAMPLE.org' }), refused('email-taken'));
  });

  it('makes exactly one operator of those who arrive first together', async () => {
    await Promise.all(['ada', 'bob', 'cleo', 'dora'].map(handle => register(person(handle))));
    await register(person('eve'));
    const { items } = await accounts.list({});
    assert.equal(items.length, 5);
    assert.equal(items.filter(account => account.role === 'operator').length, 1);
    assert.equal((await accounts.byHandle('eve')).role, 'member');
  });

  it("lets in whoever it registered: an address that could not sign in, or is nobody's, is refused first", async () => {
    for (const email of [
      'a@localhost',
      'a..b@example.org',
      '"a b"@example.org',
      'a@exämple.org',
      'x',
      'nobody@skylark.invalid',
    ])
      await assert.rejects(register({ ...person('ada'), email }), refused('invalid-request'), email);
    const odd = ["o'hara+news@sub.example.museum", 'A_B-c@1x.io'];
    for (const [index, email] of odd.entries()) {
      await register({ ...person(`odd${index}`), email });
      assert.equal((await signIn(email, password)).profile.handle, `odd${index}`);
    }
  });

  it('knows a personal access token by its hash only', async () => {
    const { profile, cookies } = await register(person('ada'));
    const { token } = await accounts.createToken(await authenticate(cookies), { name: 'script' });
    assert.match(token, /^sky_[0-9a-z]{52}$/);
    const viewer = await accounts.authenticate({ authorization: `bearer ${token}` });
    assert.deepEqual([viewer?.id, viewer?.credential.kind], [profile.id, 'token']);
    const rows = await db.sql.selectFrom('personal_access_tokens').selectAll().execute();
    assert.ok(!JSON.stringify(rows).includes(token.slice(4)), 'the token itself is nowhere');
    for (const wrong of [`Bearer ${token}x`, 'Bearer sky_', 'Bearer', `Basic ${token}`, 'Bearer a b'])
      assert.equal(
        await accounts.authenticate({ authorization: wrong, cookie: cookieOf(cookies) }),
        null,
        'a wrong token is nobody, whatever the cookie says',
      );
  });

  it('lists accounts newest first, page by page', async () => {
    for (const handle of ['ada', 'bob', 'cleo']) await register(person(handle));
    const first = await accounts.list({ limit: 2 });
    assert.deepEqual(
      first.items.map(account => account.handle),
      ['cleo', 'bob'],
    );
    const second = await accounts.list({ limit: 2, cursor: first.nextCursor! });
    assert.deepEqual(
      second.items.map(account => account.handle),
      ['ada'],
    );
    assert.equal(second.nextCursor, null);
    await assert.rejects(accounts.list({ cursor: "' or 1=1" }), refused('invalid-cursor'));
  });

  it('changes a profile for its owner alone', async () => {
    const ada = viewerOf((await register(person('ada'))).profile);
    const bob = viewerOf((await register(person('bob'))).profile);
    const changed = await accounts.update(ada, 'ada', { bio: ' Hello ' });
    assert.deepEqual([changed.bio, changed.displayName], ['Hello', 'ada']);
    assert.equal((await accounts.update(ada, 'ada', { displayName: 'Ada' })).bio, 'Hello');
    await assert.rejects(accounts.update(bob, 'ada', { bio: 'x' }), refused('not-allowed'));
    await assert.rejects(accounts.update(ada, 'nobody', { bio: 'x' }), refused('not-found'));
    await assert.rejects(accounts.update(ada, 'ada', { displayName: ' \n ' }), refused('invalid-request'));
  });

  it('tells who people are in one read, leaving out the unknown', async () => {
    const ada = (await register(person('ada'))).profile;
    const found = await accounts.summaries([ada.id, ada.id, 'unknown']);
    assert.deepEqual([...found.values()], [{ id: ada.id, handle: 'ada', displayName: 'ada' }]);
    assert.equal((await accounts.summaries([])).size, 0);
  });
});

describe('the accounts schema', () => {
  // Column types are compared on SQLite, where what better-auth asks for is what we keep on both dialects.
  it('has every column that better-auth wants', async () => {
    const db = await openSqlite({ file: ':memory:', log: silentLogger });
    await db.migrate(createMigrations(systemClock));
    const auth = createAuth({ db, ids, log: silentLogger, secret, publicUrl: null });
    // It looks at the columns by a connection, not through the adapter that hashes.
    const options = { ...auth.options, database: { db: db.sql, type: 'sqlite' as const } };
    const { toBeCreated, toBeAdded } = await getMigrations(options);
    assert.deepEqual([toBeCreated, toBeAdded], [[], []]);
    await db.close();
  });
});

describe('socket tickets', () => {
  const viewer = viewerOf({ id: ids.next<'account'>(), handle: 'ada', role: 'member' });

  it('open once, within a minute', () => {
    const clock = new FakeClock();
    const tickets = new SocketTickets(clock, ids);
    const { token, expiresAtMs } = tickets.create(viewer);
    assert.equal(expiresAtMs, clock.nowMs() + 60_000);
    assert.equal(tickets.redeem(`${token}x`), null);
    assert.equal(tickets.redeem(token), viewer);
    assert.equal(tickets.redeem(token), null, 'used');
    const late = tickets.create(viewer).token;
    clock.advance(60_001);
    assert.equal(tickets.redeem(late), null, 'expired');
  });

  it('drop the oldest when too many wait', () => {
    const tickets = new SocketTickets(new FakeClock(), ids);
    const oldest = tickets.create(viewer).token;
    const second = tickets.create(viewer).token;
    for (let made = 2; made <= TICKETS_MAX; made++) tickets.create(viewer);
    assert.equal(tickets.redeem(oldest), null);
    assert.equal(tickets.redeem(second), viewer);
  });
});
