import type { Page } from 'playwright-core';

interface Frame {
  /** Wall time. */
  readonly atMs: number;
  readonly mode: string;
}

export interface FrameWatch {
  /** Pictures that came to the screen after `sinceMs`, wall time. */
  framesSince(sinceMs: number): Promise<number>;
  /** Longest without a new picture since the watch began, and the ways that pictures came by, in order. */
  stop(): Promise<{ gapMs: number; modes: string[] }>;
}

/** Counts the pictures that the page's player brings to the screen, by whatever way they come. */
export async function watchFrames(page: Page): Promise<FrameWatch> {
  await page.evaluate(() => {
    const kept = window as unknown as { frames: Frame[] };
    const video = document.querySelector<HTMLVideoElement>('video[data-player]')!;
    kept.frames = [];
    const onFrame = () => {
      kept.frames.push({ atMs: Date.now(), mode: video.dataset.mode ?? '' });
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  });
  const frames = () => page.evaluate(() => (window as unknown as { frames: Frame[] }).frames);
  return {
    framesSince: async sinceMs => (await frames()).filter(({ atMs }) => atMs > sinceMs).length,
    async stop() {
      const all = await frames();
      const gaps = all.slice(1).map(({ atMs }, i) => atMs - all[i]!.atMs);
      const modes = all.map(({ mode }) => mode).filter((mode, i) => mode !== all[i - 1]?.mode);
      return { gapMs: Math.max(0, ...gaps), modes };
    },
  };
}
