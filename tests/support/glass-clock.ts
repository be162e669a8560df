import type { BrowserContext, Page } from 'playwright-core';

/** Bits of the clock that is drawn into the picture: milliseconds modulo 2^24, over four hours. */
const BITS = 24;

/**
 * Replaces the camera by a canvas that shows the time as black and white blocks, and the microphone by a tone. What a
 * viewer sees of it, read back from its video, tells the delay from glass to glass.
 */
export async function installGlassClock(context: BrowserContext): Promise<void> {
  await context.addInitScript(bits => {
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement('canvas');
      canvas.width = 1280;
      canvas.height = 720;
      const g = canvas.getContext('2d')!;
      const draw = () => {
        const time = Date.now() % 2 ** bits;
        g.fillStyle = '#000';
        g.fillRect(0, 0, 1280, 720);
        for (let i = 0; i < bits; i++) {
          g.fillStyle = Math.floor(time / 2 ** i) % 2 ? '#fff' : '#000';
          g.fillRect(i * 52 + 16, 200, 48, 320);
        }
        requestAnimationFrame(draw);
      };
      draw();
      const audio = new AudioContext();
      const tone = audio.createOscillator();
      const out = audio.createMediaStreamDestination();
      tone.connect(out);
      tone.start();
      return new MediaStream([...canvas.captureStream(30).getTracks(), ...out.stream.getTracks()]);
    };
  }, BITS);
}

/** Delays from glass to glass in milliseconds, one for each picture shown within `ms`, sorted. */
export function measureGlassToGlass(page: Page, ms: number): Promise<number[]> {
  return page.evaluate(
    async ([bits, ms]) => {
      const video = document.querySelector<HTMLVideoElement>('video[data-player]')!;
      const canvas = new OffscreenCanvas(1280, 4);
      const g = canvas.getContext('2d', { willReadFrequently: true })!;
      const delays: number[] = [];
      const endMs = performance.now() + ms;
      await new Promise<void>(resolve => {
        const onFrame = () => {
          const nowMs = Date.now() % 2 ** bits;
          g.drawImage(video, 0, video.videoHeight / 2, video.videoWidth, 4, 0, 0, 1280, 4);
          const row = g.getImageData(0, 1, 1280, 1).data;
          let shownMs = 0;
          for (let i = 0; i < bits; i++) if (row[(i * 52 + 40) * 4]! > 128) shownMs += 2 ** i;
          delays.push((nowMs - shownMs + 2 ** bits) % 2 ** bits);
          if (performance.now() < endMs) video.requestVideoFrameCallback(onFrame);
          else resolve();
        };
        video.requestVideoFrameCallback(onFrame);
      });
      return delays.sort((a, b) => a - b);
    },
    [BITS, ms] as const,
  );
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
