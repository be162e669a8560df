import type { Page } from 'playwright-core';

const VIDEO = 'video[data-player]';

export interface Playback {
  /** Frames shown while it was watched. */
  readonly frames: number;
  /** Greatest root mean square of the sound in 40 ms windows, 0 to 1. */
  readonly audioPeak: number;
  /** Greatest mean difference of a picture from the first, 0 to 255: a frozen picture has none. */
  readonly motion: number;
  readonly width: number;
}

/** How much longer than asked for it is watched until enough pictures have come. */
const PICTURES_MS_MAX = 15_000;

/**
 * Watches and listens to the page's player for `ms`, and on until it has shown so many `pictures`, within bounds; counts
 * decoded pictures and measures sound, not events.
 */
export function observePlayback(page: Page, ms: number, pictures = 0): Promise<Playback> {
  return page.evaluate(
    async ([selector, ms, pictures, longerMs]) => {
      const video = document.querySelector<HTMLVideoElement & { captureStream(): MediaStream }>(selector);
      if (!video) throw new Error('there is no player');
      const canvas = new OffscreenCanvas(160, 90);
      const context = canvas.getContext('2d', { willReadFrequently: true })!;
      const picture = () => {
        context.drawImage(video, 0, 0, 160, 90);
        return context.getImageData(0, 0, 160, 90).data;
      };
      const audio = new AudioContext();
      await audio.resume();
      const muted = video.muted;
      video.muted = false;
      const stream = (video.srcObject as MediaStream | null) ?? video.captureStream();
      const analyser = audio.createAnalyser();
      analyser.fftSize = 2048;
      if (stream.getAudioTracks().length > 0)
        audio.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      let frames = 0;
      let audioPeak = 0;
      let first: Uint8ClampedArray | null = null;
      let motion = 0;
      const differenceFrom = (a: Uint8ClampedArray, b: Uint8ClampedArray) => {
        let sum = 0;
        for (let i = 0; i < a.length; i += 4) sum += Math.abs(a[i]! - b[i]!);
        return sum / (160 * 90);
      };
      const endMs = performance.now() + ms;
      const isOver = () => performance.now() >= endMs + (frames < pictures ? longerMs : 0);
      await new Promise<void>(resolve => {
        const listen = setInterval(() => {
          analyser.getFloatTimeDomainData(samples);
          const square = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
          audioPeak = Math.max(audioPeak, Math.sqrt(square));
          if (!isOver()) return;
          clearInterval(listen);
          resolve();
        }, 20);
        const onFrame = () => {
          frames++;
          const shown = picture();
          first ??= shown;
          motion = Math.max(motion, differenceFrom(first, shown));
          if (!isOver()) video.requestVideoFrameCallback(onFrame);
        };
        video.requestVideoFrameCallback(onFrame);
      });
      video.muted = muted;
      await audio.close();
      return { frames, audioPeak, motion, width: video.videoWidth };
    },
    [VIDEO, ms, pictures, PICTURES_MS_MAX] as const,
  );
}

/** Resolves when the page's player shows pictures in the given mode. */
export async function waitForPlayer(
  page: Page,
  mode: 'whep' | 'hls' | 'replay',
  timeoutMs = 20_000,
): Promise<void> {
  await page.waitForSelector(`${VIDEO}[data-mode="${mode}"]`, { state: 'attached', timeout: timeoutMs });
  await page.waitForFunction(
    ([selector]) => {
      const video = document.querySelector<HTMLVideoElement>(selector);
      return (
        video !== null &&
        video.readyState >= 2 &&
        video.videoWidth > 0 &&
        !video.paused &&
        video.currentTime > 0
      );
    },
    [VIDEO] as const,
    { timeout: timeoutMs, polling: 100 },
  );
}
