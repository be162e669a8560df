import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { assertProblem, BesiegedServer } from '#tests/support/besieged-server.ts';
import { corpusTexts } from '#tests/support/corpus.ts';
import { mutate } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';

const ROUNDS = 400;
const AT_ONCE = 20;
const text = new TextEncoder();

/** What each listener takes when it is well formed; the waves are mutations of these, and noise. */
const heads = [
  'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{"login":"ana","password":"x"}',
  'GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x81\x85\x01\x02\x03\x04abcde',
  'GET /hls/x/index.m3u8?_HLS_msn=1&_HLS_part=2 HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-10\r\n\r\n',
  'POST /whip/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nAuthorization: Bearer x\r\nContent-Length: 4\r\n\r\nv=0\n',
];
/** A STUN binding request, a DTLS record, an RTP packet and RTCP feedback. */
const datagrams = [
  '000100002112a442000102030405060708090a0b',
  '16fefd0000000000000000000a01000000000000000000',
  '80e6000100000001000000026742801fda01',
  '81ce000200000001000000020000',
].map(hex => Uint8Array.from(Buffer.from(hex, 'hex')));

describe('hostile bytes', () => {
  const random = new Seeded(2016);
  let besieged: BesiegedServer;

  before(async () => {
    besieged = await BesiegedServer.start();
  });
  after(() => besieged?.close());

  it(`mutated requests and noise on the TCP port (seed ${random.seed})`, async () => {
    const { port } = besieged;
    const wave = Array.from({ length: ROUNDS }, (_, i) =>
      i % 5 === 4
        ? random.bytes(1 + random.below(4096))
        : mutate(random, text.encode(heads[i % heads.length]!)),
    );
    for (let i = 0; i < ROUNDS; i += AT_ONCE)
      await Promise.all(wave.slice(i, i + AT_ONCE).map(bytes => throwAt(port, bytes)));
    await besieged.assertUnharmed();
  });

  it('mutated STUN, DTLS, RTP, RTCP and noise on the UDP port', async () => {
    const socket = createSocket('udp4');
    const send = (bytes: Uint8Array) =>
      new Promise(resolve => socket.send(bytes, besieged.rtcPort, '127.0.0.1', resolve));
    for (let i = 0; i < ROUNDS; i++)
      await send(
        i % 5 === 4 ? random.bytes(1 + random.below(1400)) : mutate(random, datagrams[i % datagrams.length]!),
      );
    socket.close();
    await besieged.assertUnharmed();
  });

  it('socket frames that are no JSON, no object, too long or of an unknown kind', async () => {
    const frames = [
      '',
      '{',
      '[]',
      'null',
      '{"op":1}',
      '{"op":"join","topic":"room:../../x"}',
      '{"op":"join","topic":7,"after":-1e99}',
      'x'.repeat(100_000),
    ];
    for (const frame of [...frames, ...frames.map(frame => mutate(random, text.encode(frame)))]) {
      const socket = new WebSocket(`${besieged.url.replace('http', 'ws')}/socket`);
      const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
      socket.on('error', () => {});
      socket.once('open', () => socket.send(frame, () => socket.close()));
      await closed;
    }
    await besieged.assertUnharmed();
  });

  it('a comment of 10 MB is too large', async () => {
    const text = 'x'.repeat(10 << 20);
    const answer = await besieged.post(`/api/v1/broadcasts/${besieged.created.id}/comments`, { text });
    assert.notEqual(answer.headers.get('connection'), 'close', 'who still writes can read it');
    await assertProblem(answer, 'too-large');
    await besieged.assertUnharmed();
  });

  it('a path with .. stays inside', async () => {
    const { port } = besieged;
    for (const path of [
      '/../../etc/passwd',
      '/assets/..%2f..%2fetc/passwd',
      `/hls/${besieged.created.id}/video/..%2f..%2fsecret`,
      '/hls/../data/secret',
    ]) {
      const answer = await throwAt(
        port,
        text.encode(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
      );
      assert.match(answer, /^HTTP\/1\.1 (400|404) /, path);
      assert.doesNotMatch(answer, /root:/);
    }
  });

  it('an SDP that is no offer, lacks H.264, or is over 64 KB is refused by name', async () => {
    const offer = (body: string) => besieged.offer(besieged.created, body);
    await assertProblem(await offer('hello'), 'invalid-sdp');
    await assertProblem(await offer('v=0\r\n'.repeat(20_000)), 'too-large');
    await besieged.assertUnharmed();
  });

  it('a second publisher without the token is refused, and the broadcast goes on', async () => {
    const response = await besieged.offer(besieged.created, corpusTexts('sdp')[0]!, 'guessed');
    await assertProblem(response, 'wrong-publish-token');
    await besieged.assertUnharmed();
  });

  it('query parameters of HLS that are no numbers or beyond every limit are refused', async () => {
    for (const query of [
      '_HLS_msn=x',
      '_HLS_msn=-1',
      '_HLS_msn=99999999999999999999',
      '_HLS_part=1',
      '_HLS_msn=1&_HLS_part=1e3',
    ])
      await assertProblem(
        await besieged.request(`/hls/${besieged.created.id}/video/index.m3u8?${query}`),
        'invalid-request',
      );
    await besieged.assertUnharmed();
  });
});

/** Sends bytes over a connection of its own and gives what comes back before it is closed, or within a quarter of a second. */
function throwAt(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise(resolve => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(250, () => socket.destroy());
    socket.on('data', chunk => {
      answer += chunk.toString('latin1');
      if (answer.length > 64 || bytes.length > 600) socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}
