import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { createDbJobs } from '#adapters/jobs-db/index.ts';
import { silentLogger as log } from '#base/log.ts';
import { createSocial } from '#social/index.ts';
import { startTestApi, type TestApi } from '#tests/support/api.ts';
import { socialHandlers } from '../social/index.ts';
import { accountHandlers } from './index.ts';

const ada = { handle: 'ada', email: 'ada@example.org', password: 'correct horse', displayName: 'Ada' };

describe('accounts over HTTP', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi({
      handlers: [...accountHandlers, ...socialHandlers],
      extend: ({ accounts, db, ids, clock }) => {
        const bus = createLocalBus({ log });
        const jobs = createDbJobs({ db, clock, ids, log });
        const directory = { summaries: accounts.summaries };
        const social = createSocial({ db, jobs, bus, ids, clock, log, directory });
        return { services: { social }, migrations: { ...social.migrations, ...jobs.migrations } };
      },
    });
  });
  afterEach(() => api.close());

  const register = (body: object) => api.call('POST', '/api/v1/accounts', { body });
  const cookieOf = (headers: Headers) => headers.getSetCookie()[0]!.split(';', 1)[0]!;

  it('creates an account and signs it in, out, and in again by handle or email', async () => {
    const created = await register(ada);
    assert.equal(created.status, 201);
    const { id, createdAt, ...rest } = created.body;
    assert.ok(id && Date.parse(createdAt));
    assert.deepEqual(rest, {
      handle: 'ada',
      displayName: 'Ada',
      bio: '',
      role: 'operator',
      counts: { posts: 0, followers: 0, following: 0 },
      viewer: { self: true, following: false },
    });
    const cookie = cookieOf(created.headers);
    assert.deepEqual((await api.call('GET', '/api/v1/me', { headers: { cookie } })).body, created.body);
    const out = await api.call('POST', '/api/v1/sign-out', { headers: { cookie } });
    assert.equal(out.status, 204);
    assert.match(out.headers.getSetCookie().join(), /Max-Age=0/);
    assert.equal(
      (await api.call('GET', '/api/v1/me', { headers: { cookie } })).body.code,
      'sign-in-required',
    );
    for (const login of ['ada', 'ADA@example.org']) {
      const back = await api.call('POST', '/api/v1/sign-in', { body: { login, password: ada.password } });
      assert.deepEqual([back.status, back.body.id], [200, id]);
      const again = await api.call('GET', '/api/v1/me', { headers: { cookie: cookieOf(back.headers) } });
      assert.equal(again.status, 200);
    }
  });

  it('says no to a wrong login, a taken or reserved handle and an odd address', async () => {
    await register(ada);
    const refusals: [object, number, string][] = [
      [{ ...ada, email: 'b@example.org' }, 409, 'handle-taken'],
      [{ ...ada, handle: 'bob', email: 'ADA@example.org' }, 409, 'email-taken'],
      [{ ...ada, handle: 'admin' }, 422, 'handle-reserved'],
      [{ ...ada, handle: 'Ada' }, 400, 'invalid-request'],
      [{ ...ada, handle: 'x' }, 400, 'invalid-request'],
      [{ ...ada, password: 'short' }, 400, 'invalid-request'],
      [{ ...ada, email: 'ada' }, 400, 'invalid-request'],
      [{ ...ada, role: 'operator' }, 400, 'invalid-request'],
    ];
    for (const [body, status, code] of refusals) {
      const answer = await register(body);
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(body));
      assert.deepEqual(answer.headers.getSetCookie(), []);
    }
    const wrong = await api.call('POST', '/api/v1/sign-in', { body: { login: 'ada', password: 'wrong' } });
    assert.deepEqual([wrong.status, wrong.body.code], [401, 'wrong-credentials']);
  });

  it('makes a token that works as Bearer, and a socket ticket that works once', async () => {
    const cookie = cookieOf((await register(ada)).headers);
    const token = await api.call('POST', '/api/v1/tokens', { body: { name: 'script' }, headers: { cookie } });
    assert.equal(token.status, 201);
    const headers = { authorization: `Bearer ${token.body.token}` };
    assert.equal((await api.call('GET', '/api/v1/me', { headers })).body.handle, 'ada');
    const ticket = await api.call('POST', '/api/v1/socket-tickets', { headers });
    assert.equal(ticket.status, 201);
    assert.equal(Date.parse(ticket.body.expiresAt), api.clock.nowMs() + 60_000);
    const redeem = () => api.services.accounts.redeemSocketTicket(ticket.body.token);
    assert.equal((await redeem())?.handle, 'ada');
    assert.equal(await redeem(), null);
  });

  it('shows and lists profiles with their counts and how the caller stands to them', async () => {
    const headers = await api.signUp('ada');
    const bob = await api.signUp('bob');
    const followed = await api.call('PUT', '/api/v1/accounts/bob/follow', { headers });
    assert.equal(followed.status, 204, JSON.stringify(followed.body));
    const seen = (await api.call('GET', '/api/v1/accounts/bob', { headers })).body;
    assert.deepEqual(seen.viewer, { self: false, following: true });
    assert.equal(seen.counts.followers, 1);
    assert.equal((await api.call('GET', '/api/v1/accounts/bob')).body.viewer, null);
    const { items, nextCursor } = (await api.call('GET', '/api/v1/accounts?limit=1', { headers: bob })).body;
    assert.deepEqual([items.length, items[0].handle, items[0].viewer.self], [1, 'bob', true]);
    const rest = (await api.call('GET', `/api/v1/accounts?cursor=${nextCursor}`)).body;
    assert.deepEqual(
      rest.items.map((item: { handle: string }) => item.handle),
      ['ada'],
    );
    assert.equal(rest.items[0].counts.following, 1);
    assert.equal((await api.call('GET', '/api/v1/accounts?cursor=x')).body.code, 'invalid-cursor');
    assert.equal((await api.call('GET', '/api/v1/accounts/nobody')).body.code, 'not-found');
  });

  it('changes a profile for its owner alone', async () => {
    const headers = await api.signUp('ada');
    const bob = await api.signUp('bob');
    const change = (as: Record<string, string>, body: object) =>
      api.call('PATCH', '/api/v1/accounts/ada', { headers: as, body });
    const changed = await change(headers, { displayName: 'Ada L', bio: 'Counts.' });
    assert.deepEqual([changed.status, changed.body.displayName, changed.body.bio], [200, 'Ada L', 'Counts.']);
    assert.deepEqual((await change(bob, { bio: 'x' })).body.code, 'not-allowed');
    assert.deepEqual((await change({}, { bio: 'x' })).body.code, 'sign-in-required');
  });
});
