import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FakeClock } from '#base/fake-clock.ts';
import type { Logger } from '#base/log.ts';
import { silentLogger } from '#base/log.ts';
import { createHlsHandler, createHlsStats } from '#servers/hls/index.ts';
import { createTargetReader, URL_MAX } from '#servers/hls/target.ts';
import { INPUT_MS_MAX, mutate } from '#tests/support/mutate.ts';
import { feedPackager } from '#tests/support/packager.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { newSlices } from '#tests/support/slices.ts';
import { newTurns } from '#tests/support/turns.ts';
import { until } from '#tests/support/until.ts';

const ID = '01hzzzzzzzzzzzzzzzzzzzzzzz';
const targets = readFileSync(new URL('corpus/hls/targets.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const heads = ['', 'Range: bytes=0-10\r\n', 'Accept-Encoding: gzip;q=1, br\r\n', 'Range: bytes=-0,9-\r\n'];
const MUTATIONS = 4_000;
const AT_ONCE = 50;

const stats = createHlsStats();
const faults: unknown[] = [];
const log: Logger = { ...silentLogger, error: about => faults.push(about) };
const rig = feedPackager({ clock: new FakeClock(), epochMs: Date.UTC(2026, 0, 1) });
const handle = createHlsHandler({
  source: id => (id === ID ? rig.packager.source : null),
  log,
  slices: newSlices(),
  turns: newTurns(),
  stats,
});
let slow: { url: string; ms: number }[] = [];
const server = createServer(
  { maxHeaderSize: 16_384 },
  (incoming: IncomingMessage, response: ServerResponse) => {
    const started = performance.now();
    handle(incoming, response);
    const ms = performance.now() - started;
    if (ms > INPUT_MS_MAX) slow.push({ url: incoming.url ?? '', ms });
  },
);

before(async () => {
  rig.until(5);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});

after(() => {
  server.closeAllConnections();
  server.close();
});

/** Opens a connection for each input; done when each is answered, closed, or waits for a part that does not come. */
async function sendAll(inputs: readonly (string | Uint8Array)[]): Promise<void> {
  let settled = 0;
  const sockets = inputs.map(input => {
    const socket: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let open = true;
    const settle = () => {
      if (open) settled++;
      open = false;
    };
    socket.on('error', settle).on('close', settle).on('data', settle);
    // Half-closed: a head that never ends is answered or given up.
    socket.end(input);
    return socket;
  });
  await until('every input is answered or waits', () => settled + stats.waiting >= inputs.length);
  for (const socket of sockets) socket.destroy();
  await until('nobody who left waits', () => stats.waiting === 0);
}

/** One slow run may be the machine's: only an input that is slow again is at fault. */
async function checkSlow(): Promise<void> {
  const again = slow;
  slow = [];
  for (const { url } of again) await sendAll([`GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`]);
  assert.deepEqual(slow, []);
}

async function stillServes(): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const status = await new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: `/hls/${ID}/video/index.m3u8`, agent: false }, response => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
  assert.equal(status, 200);
}

test('every name and directive of the corpus, whatever its method and ranges, is answered or refused', async () => {
  const inputs = targets.flatMap(target =>
    heads.flatMap(head =>
      ['GET', 'HEAD', 'OPTIONS'].map(method => `${method} ${target} HTTP/1.1\r\nHost: x\r\n${head}\r\n`),
    ),
  );
  for (let at = 0; at < inputs.length; at += AT_ONCE) await sendAll(inputs.slice(at, at + AT_ONCE));
  await checkSlow();
  assert.deepEqual(faults, []);
  await stillServes();
});

test('requests that were tampered with end in an answer or a close, never in the process', async t => {
  const random = new Seeded(733);
  t.diagnostic(`seed ${random.seed}`);
  const one = () => {
    const target = targets[random.below(targets.length)]!;
    const whole = `GET ${target} HTTP/1.1\r\nHost: x\r\n${heads[random.below(heads.length)]}\r\n`;
    if (random.below(2) === 0) return mutate(random, Buffer.from(whole));
    // Only the target: most changes to the rest never come past the parser of HTTP.
    const changed = Buffer.from(mutate(random, Buffer.from(target))).toString('latin1');
    return Buffer.from(`GET ${changed.replaceAll(/[\s\0]/g, '+')} HTTP/1.1\r\nHost: x\r\n\r\n`, 'latin1');
  };
  for (let sent = 0; sent < MUTATIONS; sent += AT_ONCE) await sendAll(Array.from({ length: AT_ONCE }, one));
  await checkSlow();
  assert.deepEqual(faults, []);
  await stillServes();
});

test('huge and repeated parameters are refused at once', async () => {
  const path = `/hls/${ID}/video/index.m3u8`;
  const inputs = [
    `${path}?_HLS_msn=${'9'.repeat(15_000)}`,
    `${path}?${'_HLS_msn=1&'.repeat(1_300)}`,
    `${path}?${'&'.repeat(15_000)}`,
    `${path}?_HLS_part=${'%30'.repeat(5_000)}`,
    `/hls/${ID}/${'video/'.repeat(2_500)}index.m3u8`,
    `/hls/${'0'.repeat(60_000)}`,
  ];
  await sendAll(inputs.map(target => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`));
  await checkSlow();
  assert.deepEqual(faults, []);
  await stillServes();
});

test('URLs without number fill no memory', () => {
  const read = createTargetReader();
  const path = `/hls/${ID}/video/index.m3u8?_HLS_msn=`;
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const heapMb = () => {
    gc();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const beforeMb = heapMb();
  for (let i = 0; i < 200_000; i++) read(`${path}${i}&_=`.padEnd(URL_MAX, String(i)));
  const moreMb = heapMb() - beforeMb;
  assert.ok(read(`${path}1`).blocking, 'the reader was alive until here');
  assert.ok(moreMb < 20, `${Math.round(moreMb)} MB more`);
});
