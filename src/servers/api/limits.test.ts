import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placeOf } from '#base/address.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { methods } from '#contract/api/index.ts';
import { Refusal } from '#contract/errors.ts';
import { startTestApi } from '#tests/support/api.ts';
import { accountHandlers } from './accounts/index.ts';
import { handle } from './handler.ts';
import { limits, RateLimits } from './limits.ts';

/** As accounts allows at one login. */
const TRIES = 10;

describe('rate limits', () => {
  it('hold one account to its allowance of one method, say how long to wait, and let it go on then', async t => {
    const handlers = [
      handle(methods.createToken, async () => ({
        id: '1',
        name: 'n',
        token: 't',
        createdAt: 'c',
        scopes: [],
        expiresAt: null,
        lastUsedAt: null,
      })),
    ];
    const api = await startTestApi({ handlers });
    t.after(() => api.close());
    const [ada, bob] = [await api.signUp('ada'), await api.signUp('bob')];
    const make = (headers: Record<string, string>) =>
      api.call('POST', '/api/v1/tokens', { body: { name: 'n' }, headers });
    for (let made = 0; made < limits.account.createToken.burst; made++)
      assert.equal((await make(ada)).status, 201);
    const refused = await make(ada);
    assert.deepEqual([refused.status, refused.body.code], [429, 'too-many-requests']);
    assert.equal(refused.headers.get('retry-after'), '60');
    assert.equal((await make(bob)).status, 201, 'another account has its own');
    api.clock.advance(60_000);
    assert.equal((await make(ada)).status, 201);
  });

  it('hold guesses at one login together, whichever case and address they come in', async t => {
    const api = await startTestApi({ handlers: accountHandlers });
    t.after(() => api.close());
    const guess = async (login: string) =>
      (await api.call('POST', '/api/v1/sign-in', { body: { login, password: 'x' } })).status;
    const logins = ['nobody', 'NOBODY', ' nobody '];
    for (let tried = 0; tried < TRIES; tried++)
      assert.equal(await guess(logins[tried % logins.length]!), 401);
    assert.equal(await guess('Nobody'), 429);
    assert.equal(await guess('somebody'), 401, 'another login is not held');
  });

  it('refuse tokens of a place that has used up what strangers have before they are looked for', async t => {
    const handlers = [handle(methods.deletePost, async () => {})];
    const api = await startTestApi({ handlers });
    t.after(() => api.close());
    const ada = await api.signUp('ada');
    const remove = async (headers: Record<string, string>) =>
      (await api.call('DELETE', '/api/v1/posts/01hzx3v8k0000000000000test', { headers })).status;
    assert.equal(await remove({ authorization: 'Bearer sky_short' }), 401, 'what cannot be one is nobody');
    const wrong = { authorization: `Bearer sky_${'0'.repeat(52)}` };
    for (let i = 1; i < limits.place.default.burst; i += 50)
      await Promise.all(Array.from({ length: 50 }, () => remove(wrong)));
    assert.equal(await remove(ada), 429, 'a right one is not looked for either');
    api.clock.advance(1000);
    assert.equal(await remove(ada), 204);
  });

  it('give methods without an allowance of their own the usual one', () => {
    const one = { default: { burst: 1, perSecond: 1 } };
    const rate = new RateLimits(new FakeClock(), { account: one, place: one });
    const [here, there] = [placeOf('192.0.2.1'), placeOf('192.0.2.2')];
    rate.take('getMe', 'a', here);
    assert.throws(() => rate.take('getPost', 'a', there), Refusal);
    rate.take('getPost', null, here);
    assert.throws(() => rate.take('getPost', null, here), Refusal);
    rate.take('getPost', null, there);
  });
});
