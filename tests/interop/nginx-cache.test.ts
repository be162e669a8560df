import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { type Clock, systemClock } from '#base/clock.ts';
import { silentLogger as log } from '#base/log.ts';
import { createHlsHandler } from '#servers/hls/index.ts';
import { WHEP_OFFERS } from '#servers/whep/endpoint.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { type Nginx, startProxyNginx } from '#tests/support/nginx.ts';
import { feedPackager } from '#tests/support/packager.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { newSlices } from '#tests/support/slices.ts';
import { newTurns } from '#tests/support/turns.ts';

const ID = '01hzzzzzzzzzzzzzzzzzzzzzzz';
const VIEWERS = 20;
const SECONDS = 4;
const OLD_S = 60;
const skip = skipWithout('nginx');

describe('nginx with deploy/nginx.conf', { skip }, () => {
  describe('in front of a stream', () => {
    const clock: Clock = systemClock;
    // Older than the skip boundary, so that delta updates leave something out.
    const recording = { init() {}, part() {}, segment() {}, isKept: () => true };
    const fed = feedPackager({ clock, epochMs: Date.now() - OLD_S * 1000, recording });
    const hls = createHlsHandler({
      source: async () => fed.packager.source,
      log,
      slices: newSlices(),
      turns: newTurns(),
    });
    /** How often each URL reached the origin. */
    const asked = new Map<string, number>();
    const origin = createServer((request, response) => {
      asked.set(request.url!, (asked.get(request.url!) ?? 0) + 1);
      hls(request, response);
    });
    let nginx: Nginx;

    before(async () => {
      await new Promise<void>(resolve => origin.listen(0, '127.0.0.1', resolve));
      nginx = await startProxyNginx(`http://127.0.0.1:${(origin.address() as AddressInfo).port}`);
    });
    after(async () => {
      await nginx?.close();
      origin.closeAllConnections();
      origin.close();
    });

    it('asks for each URL once, however many viewers follow', async () => {
      fed.until(OLD_S);
      asked.clear();
      const startMs = performance.now();
      const feeding = setInterval(() => fed.until(OLD_S + (performance.now() - startMs) / 1000), 15);
      try {
        const seen = await Promise.all(Array.from({ length: VIEWERS }, () => follow(nginx.url, SECONDS)));
        for (const parts of seen) assert.ok(parts.length >= 4 * SECONDS, `${parts.length} parts`);
        for (const parts of seen) assert.deepEqual(parts, [...new Set(parts)]);
      } finally {
        clearInterval(feeding);
      }
      const plain = `/hls/${ID}/video/index.m3u8`;
      const seconds = (performance.now() - startMs) / 1000;
      assert.ok(asked.get(plain)! <= seconds + 1, `${asked.get(plain)} plain playlists in ${seconds} s`);
      const twice = [...asked].filter(([url, count]) => url !== plain && count > 1);
      assert.deepEqual(twice, []);
      assert.ok(asked.size > 8 * SECONDS, `${asked.size} addresses were asked for`);
      const updates = [...asked.keys()].filter(url => url.includes('_HLS_skip=YES'));
      assert.ok(updates.length > 4 * SECONDS, `${updates.length} delta updates`);
    });

    it('keeps a delta update apart from the whole playlist', async () => {
      const url = `${nginx.url}/hls/${ID}/video/index.m3u8`;
      for (const directives of ['_HLS_msn=0&_HLS_part=0', '']) {
        const whole = await (await fetch(`${url}?${directives}`)).text();
        const update = await (await fetch(`${url}?${directives}&_HLS_skip=YES`)).text();
        assert.ok(!whole.includes('EXT-X-SKIP') && update.includes('EXT-X-SKIP'), directives);
      }
    });

    it('takes other query parameters for no other address', async () => {
      const directives = '_HLS_msn=0&_HLS_part=0';
      await fetch(`${nginx.url}/hls/${ID}/audio/index.m3u8?${directives}`);
      const again = await fetch(`${nginx.url}/hls/${ID}/audio/index.m3u8?bust=1&${directives}`);
      assert.equal(again.headers.get('x-cache'), 'HIT');
      assert.equal(asked.get(`/hls/${ID}/audio/index.m3u8?${directives}`), 1);
      const escaped = await fetch(`${nginx.url}/hls/${ID}/audio/index.m3u8?_HLS%5Fmsn=0`);
      assert.equal(escaped.status, 200);
      assert.deepEqual(
        [...asked.keys()].filter(url => url.includes('%5F') || url.includes('bust')),
        [],
      );
    });

    it('keeps no refusal', async () => {
      const url = `${nginx.url}/hls/${ID}/video/99.m4s`;
      assert.equal((await fetch(url)).status, 404);
      assert.equal((await fetch(url)).headers.get('x-cache'), 'MISS');
    });

    it('unpacks a playlist for who does not read gzip, from the same answer', async () => {
      const url = `${nginx.url}/hls/${ID}/video/index.m3u8?_HLS_msn=0&_HLS_part=1`;
      const packed = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
      assert.equal(packed.headers.get('content-encoding'), 'gzip');
      const plain = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
      assert.equal(plain.headers.get('content-encoding'), null);
      assert.equal(plain.headers.get('x-cache'), 'HIT');
      assert.equal(await plain.text(), await packed.text());
    });

    it('serves a range of a part from the whole', async () => {
      const got = await fetch(`${nginx.url}/hls/${ID}/video/31.m4s`, { headers: { range: 'bytes=4-7' } });
      assert.equal(got.status, 206);
      assert.equal(await got.text(), 'moof');
    });
  });

  describe('in front of the whole server', () => {
    let server: TestServer;
    let nginx: Nginx;

    before(async () => {
      server = await startTestServer();
      nginx = await startProxyNginx(server.url);
    });
    after(async () => {
      await nginx?.close();
      await server?.close();
    });

    it('passes a WebSocket on', async () => {
      const socket = new WebSocket(`${nginx.url.replace('http', 'ws')}/socket`);
      await new Promise((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
      });
      socket.close();
    });

    it('passes the API, WHIP and its headers on', async () => {
      assert.equal((await fetch(`${nginx.url}/api/v1/timelines/live`)).status, 200);
      const headers = { 'content-type': 'application/sdp', authorization: 'Bearer wrong' };
      const whip = await fetch(`${nginx.url}/whip/${ID}`, { method: 'POST', headers, body: 'v=0' });
      assert.match(whip.headers.get('content-type') ?? '', /problem\+json/);
      const preflight = await fetch(`${nginx.url}/whip/${ID}/x`, { method: 'OPTIONS' });
      assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /PATCH/);
    });

    it('keeps the metrics to itself', async () => {
      assert.equal((await fetch(`${nginx.url}/metrics`)).status, 404);
    });

    it('tells whose request it is, so that one viewer does not use up the allowance of all', async () => {
      const offer = (address: string) =>
        fetch(`${nginx.url}/whep/${ID}`, { method: 'POST', headers: { 'x-forwarded-for': address } });
      // nginx adds 127.0.0.1, which is trusted as another proxy on this machine; so the one before it counts.
      const statuses: number[] = [];
      // The allowance grows while it is used up.
      for (let i = 0; i <= 2 * WHEP_OFFERS.burst && !statuses.includes(429); i++)
        statuses.push((await offer('192.0.2.1')).status);
      assert.ok(statuses.includes(429));
      assert.notEqual((await offer('192.0.2.2')).status, 429);
    });
  });
});

/** Follows the video for a while as a player does: blocking reloads, and every part once. Gives the parts it got. */
async function follow(origin: string, seconds: number): Promise<string[]> {
  const base = `${origin}/hls/${ID}/video/`;
  const parts: string[] = [];
  const endMs = performance.now() + seconds * 1000;
  let playlist = await text(`${base}index.m3u8`);
  await text(base + /URI="(init-\d+\.mp4)"/.exec(playlist)![1]!);
  while (performance.now() < endMs) {
    for (const [, uri] of playlist.matchAll(/#EXT-X-PART:.*URI="([^"]+)"/g)) {
      if (parts.includes(uri!)) continue;
      await text(base + uri);
      parts.push(uri!);
    }
    const [, msn, part] = /#EXT-X-PRELOAD-HINT:.*URI="(\d+)\.(\d+)\.m4s"/.exec(playlist)!;
    playlist = await text(`${base}index.m3u8?_HLS_msn=${msn}&_HLS_part=${part}&_HLS_skip=YES`);
  }
  return parts;
}

async function text(url: string): Promise<string> {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return response.text();
}
