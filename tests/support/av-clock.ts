import type { BrowserContext, Page } from 'playwright-core';

/** Bits of the clock that is drawn into the picture: milliseconds modulo 2^24, over four hours. */
export const CLOCK_BITS = 24;
/** A beep begins when the time of day is a multiple of this. */
export const BEEP_EVERY_MS = 2000;
/** Louder than what codecs add around a beep, far below the beep itself. */
export const BEEP_THRESHOLD = 0.1;
export const WIDTH = 640;
export const HEIGHT = 360;
/** Across the picture, where the middle of a bit's block is. */
export const bitX = (bit: number): number => bit * 26 + 20;

/**
 * Replaces the camera by a small canvas that shows the time of day as black and white blocks, and the microphone by beeps at
 * known times of day: both say by themselves when they were captured.
 */
export async function installAvClock(context: BrowserContext): Promise<void> {
  await context.addInitScript(
    ([bits, everyMs, width, height]) => {
      const draw = (g: CanvasRenderingContext2D) => {
        const time = Date.now() % 2 ** bits;
        g.fillStyle = '#000';
        g.fillRect(0, 0, width, height);
        g.fillStyle = '#fff';
        for (let i = 0; i < bits; i++)
          if (Math.floor(time / 2 ** i) % 2) g.fillRect(i * 26 + 8, 100, 24, 160);
      };
      /** Time of day of the context's time zero. It renders in bursts: the earliest counts, of the last four seconds. */
      const zeroOf = (audio: AudioContext) => {
        const readings: number[] = [];
        return () => {
          readings.push(Date.now() - audio.currentTime * 1000);
          if (readings.length > 200) readings.shift();
          return Math.min(...readings);
        };
      };
      const beeps = (audio: AudioContext, gain: AudioParam) => {
        const zeroMs = zeroOf(audio);
        let done = 0;
        setInterval(() => {
          const atMs = Math.ceil((Date.now() + 100) / everyMs) * everyMs;
          const at = (atMs - zeroMs()) / 1000;
          if (atMs === done || atMs - Date.now() > 200) return;
          done = atMs;
          gain.setValueAtTime(0.5, at);
          gain.setValueAtTime(0, at + 0.06);
        }, 20);
      };
      navigator.mediaDevices.getUserMedia = async () => {
        const canvas = document.createElement('canvas');
        Object.assign(canvas, { width, height });
        const g = canvas.getContext('2d')!;
        draw(g);
        setInterval(() => draw(g), 1000 / 30);
        const audio = new AudioContext({ sampleRate: 48_000 });
        const tone = new OscillatorNode(audio, { frequency: 1000 });
        const gain = new GainNode(audio, { gain: 0 });
        const out = audio.createMediaStreamDestination();
        tone.connect(gain).connect(out);
        tone.start();
        beeps(audio, gain.gain);
        return new MediaStream([...canvas.captureStream(30).getTracks(), ...out.stream.getTracks()]);
      };
    },
    [CLOCK_BITS, BEEP_EVERY_MS, WIDTH, HEIGHT] as const,
  );
}

/** What a viewer's page showed and played since it was last asked. */
export interface Watched {
  /** From glass to glass, milliseconds, of about five pictures a second. */
  readonly delaysMs: number[];
  /** How much later than its picture a beep was heard, milliseconds; negative when it was earlier. */
  readonly offsetsMs: number[];
  /** The longest time without a new picture. */
  readonly frozenMs: number;
}

interface Probe {
  take(): Watched;
}

/** Watches and listens to the page's player from now on, whatever element it uses. `takeWatched` gives what it saw. */
export async function startAvProbe(page: Page): Promise<void> {
  await page.evaluate(
    ([bits, everyMs, threshold, width]) => {
      const POLL_MS = 200;
      const g = new OffscreenCanvas(width, 2).getContext('2d', { willReadFrequently: true })!;
      let delaysMs: number[] = [];
      let offsetsMs: number[] = [];
      let recent: number[] = [];
      let frozenMs = 0;
      let shownAtMs = performance.now();

      const player = () => document.querySelector<HTMLVideoElement>('video[data-player]');
      const readDelay = (video: HTMLVideoElement) => {
        const nowMs = Date.now();
        g.drawImage(video, 0, video.videoHeight / 2, video.videoWidth, 2, 0, 0, width, 2);
        const row = g.getImageData(0, 1, width, 1).data;
        let shownMs = 0;
        for (let i = 0; i < bits; i++) if (row[(i * 26 + 20) * 4]! > 128) shownMs += 2 ** i;
        return (((nowMs - shownMs) % 2 ** bits) + 2 ** bits) % 2 ** bits;
      };
      const shown = (video: HTMLVideoElement) => {
        const nowMs = performance.now();
        frozenMs = Math.max(frozenMs, nowMs - shownAtMs);
        shownAtMs = nowMs;
        const delay = readDelay(video);
        delaysMs.push(delay);
        recent = [...recent.slice(-14), delay];
      };
      let asked: HTMLVideoElement | null = null;
      const look = () => {
        const video = player();
        if (video === null || video === asked) return;
        asked = video;
        video.requestVideoFrameCallback(() => {
          shown(video);
          setTimeout(() => {
            asked = null;
            look();
          }, POLL_MS);
        });
      };

      const audio = new AudioContext({ sampleRate: 48_000 });
      const analyser = new AnalyserNode(audio, { fftSize: 32_768 });
      const samples = new Float32Array(analyser.fftSize);
      const zeros: number[] = [];
      let heardMs = 0;
      let source: unknown = null;
      let node: AudioNode | null = null;
      const elements = new WeakMap<HTMLVideoElement, AudioNode>();
      /** An element that plays a stream is heard beside it; one that plays a source is heard instead of its output. */
      const connect = () => {
        const video = player();
        const now = video?.srcObject ?? video ?? null;
        if (video) video.muted = false;
        if (now === source || now === null) return;
        if (now instanceof MediaStream && now.getAudioTracks().length === 0) return;
        source = now;
        node?.disconnect();
        if (now instanceof MediaStream) node = audio.createMediaStreamSource(now);
        else {
          node = elements.get(video!) ?? audio.createMediaElementSource(video!);
          elements.set(video!, node);
        }
        node.connect(analyser);
        node.connect(audio.destination);
      };
      const listen = () => {
        connect();
        zeros.push(Date.now() - audio.currentTime * 1000);
        if (zeros.length > 20) zeros.shift();
        const endMs = Math.min(...zeros) + audio.currentTime * 1000;
        analyser.getFloatTimeDomainData(samples);
        const onset = samples.findIndex(value => Math.abs(value) > threshold);
        if (onset < 2400) return; // none, or it began before what is in the window
        // WebRTC shows a picture when its sound has left the device; an element that is tapped knows of no device.
        const deviceMs = source instanceof MediaStream ? audio.outputLatency * 1000 : 0;
        const atMs = endMs - ((samples.length - onset) * 1000) / audio.sampleRate + deviceMs;
        if (atMs - heardMs < everyMs / 2) return;
        heardMs = atMs;
        const delay = recent.toSorted((a, b) => a - b)[recent.length >> 1];
        if (delay === undefined) return;
        const late = (((atMs - delay) % everyMs) + everyMs) % everyMs;
        offsetsMs.push(late > everyMs / 2 ? late - everyMs : late);
      };
      // Where nothing but a film moves, Chromium draws 30 times a second instead of 60 and shows pictures up to 20 ms early.
      const dot = document.createElement('i');
      dot.style.cssText = 'position: fixed; width: 1px; height: 1px; background: #888';
      document.body.append(dot);
      dot.animate([{ opacity: 0.4 }, { opacity: 0.6 }], { duration: 1000, iterations: Infinity });
      setInterval(look, POLL_MS);
      setInterval(listen, POLL_MS);
      (window as unknown as { probe: Probe }).probe = {
        take() {
          const seen = { delaysMs, offsetsMs, frozenMs: Math.max(frozenMs, performance.now() - shownAtMs) };
          [delaysMs, offsetsMs, frozenMs] = [[], [], 0];
          return seen;
        },
      };
    },
    [CLOCK_BITS, BEEP_EVERY_MS, BEEP_THRESHOLD, WIDTH] as const,
  );
}

export function takeWatched(page: Page): Promise<Watched> {
  return page.evaluate(() => (window as unknown as { probe: Probe }).probe.take());
}
