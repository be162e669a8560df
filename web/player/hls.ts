import type { ErrorData } from 'hls.js';
import { type HlsJoin, joinHlsAhead, takeHlsJoin } from './hls-join.ts';
import type { Playback, PlaybackEvents } from './playback.ts';

const NETWORK_RECOVERIES_MAX = 6;
const MEDIA_RECOVERIES_MAX = 3;
/** Recoveries are forgiven after this long without another. */
const FORGIVE_MS = 30_000;

export interface HlsOptions {
  readonly url: string;
  readonly video: HTMLVideoElement;
  readonly mode: 'hls' | 'replay';
  readonly startedAtMs: () => number | null;
  readonly events: PlaybackEvents;
}

/** Watches by LL-HLS, or the replay by HLS: the browser's own player where there is one and no MSE, hls.js elsewhere. */
export async function openHls(options: HlsOptions, signal: AbortSignal): Promise<Playback> {
  // Chromium plays some HLS by itself, without low latency; Safari's own player is the better one.
  if (playsHlsWell(options.video)) return new NativeHls(options);
  const join = await takeHlsJoin(options.url, options.mode);
  if (signal.aborted) join?.close();
  signal.throwIfAborted();
  if (join) return new MseHls(join, options);
  if (options.video.canPlayType('application/vnd.apple.mpegurl') !== '') return new NativeHls(options);
  throw new Error('This browser plays no HLS');
}

/** Begins to load what `openHls` will be asked for, where that is for hls.js. */
export function openHlsAhead(url: string): void {
  if (!playsHlsWell(document.createElement('video'))) joinHlsAhead(url);
}

function playsHlsWell(video: HTMLVideoElement): boolean {
  const native = video.canPlayType('application/vnd.apple.mpegurl') !== '';
  return native && ('webkitDisplayingFullscreen' in video || !('MediaSource' in globalThis));
}

class MseHls implements Playback {
  readonly mode: 'hls' | 'replay';
  readonly #options: HlsOptions;
  readonly #join: HlsJoin;
  readonly #element: ElementWatch;
  #networkRecoveries = 0;
  #mediaRecoveries = 0;
  #forgive: ReturnType<typeof setTimeout> | undefined;

  constructor(join: HlsJoin, options: HlsOptions) {
    this.mode = options.mode;
    this.#options = options;
    this.#join = join;
    this.#element = new ElementWatch(options.video, options.events);
    join.attach(options.video, data => this.#recover(data));
  }

  mediaTimeMs(): number | null {
    const shownAt = this.#join.hls.playingDate?.getTime();
    const startedAtMs = this.#options.startedAtMs();
    if (shownAt !== undefined && startedAtMs !== null) return Math.max(0, shownAt - startedAtMs);
    return this.mode === 'replay' ? this.#options.video.currentTime * 1000 : null;
  }

  latencyS(): number | null {
    return this.mode === 'hls' ? this.#join.hls.latency : null;
  }

  close(): void {
    clearTimeout(this.#forgive);
    this.#element.close();
    this.#join.close();
  }

  #recover(data: ErrorData): void {
    clearTimeout(this.#forgive);
    this.#forgive = setTimeout(() => {
      this.#networkRecoveries = 0;
      this.#mediaRecoveries = 0;
    }, FORGIVE_MS);
    if (data.type === this.#join.errors.NETWORK_ERROR && this.#networkRecoveries < NETWORK_RECOVERIES_MAX) {
      this.#networkRecoveries += 1;
      this.#join.hls.startLoad();
    } else if (data.type === this.#join.errors.MEDIA_ERROR && this.#mediaRecoveries < MEDIA_RECOVERIES_MAX) {
      this.#mediaRecoveries += 1;
      this.#join.hls.recoverMediaError();
    } else {
      this.#options.events.failed(data.type === this.#join.errors.MEDIA_ERROR ? 'unsupported' : 'lost');
    }
  }
}

/** Safari knows the wall-clock time of `currentTime` 0 from PROGRAM-DATE-TIME. */
interface DatedVideo extends HTMLVideoElement {
  getStartDate?(): Date;
}

class NativeHls implements Playback {
  readonly mode: 'hls' | 'replay';
  readonly #options: HlsOptions;
  readonly #element: ElementWatch;
  readonly #failed = (): void => {
    const decoding = this.#options.video.error?.code === MediaError.MEDIA_ERR_DECODE;
    this.#options.events.failed(decoding ? 'unsupported' : 'lost');
  };

  constructor(options: HlsOptions) {
    this.mode = options.mode;
    this.#options = options;
    this.#element = new ElementWatch(options.video, options.events);
    options.video.addEventListener('error', this.#failed);
    options.video.src = options.url;
  }

  mediaTimeMs(): number | null {
    const { video, startedAtMs } = this.#options;
    const epochMs = startedAtMs();
    const zeroMs = (video as DatedVideo).getStartDate?.().getTime() ?? Number.NaN;
    if (epochMs !== null && !Number.isNaN(zeroMs))
      return Math.max(0, zeroMs + video.currentTime * 1000 - epochMs);
    return this.mode === 'replay' ? video.currentTime * 1000 : null;
  }

  latencyS(): number | null {
    const { seekable, currentTime } = this.#options.video;
    if (this.mode === 'replay' || seekable.length === 0) return null;
    return Math.max(0, seekable.end(seekable.length - 1) - currentTime);
  }

  close(): void {
    const { video } = this.#options;
    this.#element.close();
    video.removeEventListener('error', this.#failed);
    video.removeAttribute('src');
    video.load();
  }
}

/** Turns what the element says into playback events. */
class ElementWatch {
  readonly #abort = new AbortController();

  constructor(video: HTMLVideoElement, events: PlaybackEvents) {
    const { signal } = this.#abort;
    let stalled = false;
    const setStalled = (now: boolean) => {
      if (now !== stalled) events.stalled(now);
      stalled = now;
    };
    video.addEventListener('loadeddata', () => events.firstFrame(), { once: true, signal });
    video.addEventListener('waiting', () => setStalled(true), { signal });
    video.addEventListener('playing', () => setStalled(false), { signal });
    video.addEventListener('timeupdate', () => setStalled(false), { signal });
  }

  close(): void {
    this.#abort.abort();
  }
}
