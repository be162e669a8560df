import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, request as openRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger as log } from '#base/log.ts';
import { type FedPackager, feedPackager } from '#tests/support/packager.ts';
import { newSlices } from '#tests/support/slices.ts';
import { newTurns } from '#tests/support/turns.ts';
import { createHlsHandler } from './index.ts';

const id = '01hzzzzzzzzzzzzzzzzzzzzzzz';
const server = createServer(
  createHlsHandler({
    source: async key => {
      if (key.startsWith('0bad')) throw new Error('the database is away');
      return key === id ? rig.packager.source : null;
    },
    log,
    slices: newSlices(),
    turns: newTurns(),
  }),
);
let rig: FedPackager;
let port: number;

before(async () => {
  rig = feedPackager({ clock: new FakeClock(), epochMs: Date.UTC(2026, 0, 1) });
  rig.until(5);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

interface Got {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** A plain request: `fetch` would decode, normalise the path and add headers of its own. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const outgoing = openRequest({ port, host: '127.0.0.1', path, method, headers }, response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

test('playlists, initialization sections, segments and parts bear their types and cache rules', async () => {
  const expected: [string, string, RegExp][] = [
    ['index.m3u8', 'application/vnd.apple.mpegurl', /^public, max-age=1$/],
    ['video/index.m3u8', 'application/vnd.apple.mpegurl', /^public, max-age=1$/],
    ['video/index.m3u8?_HLS_msn=1&_HLS_part=2', 'application/vnd.apple.mpegurl', /^public, max-age=8$/],
    ['video/init-0.mp4', 'video/mp4', /^public, max-age=300$/],
    ['video/0.m4s', 'video/mp4', /^public, max-age=300$/],
    ['audio/1.3.m4s', 'video/mp4', /^public, max-age=300$/],
  ];
  for (const [name, type, cache] of expected) {
    const got = await get(`/hls/${id}/${name}`);
    assert.equal(got.status, 200, name);
    assert.equal(got.headers['content-type'], type, name);
    assert.match(got.headers['cache-control'] ?? '', cache, name);
    assert.equal(got.headers['access-control-allow-origin'], '*', name);
    assert.equal(Number(got.headers['content-length']), got.body.length, name);
  }
});

test('a piece that somebody has is not sent again, and says whether it is still there', async () => {
  const path = `/hls/${id}/video/0.m4s`;
  const { headers } = await get(path);
  assert.ok(headers.etag);
  for (const tags of [headers.etag, `"x", W/${headers.etag}`, '*']) {
    const again = await get(path, { 'if-none-match': tags });
    assert.deepEqual([again.status, again.body.length], [304, 0], tags);
    assert.equal(again.headers['cache-control'], 'public, max-age=300');
  }
  assert.equal((await get(path, { 'if-none-match': '"x"' })).status, 200);
  assert.equal((await get(`/hls/${id}/video/999.m4s`, { 'if-none-match': headers.etag })).status, 404);
});

test('a playlist is compressed for who accepts it, and only for them', async () => {
  const path = `/hls/${id}/video/index.m3u8`;
  const plain = await get(path, { 'accept-encoding': 'gzip;q=0, br' });
  assert.equal(plain.headers['content-encoding'], undefined);
  const small = await get(path, { 'accept-encoding': 'br, gzip' });
  assert.equal(small.headers['content-encoding'], 'gzip');
  assert.equal(small.headers.vary, 'accept-encoding');
  assert.deepEqual(gunzipSync(small.body), plain.body);
});

test('a delta update is an answer of its own, and compressed as every other', async () => {
  const recording = { init() {}, part() {}, segment() {}, isKept: () => true };
  const old = feedPackager({ clock: new FakeClock(), epochMs: Date.UTC(2026, 0, 1), recording });
  old.until(300);
  const before = rig;
  rig = old;
  try {
    const path = `/hls/${id}/video/index.m3u8?_HLS_msn=149&_HLS_part=3`;
    const whole = await get(path, { 'accept-encoding': 'gzip' });
    const update = await get(`${path}&_HLS_skip=YES`, { 'accept-encoding': 'gzip' });
    assert.match(gunzipSync(update.body).toString(), /\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\d\d\n/);
    assert.ok(update.body.length < whole.body.length / 2, `${update.body.length} of ${whole.body.length}`);
    const plain = await get(path);
    assert.deepEqual(gunzipSync(whole.body), plain.body);
    assert.equal(plain.body.toString().match(/EXTINF/g)?.length, 150);
    assert.equal((await get(`${path}&_HLS_skip=v2`)).body.length, gunzipSync(update.body).length);
    assert.equal(gzipMembers(whole.body), 1, 'browsers stop after the first');
  } finally {
    rig = before;
  }
});

/** Members of a gzip file, by reading only the first. */
function gzipMembers(bytes: Buffer): number {
  const first = inflateRawSync(bytes.subarray(10), { info: true }) as unknown as {
    engine: { bytesWritten: number };
  };
  return 10 + first.engine.bytesWritten + 8 === bytes.length ? 1 : 2;
}

test('HEAD says the same without the bytes', async () => {
  const whole = await get(`/hls/${id}/video/0.m4s`);
  const head = await get(`/hls/${id}/video/0.m4s`, {}, 'HEAD');
  assert.equal(head.headers['content-length'], whole.headers['content-length']);
  assert.equal(head.body.length, 0);
});

test('a range of a segment is cut across its parts', async () => {
  const whole = (await get(`/hls/${id}/video/0.m4s`)).body;
  const ranges: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=100-499', 100, 500],
    ['bytes=300-', 300, whole.length],
    ['bytes=-7', whole.length - 7, whole.length],
    [`bytes=10-${whole.length * 2}`, 10, whole.length],
  ];
  for (const [range, from, to] of ranges) {
    const got = await get(`/hls/${id}/video/0.m4s`, { range });
    assert.equal(got.status, 206, range);
    assert.equal(got.headers['content-range'], `bytes ${from}-${to - 1}/${whole.length}`);
    assert.deepEqual(got.body, whole.subarray(from, to), range);
  }
  for (const range of ['bytes=9999999-', 'bytes=5-2', 'bytes=-', 'lines=1-2', 'bytes=0-1,4-5'])
    assert.equal((await get(`/hls/${id}/video/0.m4s`, { range })).status, 200, range);
});

test('paths that are not ours are 404, whatever is in them', async () => {
  const names = [
    '',
    'index.m3u8/',
    'Video/index.m3u8',
    'video/../index.m3u8',
    'video/..%2f..%2fetc/passwd',
    'video/%00.m4s',
    'video/-1.m4s',
    'video/1e3.m4s',
    'video/9999999999.m4s',
    'video/0.m4s/0',
    'video/0-1.m4s',
    'video/0-1.2.m4s',
    'video/replay.m3u8',
    'subtitles/index.m3u8',
    `video/${'0'.repeat(2000)}.m4s`,
  ];
  for (const path of [
    ...names.map(name => `/hls/${id}/${name}`),
    '/hls/',
    `/hls/${id.toUpperCase()}/index.m3u8`,
  ]) {
    const got = await get(path);
    assert.equal(got.status, 404, path);
    assert.equal(got.headers['content-type'], 'application/problem+json');
    assert.equal(JSON.parse(got.body.toString()).code, 'not-found');
  }
});

test('delivery directives that are no numbers, too many or too far ahead are refused', async () => {
  const queries = [
    '_HLS_msn=x',
    '_HLS_msn=-1',
    '_HLS_msn=',
    '_HLS_msn=1.5',
    '_HLS_msn=99999999999999999999',
    '_HLS_part=0',
    '_HLS_msn=1&_HLS_msn=2',
    '_HLS_msn=1&_HLS_part=99999',
    '_HLS_msn=9',
    '_HLS_skip=',
    '_HLS_skip=yes',
    '_HLS_skip=YES&_HLS_skip=YES',
  ];
  for (const query of queries) {
    const got = await get(`/hls/${id}/video/index.m3u8?${query}`);
    assert.equal(got.status, 400, query);
    assert.equal(JSON.parse(got.body.toString()).code, 'invalid-request');
  }
});

test('other methods are refused by name', async () => {
  const got = await get(`/hls/${id}/index.m3u8`, {}, 'POST');
  assert.equal(got.status, 405);
  assert.equal(got.headers.allow, 'GET, HEAD, OPTIONS');
});

test('a stream that is not there is 404, a source that breaks is 500', async () => {
  assert.equal((await get('/hls/01hyyyyyyyyyyyyyyyyyyyyyyy/index.m3u8')).status, 404);
  const got = await get('/hls/0badaaaaaaaaaaaaaaaaaaaaaa/index.m3u8');
  assert.equal(got.status, 500);
  assert.doesNotMatch(got.body.toString(), /database/);
});

test('a blocking reload answers when the part is there; who hangs up before takes nothing along', async () => {
  const path = `/hls/${id}/video/index.m3u8?_HLS_msn=3&_HLS_part=6`;
  const controller = new AbortController();
  const leaver = fetch(`http://127.0.0.1:${port}${path}`, { signal: controller.signal });
  const stayer = get(path);
  await rejectsAfter(leaver, () => controller.abort());
  rig.until(5.6);
  const got = await stayer;
  assert.equal(got.status, 200);
  assert.match(got.body.toString(), /URI="3\.6\.m4s"/);
});

async function rejectsAfter(promise: Promise<unknown>, act: () => void): Promise<void> {
  await new Promise(resolve => server.once('request', resolve));
  act();
  await assert.rejects(promise);
}
