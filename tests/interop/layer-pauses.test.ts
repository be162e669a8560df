import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { default as HlsPlayer } from 'hls.js';
import type { Browser, Page } from 'playwright-core';
import { skipWithout } from '#tests/support/backend.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { until } from '#tests/support/until.ts';
import { lint } from '../../tools/hls-lint/lint.ts';

const hlsScript = createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js');
const BEST_WIDTH = 1280;
/** A quarter of a second on a quiet machine. Where a gap lists no parts it is one to three: `layers.test.ts` sees that. */
const FROZEN_MS_MAX = 3_000;

describe('a player of the best layer, when that layer pauses', { skip: skipWithout('ffmpeg') }, () => {
  let server: ServerProcess;
  let publisher: ChildProcess;
  let browser: Browser;
  let page: Page;
  let broadcast: NewBroadcast;
  let hlsUrl: string;
  const newest = async () => (await fetch(new URL('video/index.m3u8', hlsUrl))).text();

  before(async () => {
    server = await startServerProcess();
    broadcast = await newBroadcast(server.url, 'ana');
    hlsUrl = `${server.url}/hls/${broadcast.id}/index.m3u8`;
    const args = ['tests/bench/load/simulcast-publisher.ts', broadcast.whipUrl, broadcast.publishToken];
    publisher = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: 'inherit',
    });
    await until(
      'three layers',
      async () => (await (await fetch(hlsUrl)).text()).includes('video-3/'),
      60_000,
    );
    browser = await openBrowser();
    page = await browser.newPage({ bypassCSP: true });
  });
  after(async () => {
    await browser?.close();
    const gone = new Promise(resolve => publisher.once('exit', resolve));
    publisher.kill('SIGTERM');
    await gone;
    await server?.close();
  });

  for (const [name, open] of [
    ['hls.js', openHlsJs],
    ['our player', openOurs],
  ] as const)
    it(`${name} goes on with another`, async t => {
      await open(page, server.url, broadcast);
      await page.waitForFunction(width => document.querySelector('video')?.videoWidth === width, BEST_WIDTH);
      await page.evaluate(watchTime);
      publisher.kill('SIGUSR2');
      await page.waitForFunction(width => {
        const { videoWidth } = document.querySelector('video')!;
        return videoWidth > 0 && videoWidth < width;
      }, BEST_WIDTH);
      const frozenMs = await page.evaluate(() => (globalThis as unknown as { frozenMs: number }).frozenMs);
      t.diagnostic(`${Math.round(frozenMs)} ms without a picture`);
      assert.ok(frozenMs < FROZEN_MS_MAX, `${frozenMs} ms`);
      const verdict = await lint(hlsUrl, 6);
      assert.deepEqual(verdict.findings, [], JSON.stringify(verdict.findings, null, 2));
      publisher.kill('SIGUSR2');
      await until('the layer is back', async () => !endsInGap(await newest()));
    });

  it('our player returns to the layer, live and in the replay', async () => {
    await page.waitForFunction(width => document.querySelector('video')?.videoWidth === width, BEST_WIDTH);
    await broadcast.end();
    await page.goto(`${server.url}/p/${broadcast.postId}`);
    await page.waitForSelector('video[data-mode="replay"]');
    await page.waitForFunction(() => document.querySelector('video')!.readyState >= 2);
    await page.evaluate(() => {
      const video = document.querySelector('video')!;
      video.currentTime = video.duration - 2;
    });
    await page.waitForFunction(width => document.querySelector('video')?.videoWidth === width, BEST_WIDTH);
  });
});

/** Whether the newest part of a layer is a gap. */
function endsInGap(playlist: string): boolean {
  return playlist.slice(playlist.lastIndexOf('#EXT-X-PART:')).includes('GAP=YES');
}

/** With its first picture: who is told to begin at the best layer finds it. */
async function openHlsJs(page: Page, url: string, broadcast: NewBroadcast): Promise<void> {
  await page.goto(url);
  await page.addScriptTag({ path: hlsScript });
  await page.evaluate(async hlsUrl => {
    const Hls = (globalThis as unknown as { Hls: typeof HlsPlayer }).Hls;
    const video = document.body.appendChild(document.createElement('video'));
    video.muted = true;
    const player = new Hls({ lowLatencyMode: true, startLevel: 2 });
    player.loadSource(hlsUrl);
    player.attachMedia(video);
    await new Promise(resolve => player.once(Hls.Events.MANIFEST_PARSED, resolve));
    void video.play();
  }, `${url}/hls/${broadcast.id}/index.m3u8`);
}

async function openOurs(page: Page, url: string, { postId }: NewBroadcast): Promise<void> {
  await page.goto(`${url}/p/${postId}?player=hls`);
}

/** Runs in the page: keeps how long the picture stood still at most. */
function watchTime(): void {
  const video = document.querySelector('video')!;
  const seen = Object.assign(globalThis, { frozenMs: 0 });
  let [position, sinceMs] = [video.currentTime, performance.now()];
  setInterval(() => {
    const nowMs = performance.now();
    if (video.currentTime !== position) [position, sinceMs] = [video.currentTime, nowMs];
    seen.frozenMs = Math.max(seen.frozenMs, nowMs - sinceMs);
  }, 50);
}
