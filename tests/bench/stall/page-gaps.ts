import type { Page } from 'playwright-core';
import { FILM_FPS, FILM_MS } from '../load/clock-film.ts';

export interface Gaps {
  readonly worstGapMs: number;
  /** From the sender to here, one for each picture. */
  readonly delaysMs: readonly number[];
}

interface Watch extends Gaps {
  stop(): void;
}

/** Begins to watch the page's player; gives what ends that and tells. The film's RTP timestamps say when a picture was sent. */
export async function watchPage(page: Page): Promise<() => Promise<Gaps>> {
  await page.evaluate(watchForGaps, [FILM_MS, 1000 / FILM_FPS] as const);
  return () =>
    page.evaluate(() => {
      const { stall } = window as unknown as { stall: Watch };
      stall.stop();
      return { worstGapMs: stall.worstGapMs, delaysMs: stall.delaysMs };
    });
}

/** Runs in the page. */
function watchForGaps([filmMs, frameMs]: readonly [number, number]): void {
  const video = document.querySelector<HTMLVideoElement>('video[data-player]')!;
  const g = new OffscreenCanvas(1280, 4).getContext('2d', { willReadFrequently: true })!;
  const watch = { worstGapMs: 0, delaysMs: [] as number[], stop: () => {} };
  let isOn = true;
  let last: { nowMs: number; rtp: number } | null = null;
  const shownMs = (): number => {
    g.drawImage(video, 0, video.videoHeight / 2, video.videoWidth, 4, 0, 0, 1280, 4);
    const row = g.getImageData(0, 1, 1280, 1).data;
    let ms = 0;
    for (let bit = 0; bit < 24; bit++) if (row[(bit * 52 + 40) * 4]! > 128) ms += 2 ** bit;
    return ms;
  };
  const onPicture = (nowMs: number, { rtpTimestamp: rtp }: { rtpTimestamp?: number }) => {
    if (!isOn) return;
    const date = Date.now();
    if (last && rtp !== undefined) {
      const sentMs = ((rtp - last.rtp) >>> 0) / 90;
      watch.worstGapMs = Math.max(watch.worstGapMs, nowMs - last.nowMs - Math.max(0, sentMs - frameMs));
    }
    last = { nowMs, rtp: rtp ?? 0 };
    watch.delaysMs.push((((date - shownMs()) % filmMs) + filmMs) % filmMs);
    video.requestVideoFrameCallback(onPicture);
  };
  watch.stop = () => {
    isOn = false;
    if (last) watch.worstGapMs = Math.max(watch.worstGapMs, performance.now() - last.nowMs - frameMs);
  };
  (window as unknown as { stall: typeof watch }).stall = watch;
  video.requestVideoFrameCallback(onPicture);
}
