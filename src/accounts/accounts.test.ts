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
import { onEveryDatabase } from '#tests/support/databases.ts';
import { createAuth, SIGN_IN_DAYS } from './auth.ts';
import { type Accounts, createAccounts } from './index.ts';
import { migrations } from './migrations.ts';
import { PASSWORD_CHECKS_MAX, PasswordGate } from './password-gate.ts';
import { SocketTickets, TICKETS_MAX } from './tickets.ts';

const secret = 'a secret of the tests, long enough for anybody';
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
    createAccounts({ db, ids, clock, log: silentLogger, secret, publicUrl });
  const person = (handle: string) => ({ handle, email: `${handle}@example.org`, password });

  beforeEach(async () => {
    db = await open();
    clock = new FakeClock(Date.now());
    accounts = create();
    await db.migrate(accounts.migrations);
  });
  afterEach(() => db.close());

  it('registers, signs in by handle and by email in any case, and knows the cookie', async () => {
    const { profile, cookies } = await accounts.register({ ...person('ada'), displayName: '  Ada\nL ' });
    assert.equal(profile.displayName, 'Ada L');
    assert.ok(Math.abs(Date.parse(profile.createdAt) - clock.nowMs()) < 1000);
    const viewer = { id: profile.id, handle: 'ada', role: 'operator' };
    assert.deepEqual({ ...(await accounts.authenticate({ cookie: cookieOf(cookies) })) }, viewer);
    for (const login of ['ada', 'ADA', 'Ada@Example.ORG']) {
      const again = await accounts.signIn(login, password);
      assert.deepEqual(again.profile, profile);
      assert.deepEqual({ ...(await accounts.authenticate({ cookie: cookieOf(again.cookies) })) }, viewer);
    }
  });

  it('makes cookies that scripts, other sites and plain HTTP do not get', async () => {
    const secure = create('https://skylark.example');
    const { cookies } = await secure.register(person('ada'));
    assert.equal(cookies.length, 1);
    assert.match(cookies[0]!, /^__Secure-skylark\.session_token=/);
    for (const attribute of [
      'HttpOnly',
      'SameSite=Lax',
      'Secure',
      'Path=/',
      `Max-Age=${SIGN_IN_DAYS * 86400}`,
    ])
      assert.ok(cookies[0]!.includes(attribute), `${attribute} in ${cookies[0]}`);
    assert.ok(await secure.authenticate({ cookie: cookieOf(cookies) }));
    const plain = await accounts.signIn('ada', password);
    assert.doesNotMatch(plain.cookies[0]!, /Secure/);
  });

  it('takes a cookie only with our signature', async () => {
    const { cookies } = await accounts.register(person('ada'));
    const [name, value] = cookieOf(cookies).split('=') as [string, string];
    const forged = decodeURIComponent(value).replace(/\..*/, `.${btoa('x'.repeat(32))}`);
    for (const wrong of ['', 'x', '%E0%A4%A', forged, decodeURIComponent(value).split('.')[0]!])
      assert.equal(await accounts.authenticate({ cookie: `${name}=${wrong}` }), null, wrong);
    assert.ok(await accounts.authenticate({ cookie: `theme=dark; ${name}=${value}; last=1` }));
  });

  it('signs out at once, and clears the cookie', async () => {
    const { cookies } = await accounts.register(person('ada'));
    const other = await accounts.signIn('ada', password);
    const cleared = await accounts.signOut(cookieOf(cookies));
    assert.match(cleared.join('\n'), /skylark\.session_token=;.*Max-Age=0/);
    assert.equal(await accounts.authenticate({ cookie: cookieOf(cookies) }), null);
    assert.ok(await accounts.authenticate({ cookie: cookieOf(other.cookies) }), 'other sessions stay');
    await accounts.signOut(undefined);
  });

  it('forgets a sign-in session when its time is over, and removes it at the next sign-in', async () => {
    const { cookies } = await accounts.register(person('ada'));
    clock.advance((SIGN_IN_DAYS * 24 * 3600 - 60) * 1000);
    assert.ok(await accounts.authenticate({ cookie: cookieOf(cookies) }));
    clock.advance(120_000);
    assert.equal(await accounts.authenticate({ cookie: cookieOf(cookies) }), null);
    await accounts.signIn('ada', password).catch(() => {});
    const left = await db.sql.selectFrom('sign_in_sessions').select('id').execute();
    assert.ok(left.length <= 1, 'the expired row is gone');
  });

  it('says the same no to a wrong password, a wrong handle and a wrong address', async () => {
    await accounts.register(person('ada'));
    const answers = [];
    for (const login of ['ada', 'nobody', 'nobody@example.org', 'not an address@', 'ada@']) {
      const error = await accounts
        .signIn(login, 'wrong password')
        .catch((cause: unknown) => cause as Refusal);
      assert.ok(error instanceof Refusal, login);
      answers.push(`${error.code} ${error.message}`);
    }
    assert.deepEqual([...new Set(answers)], ['wrong-credentials Handle or password is wrong']);
  });

  it('spends as much on a wrong handle as on a wrong password', async () => {
    await accounts.register(person('ada'));
    const spend = async (login: string) => {
      const startMs = performance.now();
      await accounts.signIn(login, 'wrong password').catch(() => {});
      return performance.now() - startMs;
    };
    await spend('ada');
    const known = Math.min(await spend('ada'), await spend('ada'), await spend('ada'));
    const unknown = Math.min(await spend('nobody'), await spend('nobody'), await spend('nobody'));
    assert.ok(unknown > known / 2 && unknown < known * 2, `known ${known} ms, unknown ${unknown} ms`);
  });

  it('gives a handle and an address to one account each, also when many reach for it at once', async () => {
    await assert.rejects(accounts.register({ ...person('me') }), refused('handle-reserved'));
    const outcomes = await Promise.allSettled([
      ...[1, 2, 3].map(n => accounts.register({ ...person('ada'), email: `ada${n}@example.org` })),
      ...['bob1', 'bob2', 'bob3'].map(handle =>
        accounts.register({ ...person(handle), email: 'B@example.org' }),
      ),
    ]);
    const codes = outcomes.map(outcome =>
      outcome.status === 'fulfilled' ? 'created' : (outcome.reason as Refusal).code,
    );
    assert.deepEqual(codes.slice(0, 3).sort(), ['created', 'handle-taken', 'handle-taken']);
    assert.deepEqual(codes.slice(3).sort(), ['created', 'email-taken', 'email-taken']);
    await assert.rejects(
      accounts.register({ ...person('carl'), email: 'b@EXAMPLE.org' }),
      refused('email-taken'),
    );
  });

  it('makes exactly one operator of those who arrive first together', async () => {
    await Promise.all(['ada', 'bob', 'cleo', 'dora'].map(handle => accounts.register(person(handle))));
    await accounts.register(person('eve'));
    const { items } = await accounts.list({});
    assert.equal(items.length, 5);
    assert.equal(items.filter(account => account.role === 'operator').length, 1);
    assert.equal((await accounts.byHandle('eve')).role, 'member');
  });

  it('lets in whoever it registered: an address that could not sign in is refused first', async () => {
    for (const email of ['a@localhost', 'a..b@example.org', '"a b"@example.org', 'a@exämple.org', 'x'])
      await assert.rejects(accounts.register({ ...person('ada'), email }), refused('invalid-request'), email);
    const odd = ["o'hara+news@sub.example.museum", 'A_B-c@1x.io'];
    for (const [index, email] of odd.entries()) {
      await accounts.register({ ...person(`odd${index}`), email });
      assert.equal((await accounts.signIn(email, password)).profile.handle, `odd${index}`);
    }
  });

  it('knows a personal access token by its hash only', async () => {
    const { profile, cookies } = await accounts.register(person('ada'));
    const viewer = { id: profile.id, handle: 'ada', role: profile.role };
    const { token } = await accounts.createToken(viewer, 'script');
    assert.match(token, /^sky_[0-9a-z]{52}$/);
    assert.deepEqual({ ...(await accounts.authenticate({ authorization: `bearer ${token}` })) }, viewer);
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
    for (const handle of ['ada', 'bob', 'cleo']) await accounts.register(person(handle));
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
    const ada = (await accounts.register(person('ada'))).profile;
    const bob = (await accounts.register(person('bob'))).profile;
    const changed = await accounts.update(ada, 'ada', { bio: ' Hello ' });
    assert.deepEqual([changed.bio, changed.displayName], ['Hello', 'ada']);
    assert.equal((await accounts.update(ada, 'ada', { displayName: 'Ada' })).bio, 'Hello');
    await assert.rejects(accounts.update(bob, 'ada', { bio: 'x' }), refused('not-allowed'));
    await assert.rejects(accounts.update(ada, 'nobody', { bio: 'x' }), refused('not-found'));
    await assert.rejects(accounts.update(ada, 'ada', { displayName: ' \n ' }), refused('invalid-request'));
  });

  it('tells who people are in one read, leaving out the unknown', async () => {
    const ada = (await accounts.register(person('ada'))).profile;
    const found = await accounts.summaries([ada.id, ada.id, 'unknown']);
    assert.deepEqual([...found.values()], [{ id: ada.id, handle: 'ada', displayName: 'ada' }]);
    assert.equal((await accounts.summaries([])).size, 0);
  });
});

describe('the accounts schema', () => {
  // Column types are compared on SQLite, where what better-auth asks for is what we keep on both dialects.
  it('has every column that better-auth wants', async () => {
    const db = await openSqlite({ file: ':memory:', log: silentLogger });
    await db.migrate(migrations);
    const auth = createAuth({ db, ids, log: silentLogger, secret, publicUrl: null });
    const { toBeCreated, toBeAdded } = await getMigrations(auth.options);
    assert.deepEqual([toBeCreated, toBeAdded], [[], []]);
    await db.close();
  });
});

describe('socket tickets', () => {
  const viewer = { id: ids.next<'account'>(), handle: 'ada', role: 'member' as const };

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

describe('the password gate', () => {
  it('refuses the check that would be one too many, and goes on when one is done', async () => {
    const gate = new PasswordGate();
    const finish: (() => void)[] = [];
    const running = Array.from({ length: PASSWORD_CHECKS_MAX }, () =>
      gate.run(() => new Promise<void>(resolve => finish.push(resolve))),
    );
    await assert.rejects(
      gate.run(async () => {}),
      refused('too-many-requests'),
    );
    finish[0]!();
    await running[0];
    await gate.run(async () => {});
    for (const done of finish) done();
    await Promise.all(running);
  });
});
