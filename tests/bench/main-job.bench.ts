import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { installGlassClock, measureGlassToGlass, median, percentile } from '#tests/support/glass-clock.ts';
import { openPerson, type Person, signUp } from '#tests/support/people.ts';
import { waitForPlayer } from '#tests/support/playback.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { root } from '../../tools/processes.ts';

const JOINS = 5;
const WATCH_MS = 8_000;
/** HLS players settle on their target latency by playing a little faster; the figure is of the settled state. */
const HLS_SETTLE_MS = 8_000;

/** The main job in figures: medians of several joins, 95th percentiles of the delay from glass to glass. */
export async function measure(): Promise<Record<string, number>> {
  const server = await startServerProcess();
  const browser = await openBrowser();
  try {
    const ana = await openPerson(browser, server.url, 'ana');
    await installGlassClock(ana.context);
    await signUp(ana);
    const firstLoadJsGzipKb = await firstLoadJs(browser, ana);
    const idleRssMb = await server.residentMb();
    const tapToLiveMs = await goLive(ana.page);
    const ben = await openPerson(browser, server.url, 'ben');
    await signUp(ben);
    const joinWhep = await joins(ben.page, 'whep');
    const latencyWhep = await measureGlassToGlass(ben.page, WATCH_MS);
    const joinHls = await joins(ben.page, 'hls');
    await measureGlassToGlass(ben.page, HLS_SETTLE_MS);
    const latencyHls = await measureGlassToGlass(ben.page, WATCH_MS);
    return {
      tapToLiveMs: Math.round(tapToLiveMs),
      joinWhepMs: Math.round(median(joinWhep)),
      joinHlsMs: Math.round(median(joinHls)),
      latencyWhepP95Ms: Math.round(percentile(latencyWhep, 0.95)),
      latencyHlsP95Ms: Math.round(percentile(latencyHls, 0.95)),
      idleRssMb: Math.round(idleRssMb),
      firstLoadJsGzipKb: Math.round(firstLoadJsGzipKb * 10) / 10,
    };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Kilobytes of JavaScript, gzipped, that a signed-in person's empty browser fetches for the home page. */
async function firstLoadJs(browser: Browser, person: Person): Promise<number> {
  const context = await browser.newContext({
    storageState: await person.context.storageState(),
    serviceWorkers: 'block',
  });
  const page = await context.newPage();
  const scripts = new Set<string>();
  page.on('request', request => {
    if (request.resourceType() === 'script') scripts.add(path.basename(new URL(request.url()).pathname));
  });
  await page.goto(new URL('/', person.page.url()).href);
  await page.getByRole('navigation').first().waitFor();
  await page.waitForLoadState('networkidle');
  await context.close();
  const folder = path.join(root, 'dist/web');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const bytes = [...scripts].map(name => {
    const file = files.find(candidate => path.basename(candidate) === name);
    return file ? gzipSync(readFileSync(path.join(folder, file))).length : 0;
  });
  return bytes.reduce((sum, size) => sum + size, 0) / 1024;
}

/** From the tap on the framing screen to the moment the page says that it is live. */
export async function goLive(page: Page): Promise<number> {
  await page.goto('/go-live');
  await page.getByLabel('Title').fill('Bench');
  await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
  await page.evaluate(() => {
    addEventListener('click', event => performance.mark('bench:tap', { startTime: event.timeStamp }), {
      capture: true,
      once: true,
    });
    new MutationObserver((_, observer) => {
      const live = [...document.querySelectorAll('button')].some(
        button => button.textContent?.trim() === 'End',
      );
      if (!live) return;
      performance.mark('bench:live');
      observer.disconnect();
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  await page.getByRole('button', { name: 'Go Live' }).click();
  await page.getByRole('button', { name: 'End' }).waitFor();
  return page.evaluate(() => performance.measure('bench', 'bench:tap', 'bench:live').duration);
}

/** From the click on the broadcast in the Live tab to its first picture, several times. */
export async function joins(page: Page, mode: 'whep' | 'hls', count = JOINS): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    await page.goto('/live');
    const card = page.getByRole('link', { name: /Bench/ }).first();
    await card.waitFor();
    await card.evaluate((link: HTMLAnchorElement, mode) => {
      if (mode === 'hls') link.href = `${link.pathname}?player=hls`;
      const shared = window as unknown as { firstPicture: Promise<number> };
      shared.firstPicture = new Promise(resolve => {
        addEventListener('click', event => watchFor(event.timeStamp), { capture: true, once: true });
        const watchFor = (tapMs: number) => {
          const look = () => {
            const video = document.querySelector<HTMLVideoElement>('video[data-player]');
            if (video) video.requestVideoFrameCallback(() => resolve(performance.now() - tapMs));
            else requestAnimationFrame(look);
          };
          look();
        };
      });
    }, mode);
    await card.click();
    times.push(
      await page.evaluate(() => (window as unknown as { firstPicture: Promise<number> }).firstPicture),
    );
    await waitForPlayer(page, mode);
  }
  return times;
}
