import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger as log } from '#base/log.ts';
import { createHlsHandler } from '#servers/hls/index.ts';
import { feedPackager } from '#tests/support/packager.ts';
import { newSlices } from '#tests/support/slices.ts';
import { newTurns } from '#tests/support/turns.ts';
import { lint } from './lint.ts';

const id = '01hzzzzzzzzzzzzzzzzzzzzzzz';

/** What the server breaks of a sound stream that has ended. */
let spoil: (url: string) => 'lost' | 'torn' | 'plain' | null = () => null;
const rig = feedPackager({ clock: new FakeClock(), epochMs: Date.UTC(2026, 0, 1) });
/** One that is live, for longer than delta updates leave out nothing. */
const recording = { init() {}, part() {}, segment() {}, isKept: () => true };
const LIVE_FROM_S = 90;
const live = feedPackager({ clock: systemClock, epochMs: Date.now() - LIVE_FROM_S * 1000, recording });
const liveId = '01hyyyyyyyyyyyyyyyyyyyyyyy';
/** Paths of the requests for delta updates. */
const skips = new Set<string>();
const handler = createHlsHandler({
  source: async asked => (asked === liveId ? live : rig).packager.source,
  log,
  slices: newSlices(),
  turns: newTurns(),
});
const server = createServer((request, response) => {
  const [path, query] = (request.url ?? '').split('?');
  if (query?.includes('_HLS_skip=YES')) skips.add(path!);
  const how = spoil(request.url ?? '');
  if (how === 'lost') response.writeHead(404).end();
  else if (how === 'torn') response.writeHead(200, { 'content-type': 'video/mp4' }).end('torn');
  else {
    if (how === 'plain') delete request.headers['accept-encoding'];
    handler(request, response);
  }
});
let url: string;

before(async () => {
  rig.until(9);
  await rig.packager.finish();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hls/${id}/index.m3u8`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

async function found(how: typeof spoil): Promise<string[]> {
  spoil = how;
  const verdict = await lint(url, 5);
  return verdict.findings.map(finding => finding.rule);
}

test('a stream that has ended is read whole, and nothing is found', async () => {
  assert.deepEqual(await found(() => null), []);
});

test('a live stream is followed by whole playlists and delta updates in turn, and nothing is found', async () => {
  const startMs = performance.now();
  const feeding = setInterval(() => live.until(LIVE_FROM_S + (performance.now() - startMs) / 1000), 15);
  try {
    live.until(LIVE_FROM_S);
    spoil = () => null;
    const verdict = await lint(url.replace(id, liveId), 4);
    assert.equal(verdict.live, true);
    assert.deepEqual(verdict.findings, []);
    assert.deepEqual(
      [...skips].sort(),
      ['audio', 'video'].map(name => `/hls/${liveId}/${name}/index.m3u8`),
    );
  } finally {
    clearInterval(feeding);
  }
});

test('a segment that is lost is found', async () => {
  assert.deepEqual(await found(path => (path.endsWith('/video/2.m4s') ? 'lost' : null)), ['reachable']);
});

test('a segment whose bytes are torn is found', async () => {
  const rules = await found(path => (path.endsWith('/audio/1.m4s') ? 'torn' : null));
  assert.ok(rules.includes('media-readable'), rules.join());
});

test('an initialization section that is torn is found', async () => {
  const rules = await found(path => (path.endsWith('/video/init-0.mp4') ? 'torn' : null));
  assert.ok(rules.includes('init-readable'), rules.join());
});

test('playlists without gzip are found', async () => {
  assert.deepEqual(await found(path => (path.endsWith('.m3u8') ? 'plain' : null)), ['playlist-gzip']);
});

test('a stream that is not there is not read, and says so', async () => {
  spoil = () => 'lost';
  const verdict = await lint(url, 5);
  assert.equal(verdict.read, false);
  assert.deepEqual(
    verdict.findings.map(finding => finding.rule),
    ['reachable'],
  );
});
