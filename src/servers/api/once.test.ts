import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { methods } from '#contract/api/index.ts';
import { Refusal } from '#contract/errors.ts';
import { ANSWER_LIFE_MS } from '#ports/answers.ts';
import type { Db } from '#ports/db.ts';
import { startTestApi, type TestApi } from '#tests/support/api.ts';
import { accountHandlers } from './accounts/index.ts';
import { handle } from './handler.ts';

const post = {
  author: { id: '02', handle: 'ada', displayName: 'Ada' },
  createdAt: '2026-01-01T00:00:00.000Z',
  replyToId: null,
  counts: { replies: 0, likes: 0 },
  viewer: null,
  broadcast: null,
};

describe('a request that creates', () => {
  let api: TestApi;
  let db: Db;
  let ada: Record<string, string>;
  let made = 0;
  /** Holds `createPost` until it is opened. */
  let gate: Promise<void> | null = null;
  const handlers = [
    ...accountHandlers,
    handle(methods.createPost, async ({ body }) => {
      await gate;
      if (body.text === 'refused') throw new Refusal('not-allowed');
      made++;
      return { ...post, id: String(made), text: body.text };
    }),
  ];
  before(async () => {
    api = await startTestApi({
      handlers,
      extend: base => {
        db = base.db;
        const social = { countsOf: async () => new Map(), followedBy: async () => new Set() };
        return { services: { social: social as never }, migrations: {} };
      },
    });
    ada = await api.signUp('ada');
  });
  after(() => api.close());

  const send = (key: string, text: string, headers = ada) =>
    api.call('POST', '/api/v1/posts', { body: { text }, headers: { ...headers, 'idempotency-key': key } });

  it('exists once, however often it is sent with one key, and gets the same answer', async () => {
    const first = await send('one', 'hello');
    const again = await send('one', 'hello');
    assert.deepEqual([first.status, again.status], [201, 201]);
    assert.deepEqual(again.body, first.body);
    assert.equal(made, 1);
    await send('two', 'hello');
    await api.call('POST', '/api/v1/posts', { body: { text: 'hello' }, headers: ada });
    assert.equal(made, 3, 'another key, or none, is another request');
  });

  it('is not another request with the same key', async () => {
    const other = await send('one', 'something else');
    assert.deepEqual([other.status, other.body.code], [422, 'key-reused']);
    assert.equal((await send('one', 'hello', await api.signUp('bob'))).body.id, '4', 'keys are one’s own');
  });

  it('exists once when it is sent twice at a time: the second waits for the first', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const both = [send('at-once', 'x'), send('at-once', 'x')];
    resolve();
    const [one, two] = await Promise.all(both);
    gate = null;
    assert.deepEqual([one!.status, two!.status, two!.body.id], [201, 201, one!.body.id]);
  });

  it('says that another process works on it', async () => {
    // As it stands while a process is between the two.
    await db.sql.updateTable('kept_answers').set({ answer: null, begun_at: api.clock.nowMs() }).execute();
    const answer = await send('one', 'hello');
    assert.deepEqual([answer.status, answer.body.code], [409, 'still-working']);
    assert.equal(answer.headers.get('retry-after'), '1');
  });

  it('may be sent again when it was refused', async () => {
    assert.equal((await send('retry', 'refused')).status, 403);
    assert.equal((await send('retry', 'better')).status, 201);
  });

  it('is a new one after a day', async () => {
    const before = made;
    await send('old', 'x');
    api.clock.advance(ANSWER_LIFE_MS);
    await send('old', 'x');
    assert.equal(made, before + 2);
  });

  it('signs in again who lost the answer to signing up, and gives a token again', async () => {
    const body = { handle: 'cleo', email: 'cleo@example.org', password: 'a walk at night' };
    const headers = { 'idempotency-key': 'sign-up' };
    const first = await api.call('POST', '/api/v1/accounts', { body, headers });
    const again = await api.call('POST', '/api/v1/accounts', { body, headers });
    assert.deepEqual([again.status, again.body], [201, first.body]);
    assert.deepEqual(again.headers.getSetCookie(), first.headers.getSetCookie());
    const cookie = again.headers.getSetCookie()[0]!.split(';')[0]!;
    const keyed = { cookie, 'idempotency-key': 'token' };
    const make = () => api.call('POST', '/api/v1/tokens', { body: { name: 'n' }, headers: keyed });
    const token = (await make()).body.token;
    assert.equal((await make()).body.token, token);
    const kept = JSON.stringify(await db.sql.selectFrom('kept_answers').selectAll().execute());
    for (const secret of [token, 'night', 'sign-up', 'cleo']) assert.ok(!kept.includes(secret), secret);
  });

  it('needs a key that can be written down', async () => {
    for (const key of ['', 'x'.repeat(201), 'a b', 'é'])
      assert.equal((await send(key, 'x')).body.code, 'invalid-request', JSON.stringify(key));
  });
});
