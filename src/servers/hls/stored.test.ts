import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { silentLogger as log } from '#base/log.ts';
import type { HlsSource, StoredBody } from '#live/index.ts';
import { newSlices } from '#tests/support/slices.ts';
import { newTurns } from '#tests/support/turns.ts';
import { until } from '#tests/support/until.ts';
import { createHlsHandler, createHlsStats } from './index.ts';

const id = '01hzzzzzzzzzzzzzzzzzzzzzzz';
const BLOCK = 64 * 1024;
const LENGTH = 400 * BLOCK + 7;
const stats = createHlsStats();
let reads = 0;

/** Bytes that tell where they stand; what is beyond `there` is missing. */
function body(there = LENGTH): StoredBody {
  return {
    type: 'stored',
    length: LENGTH,
    async read(at, end) {
      reads++;
      const bytes = Uint8Array.from({ length: Math.min(BLOCK, end - at) }, (_, i) => (at + i) % 251);
      return bytes.subarray(0, Math.max(0, there - at));
    },
  };
}

const source = {
  live: false,
  segment: (_name: string, msn: number) => (msn === 0 ? body() : msn === 1 ? body(0) : body(10 * BLOCK)),
} as unknown as HlsSource;
const server = createServer(
  createHlsHandler({ source: () => source, log, slices: newSlices(), turns: newTurns(), stats }),
);
let origin: string;

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hls/${id}/video/`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

test('HEAD reads nothing, one byte reads one block', async () => {
  reads = 0;
  const head = await fetch(`${origin}0.m4s`, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length'), reads], [200, String(LENGTH), 0]);
  const one = await fetch(`${origin}0.m4s`, { headers: { range: 'bytes=0-0' } });
  assert.deepEqual([one.status, one.headers.get('content-range')], [206, `bytes 0-0/${LENGTH}`]);
  assert.deepEqual([...new Uint8Array(await one.arrayBuffer())], [0]);
  assert.equal(reads, 1);
});

test('whole and in ranges it is what is stored', async () => {
  const whole = new Uint8Array(await (await fetch(`${origin}0.m4s`)).arrayBuffer());
  assert.equal(whole.length, LENGTH);
  assert.ok(whole.every((byte, at) => byte === at % 251));
  const last = await fetch(`${origin}0.m4s`, { headers: { range: 'bytes=-70000' } });
  assert.deepEqual(new Uint8Array(await last.arrayBuffer()), whole.subarray(-70_000));
});

test('what is missing is 404, what ends too early is no whole answer', async () => {
  assert.equal((await fetch(`${origin}1.m4s`)).status, 404);
  await assert.rejects(async () => (await fetch(`${origin}2.m4s`)).arrayBuffer());
});

test('for who does not read no more is read', async () => {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.pause();
  client.write(`GET /hls/${id}/video/0.m4s HTTP/1.1\r\nHost: a\r\n\r\n`);
  reads = 0;
  let before = -1;
  await until('it stands still', () => {
    const stands = reads > 0 && reads === before;
    before = reads;
    return stands;
  });
  assert.ok(reads < 200, `${reads} of 401 blocks were read`);
  client.destroy();
});

test('one address that asks a hundred times holds up itself only', async () => {
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const slow = {
    live: false,
    segment: (_name: string, msn: number) => ({
      ...body(),
      length: 7,
      async read() {
        begun.push(msn === 0 ? 'flood' : 'honest');
        await gate.promise;
        return new Uint8Array(7);
      },
    }),
  } as unknown as HlsSource;
  const turns = newTurns();
  const handler = createHlsHandler({ source: () => slow, log, slices: newSlices(), turns });
  const other = createServer(handler).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const ask = (name: string, localAddress: string) => {
    const { port } = other.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', localAddress }).resume();
    client.write(`GET /hls/${id}/video/${name}.m4s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    return once(client, 'close');
  };
  const flood = Array.from({ length: 100 }, () => ask('0', '127.0.0.1'));
  await until('a hundred wait', () => turns.waiting + turns.inWork === 100);
  assert.ok(begun.length < 100, 'few blocks are read at once');
  const honest = ask('1', '127.0.0.2');
  await until('and one', () => turns.waiting + turns.inWork === 101);
  const before = begun.length;
  gate.resolve();
  await Promise.all([honest, ...flood]);
  assert.ok(begun.indexOf('honest') <= before + 1, begun.join());
  assert.equal(turns.inWork, 0);
  other.close();
});

test('pages of other origins may ask with headers of their own, and with all that players measure', async () => {
  const preflight = await fetch(`${origin}0.m4s`, {
    method: 'OPTIONS',
    headers: { origin: 'https://player.example', 'access-control-request-method': 'GET' },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /\*.*CMCD-Request/);
  assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /GET/);
  const query = (length: number) => `?CMCD=${'a'.repeat(length)}`;
  const head = async (length: number) =>
    (await fetch(`${origin}0.m4s${query(length)}`, { method: 'HEAD' })).status;
  assert.deepEqual([await head(4000), await head(8000), await head(9000)], [200, 200, 414]);
});
