import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { default as HlsPlayer } from 'hls.js';
import type { Browser, Page } from 'playwright-core';
import { requireBackend } from '#tests/support/backend.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { ffprobe } from '#tests/support/media.ts';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { openCamera, publishFromPage } from '#tests/support/page-whip.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { until } from '#tests/support/until.ts';
import { lint } from '../../tools/hls-lint/lint.ts';

const hlsScript = createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js');
/** The least of which Chromium makes three layers: of a larger picture a busy machine leaves the best one out. */
const WIDTHS = [240, 480, 960];
/** Congestion control starts with the smallest layer; a busy machine takes its time to all three. */
const RAMP_MS = 60_000;

describe('Chromium publishes three layers by WHIP', () => {
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let broadcast: NewBroadcast;
  let hlsUrl: string;

  before(async () => {
    server = await startServerProcess();
    broadcast = await newBroadcast(server.url, 'ana');
    hlsUrl = `${server.url}/hls/${broadcast.id}/index.m3u8`;
    browser = await openBrowser();
    page = await browser.newPage({ bypassCSP: true });
    await page.goto(server.url);
  });
  after(async () => {
    await page?.close();
    await browser?.close();
    await server?.close();
  });

  it('each is a variant of its own size, its answer takes them all', async () => {
    const { answer } = await publishFromPage(page, {
      url: broadcast.whipUrl,
      token: broadcast.publishToken,
      media: await openCamera(page, { width: 960, height: 540, frameRate: 15 }),
      encodings: [
        { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 100_000 },
        { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 350_000 },
        { rid: 'f', maxBitrate: 1_000_000 },
      ],
    });
    assert.match(answer, /a=simulcast:recv q;h;f/);
    const sizes = async () => widths(await (await fetch(hlsUrl)).text());
    await until('three sizes', async () => (await sizes()).length === 3, RAMP_MS);
    assert.deepEqual(
      (await sizes()).sort((a, b) => a - b),
      WIDTHS,
    );
  });

  it('hls.js plays each of them, one after the other', async () => {
    const viewer = await browser.newPage({ bypassCSP: true });
    await viewer.goto(server.url);
    await viewer.addScriptTag({ path: hlsScript });
    const seen = await viewer.evaluate(watchAll, hlsUrl);
    await viewer.close();
    assert.deepEqual(seen.fatal, []);
    assert.deepEqual(seen.widths, WIDTHS, seen.trace.join('\n'));
  });

  it('hls-lint finds nothing in them while they are live', async () => {
    const verdict = await lint(hlsUrl, 8);
    assert.equal(verdict.live, true);
    assert.equal(verdict.renditions.length, WIDTHS.length + 1);
    assert.deepEqual(verdict.findings, [], JSON.stringify(verdict.findings, null, 2));
  });

  it('the replay has them all, and ffprobe reads each whole', async t => {
    await broadcast.end();
    await until('the replay is there', async () =>
      (await (await fetch(hlsUrl)).text()).includes('video/replay.m3u8'),
    );
    const multivariant = await (await fetch(hlsUrl)).text();
    assert.deepEqual(
      widths(multivariant).sort((a, b) => a - b),
      WIDTHS,
    );
    const verdict = await lint(hlsUrl, 8);
    assert.equal(verdict.live, false);
    assert.deepEqual(verdict.findings, [], JSON.stringify(verdict.findings, null, 2));
    if (!requireBackend(t, 'ffmpeg')) return;
    const spans: number[] = [];
    for (const [uri] of multivariant.matchAll(/^video.*$/gm)) {
      const { streams, packets } = await ffprobe(new URL(uri, hlsUrl).href);
      assert.deepEqual(
        streams.map(stream => stream.codec_name),
        ['h264'],
      );
      spans.push(Number(packets.at(-1)!.dts_time));
    }
    assert.equal(spans.length, 3);
    assert.ok(Math.max(...spans) - Math.min(...spans) < 0.5, `the layers end together: ${spans.join(', ')}`);
  });
});

function widths(multivariant: string): number[] {
  return [...multivariant.matchAll(/RESOLUTION=(\d+)x/g)].map(match => Number(match[1]));
}

interface Seen {
  /** Of the picture after each switch, smallest level first. */
  widths: number[];
  fatal: string[];
  trace: string[];
}

/** Runs in the page: plays every level, from the smallest on. */
async function watchAll(url: string): Promise<Seen> {
  const Hls = (globalThis as unknown as { Hls: typeof HlsPlayer }).Hls;
  const video = document.body.appendChild(document.createElement('video'));
  video.muted = true;
  const player = new Hls({ lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.5, startLevel: 0 });
  const fatal: string[] = [];
  const trace: string[] = [];
  player.on(Hls.Events.ERROR, (_event, data) => {
    trace.push(`${data.details} ${data.reason ?? ''}`);
    if (data.fatal) fatal.push(data.details);
  });
  const parsed = new Promise(resolve => player.once(Hls.Events.MANIFEST_PARSED, resolve));
  player.loadSource(url);
  player.attachMedia(video);
  await parsed;
  void video.play();
  const shown = (width: number) =>
    new Promise<number>(resolve => {
      const deadline = setTimeout(() => resolve(-video.videoWidth), 20_000);
      const frame = () => {
        if (video.videoWidth !== width) return void video.requestVideoFrameCallback(frame);
        clearTimeout(deadline);
        resolve(width);
      };
      video.requestVideoFrameCallback(frame);
    });
  const widths: number[] = [];
  for (const [i, level] of player.levels.entries()) {
    player.nextLevel = i;
    trace.push(`level ${i}: ${level.width} at ${level.bitrate}`);
    widths.push(await shown(level.width));
  }
  player.destroy();
  return { widths, fatal, trace };
}
