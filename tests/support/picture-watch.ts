import type { Page } from 'playwright-core';

const EVERY_MS = 100;
/** Mean of the picture's brightness, 0 to 255. */
const BLACK = 16;

interface Look {
  readonly atMs: number;
  readonly light: number;
  readonly mode: string;
}

export interface PictureWatch {
  /** What was shown since the watch began: longest without a picture, in ms, and the ways it came by, in order. */
  stop(): Promise<{ blackMs: number; looks: number; modes: string[] }>;
}

/** Looks every 100 ms at the picture that the page's player shows: its video, over the still behind it. */
export async function watchPicture(page: Page): Promise<PictureWatch> {
  await page.evaluate(
    ([every]) => {
      const kept = window as unknown as { looks: Look[]; looking: number };
      const canvas = new OffscreenCanvas(32, 18);
      const g = canvas.getContext('2d', { willReadFrequently: true })!;
      kept.looks = [];
      kept.looking = window.setInterval(() => {
        const video = document.querySelector<HTMLVideoElement>('video[data-player]')!;
        const still = document.querySelector<HTMLCanvasElement>('.stage-still')!;
        g.fillStyle = '#000';
        g.fillRect(0, 0, 32, 18);
        if (!still.hidden && still.width > 0) g.drawImage(still, 0, 0, 32, 18);
        if (video.readyState >= 2) g.drawImage(video, 0, 0, 32, 18);
        const { data } = g.getImageData(0, 0, 32, 18);
        let light = 0;
        for (let i = 0; i < data.length; i += 4) light += (data[i]! + data[i + 1]! + data[i + 2]!) / 3;
        kept.looks.push({
          atMs: performance.now(),
          light: light / (32 * 18),
          mode: video.dataset.mode ?? '',
        });
      }, every);
    },
    [EVERY_MS] as const,
  );
  return {
    async stop() {
      const looks = await page.evaluate(() => {
        const kept = window as unknown as { looks: Look[]; looking: number };
        clearInterval(kept.looking);
        return kept.looks;
      });
      return { blackMs: longestBlack(looks), looks: looks.length, modes: modesOf(looks) };
    },
  };
}

function longestBlack(looks: readonly Look[]): number {
  let seenAtMs = looks[0]?.atMs ?? 0;
  let longest = 0;
  for (const { atMs, light } of looks) {
    if (light >= BLACK) seenAtMs = atMs;
    else longest = Math.max(longest, atMs - seenAtMs);
  }
  return longest;
}

function modesOf(looks: readonly Look[]): string[] {
  return looks.map(({ mode }) => mode).filter((mode, i, all) => mode !== all[i - 1]);
}
