import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { percentile } from '#tests/support/glass-clock.ts';
import { newBroadcast } from '#tests/support/new-broadcast.ts';
import { openPerson, signUp } from '#tests/support/people.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { until } from '#tests/support/until.ts';
import { FILM_MS, type FilmHeight } from './load/clock-film.ts';
import { startFilm } from './load/start.ts';

const GOP_SECONDS = 4;
/** The first picture may be an old one; this much later they shall be live. */
const LIVE_AFTER_MS = 150;

export interface NoPliJoins {
  /** From the click to the first picture. */
  readonly p95Ms: number;
  /** From glass to glass, of the picture shown `LIVE_AFTER_MS` after the first one. */
  readonly latencyAfter150Ms: number;
}

/** Joins a broadcast of a 4 s GOP that answers no PLI, at moments spread evenly over the GOP; 95th percentiles. */
export async function measureNoPliJoins(
  browser: Browser,
  height: FilmHeight,
  count: number,
): Promise<NoPliJoins> {
  const server = await startServerProcess();
  const broadcast = await newBroadcast(server.url, 'ana');
  const film = startFilm(broadcast, GOP_SECONDS, height);
  try {
    const playlist = `${server.url}/hls/${broadcast.id}/index.m3u8`;
    await until('the broadcast plays', async () => (await fetch(playlist)).ok);
    const ben = await openPerson(browser, server.url, 'ben');
    await signUp(ben);
    const joins: Pictures[] = [];
    for (let i = 0; i < count; i++) joins.push(await joinAt(ben.page, (i * FILM_MS) / count));
    await ben.context.close();
    const p95 = (values: number[]) =>
      Math.round(
        percentile(
          values.sort((a, b) => a - b),
          0.95,
        ),
      );
    return {
      p95Ms: p95(joins.map(join => join.firstMs)),
      latencyAfter150Ms: p95(joins.map(join => join.latencyMs)),
    };
  } finally {
    await film.stop();
    await server.close();
  }
}

interface Pictures {
  readonly firstMs: number;
  readonly latencyMs: number;
}

/** Clicks on the broadcast in the Live tab when the film stands at `atMs`. */
async function joinAt(page: Page, atMs: number): Promise<Pictures> {
  await page.goto('/live');
  const card = page.getByRole('link', { name: /Bench/ }).first();
  await card.waitFor();
  await page.evaluate(watchForPictures, [FILM_MS, LIVE_AFTER_MS] as const);
  await sleep((atMs - (Date.now() % FILM_MS) + FILM_MS) % FILM_MS);
  await card.click();
  return page.evaluate(() => (window as unknown as { pictures: Promise<Pictures> }).pictures);
}

/** Runs in the page. A picture of the film shows in blocks when in the film, and so of the time of day, it was sent. */
function watchForPictures([filmMs, liveAfterMs]: readonly [number, number]): void {
  const bits = 24;
  const g = new OffscreenCanvas(1280, 4).getContext('2d', { willReadFrequently: true })!;
  const shownMs = (video: HTMLVideoElement): number => {
    g.drawImage(video, 0, video.videoHeight / 2, video.videoWidth, 4, 0, 0, 1280, 4);
    const row = g.getImageData(0, 1, 1280, 1).data;
    let ms = 0;
    for (let bit = 0; bit < bits; bit++) if (row[(bit * 52 + 40) * 4]! > 128) ms += 2 ** bit;
    return ms;
  };
  const watch = (clickedMs: number, resolve: (pictures: Pictures) => void) => {
    let firstAtMs = 0;
    const onPicture = (video: HTMLVideoElement) => {
      const nowMs = performance.now();
      const date = Date.now();
      firstAtMs ||= nowMs;
      if (nowMs - firstAtMs < liveAfterMs) video.requestVideoFrameCallback(() => onPicture(video));
      else
        resolve({
          firstMs: firstAtMs - clickedMs,
          latencyMs: (((date - shownMs(video)) % filmMs) + filmMs) % filmMs,
        });
    };
    const look = () => {
      const video = document.querySelector<HTMLVideoElement>('video[data-player]');
      if (video) video.requestVideoFrameCallback(() => onPicture(video));
      else requestAnimationFrame(look);
    };
    look();
  };
  (window as unknown as { pictures: Promise<Pictures> }).pictures = new Promise(resolve => {
    addEventListener('click', event => watch(event.timeStamp, resolve), { capture: true, once: true });
  });
}
