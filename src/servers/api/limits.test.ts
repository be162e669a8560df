import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { methods } from '#contract/api/index.ts';
import { Refusal } from '#contract/errors.ts';
import { startTestApi } from '#tests/support/api.ts';
import { accountHandlers } from './accounts/index.ts';
import { handle } from './handler.ts';
import { attemptsAtOneLogin, callerOfAddress, limits, RateLimits } from './limits.ts';

describe('rate limits', () => {
  it('hold one account to its allowance of one method, say how long to wait, and let it go on then', async t => {
    const handlers = [
      handle(methods.createToken, async () => ({ id: '1', name: 'n', token: 't', createdAt: 'c' })),
    ];
    const api = await startTestApi({ handlers });
    t.after(() => api.close());
    const [ada, bob] = [await api.signUp('ada'), await api.signUp('bob')];
    const make = (headers: Record<string, string>) =>
      api.call('POST', '/api/v1/tokens', { body: { name: 'n' }, headers });
    for (let made = 0; made < limits.createToken.burst; made++) assert.equal((await make(ada)).status, 201);
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
    for (let tried = 0; tried < attemptsAtOneLogin.burst; tried++)
      assert.equal(await guess(logins[tried % logins.length]!), 401);
    assert.equal(await guess('Nobody'), 429);
    assert.equal(await guess('somebody'), 401, 'another login is not held');
  });

  it('give methods without an allowance of their own the usual one', () => {
    const rate = new RateLimits(new FakeClock(), { default: { burst: 1, perSecond: 1 } });
    rate.take('getMe', 'a');
    assert.throws(() => rate.take('getPost', 'a'), Refusal);
  });
});

describe('the caller of an address', () => {
  it('is the /64 of IPv6, and the address of IPv4 however it is written', () => {
    assert.equal(callerOfAddress('203.0.113.9'), '203.0.113.9');
    assert.equal(callerOfAddress('::ffff:203.0.113.9'), '203.0.113.9');
    assert.equal(callerOfAddress('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2');
    assert.equal(callerOfAddress('2001:db8:1:2::9'), '2001:db8:1:2');
    assert.equal(callerOfAddress('2001:db8::9'), '2001:db8:0:0');
    assert.equal(callerOfAddress('fe80::1%eth0'), 'fe80:0:0:0');
    assert.equal(callerOfAddress('::1'), '0:0:0:0');
  });
});
