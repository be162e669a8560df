import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { placeOf } from '#base/address.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { createIds } from '#base/ids.ts';
import { Refusal } from '#contract/errors.ts';
import { testCallers } from '#tests/support/callers.ts';
import { corpusTexts } from '#tests/support/corpus.ts';
import { newTurns } from '#tests/support/turns.ts';
import { until } from '#tests/support/until.ts';
import { Signalling, type SignallingSession } from './index.ts';

const AWAITED_MAX = 4;

function start(openings = newTurns()) {
  const clock = new FakeClock();
  const sessions: (SignallingSession & { address: string; isLost: boolean })[] = [];
  const signalling: Signalling<SignallingSession> = new Signalling(
    {
      path: '/whip',
      offer: { role: 'publisher', simulcast: true },
      offers: { burst: 100, perSecond: 1 },
      awaitedMax: AWAITED_MAX,
      admit() {},
      async open({ id, etag, broadcastId, client }) {
        const session = {
          ...{ id, etag, broadcastId, iceUfrag: 'abcd', address: client.split(' ')[0]!, isLost: false },
          end: () => signalling.forget(session),
          interrupt() {
            session.isLost = true;
            signalling.forget(session);
          },
        };
        sessions.push(session);
        signalling.remember(session);
        return { session, sdp: 'v=0' };
      },
    },
    {
      ids: createIds(clock, bytes => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>)),
      clock,
      callers: testCallers(),
      openings,
    },
  );
  const fastify = Fastify();
  fastify.setErrorHandler((error, _request, reply) =>
    reply.code(503).send({ code: error instanceof Refusal ? error.code : String(error) }),
  );
  signalling.mount(fastify);
  const offer = async (address: string) => {
    const headers = { 'content-type': 'application/sdp', 'x-forwarded-for': address };
    const url = '/whip/01hzx3v8k0000000000000test';
    const answer = await fastify.inject({ method: 'POST', url, headers, payload: corpusTexts('sdp')[0]! });
    return answer.statusCode === 201 ? 201 : (JSON.parse(answer.body) as { code: string }).code;
  };
  return { signalling, sessions, offer };
}

test('offers that never connect take the places of their own address', async () => {
  const { signalling, sessions, offer } = start();
  for (let i = 0; i < AWAITED_MAX; i++) assert.equal(await offer('192.0.2.1'), 201);
  assert.equal(await offer('192.0.2.1'), 'busy');
  assert.equal(await offer('192.0.2.2'), 201, 'who has none gets one');
  assert.deepEqual(
    sessions.map(session => session.isLost),
    [true, false, false, false, false],
  );
  assert.equal(signalling.connected, 0);
});

test('a thousand offers of one address wait behind themselves, and what was given up meanwhile opens nothing', async () => {
  const openings = newTurns({ inWorkMax: 1 });
  const { signalling, sessions, offer } = start(openings);
  const gate = Promise.withResolvers<void>();
  void openings.run(placeOf('203.0.113.1'), () => gate.promise);
  const flood = Array.from({ length: 20 }, () => offer('192.0.2.1'));
  await until('they wait', () => openings.waiting === 20);
  const honest = offer('192.0.2.2');
  await until('and one', () => openings.waiting === 21);
  assert.equal(sessions.length, 0);
  gate.resolve();
  assert.equal(await honest, 201);
  await Promise.all(flood);
  assert.ok(sessions.findIndex(({ address }) => address === '192.0.2.2') <= 1);
  assert.equal(sessions.length, AWAITED_MAX, 'who finds no place opens nothing');
  assert.equal(signalling.sessions.size, AWAITED_MAX);
});

test('who has connected keeps the place, whatever comes after', async () => {
  const { signalling, sessions, offer } = start();
  for (let i = 0; i < AWAITED_MAX; i++) {
    assert.equal(await offer('192.0.2.1'), 201);
    signalling.arrived(sessions.at(-1)!);
  }
  assert.equal(signalling.connected, AWAITED_MAX);
  for (let i = 0; i < AWAITED_MAX; i++) assert.equal(await offer(`192.0.2.${i}`), 201);
  assert.equal(await offer('198.51.100.1'), 201, 'the oldest of those who have as few gives way');
  assert.deepEqual(
    sessions.map(session => session.isLost),
    [false, false, false, false, true, false, false, false, false],
  );
});
