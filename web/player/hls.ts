import type { ErrorData } from 'hls.js';
import { type HlsJoin, joinHlsAhead, takeHlsJoin } from './hls-join.ts';
import type { Playback, PlaybackEvents } from './playback.ts';

const NETWORK_RECOVERIES_MAX = 6;
const MEDIA_RECOVERIES_MAX = 3;
/** Recoveries are forgiven after this long without another. */
const FORGIVE_MS = 30_000;

/**
 * Sound may begin some milliseconds after the picture, and hls.js fetches from the live edge whichever of them is asked for
 * what is before its start.
 */
const EARLIEST_S = 0.25;

export interface HlsOptions {
  readonly url: string;
  readonly video: HTMLVideoElement;
  readonly mode: 'hls' | 'replay';
  readonly startedAtMs: () => number | null;
  /** The media time to begin at; null for the newest picture, or the start of a replay. */
  readonly startAtMs: number | null;
  readonly events: PlaybackEvents;
}

/**
 * Watches by LL-HLS, or the replay by HLS: the browser's own player where there is one and no MSE, hls.js elsewhere. Null where the
 * browser plays no HLS; rejects when hls.js could not be fetched.
 */
export async function openHls(options: HlsOptions, signal: AbortSignal): Promise<Playback | null> {
  // Chromium plays some HLS by itself, without low latency; Safari's own player is the better one.
  if (playsHlsWell(options.video)) return new NativeHls(options);
  const join = await takeHlsJoin(options.url, options.mode, startPositionOf(options));
  if (signal.aborted) join?.close();
  signal.throwIfAborted();
  if (join) return new MseHls(join, options);
  if (options.video.canPlayType('application/vnd.apple.mpegurl') !== '') return new NativeHls(options);
  return null;
}

/** Fetches hls.js for later: when WebRTC is lost because the server is away, it is not to be had. */
export function fetchHlsPlayer(): void {
  if (!playsHlsWell(document.createElement('video'))) import('hls.js').catch(() => {});
}

/** Begins to load what `openHls` will be asked for, where that is for hls.js. */
export function openHlsAhead(url: string): void {
  if (!playsHlsWell(document.createElement('video'))) joinHlsAhead(url);
}

function playsHlsWell(video: HTMLVideoElement): boolean {
  const native = video.canPlayType('application/vnd.apple.mpegurl') !== '';
  return native && ('webkitDisplayingFullscreen' in video || !('MediaSource' in globalThis));
}

/** Seconds on the player's timeline; null for the newest picture. */
function startPositionOf({ mode, startAtMs }: HlsOptions): number | null {
  if (startAtMs !== null) return Math.max(startAtMs / 1000, EARLIEST_S);
  return mode === 'hls' ? null : 0;
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

  seek(mediaTimeMs: number): void {
    const position = this.#positionOf(mediaTimeMs);
    if (position !== null) this.#options.video.currentTime = position;
  }

  goLive(): void {
    const { liveSyncPosition } = this.#join.hls;
    if (liveSyncPosition !== null) this.#options.video.currentTime = liveSyncPosition;
    void this.#options.video.play();
  }

  /** Where the player's timeline has this media time: interruptions are in the clock and not on the timeline. */
  #positionOf(mediaTimeMs: number): number | null {
    const fragments = this.#join.hls.latestLevelDetails?.fragments ?? [];
    const atMs = (this.#options.startedAtMs() ?? 0) + mediaTimeMs;
    const fragment =
      fragments.findLast(({ programDateTime }) => programDateTime !== null && programDateTime <= atMs) ??
      fragments[0];
    if (!fragment) return null;
    const withinS = (atMs - (fragment.programDateTime ?? atMs)) / 1000;
    const position = fragment.start + Math.min(Math.max(withinS, 0), fragment.duration);
    return Math.max(position, fragments[0]!.start + EARLIEST_S);
  }

  /** Requests that failed meanwhile, of a server that started again, wait for up to eight seconds. */
  resume(): void {
    this.#networkRecoveries = 0;
    this.#join.hls.startLoad();
  }

  close(): void {
    clearTimeout(this.#forgive);
    this.#element.close();
    this.#join.close();
  }

  #recover(data: ErrorData): void {
    clearTimeout(this.#forgive);
    // Without the list of layers there is nothing that hls.js could go on with.
    if (this.#join.hls.levels.length === 0) {
      this.#options.events.failed('lost');
      return;
    }
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
    const { video, startAtMs } = options;
    video.addEventListener('error', this.#failed);
    if (startAtMs !== null)
      video.addEventListener('loadedmetadata', () => this.seek(startAtMs), { once: true });
    video.src = options.url;
  }

  mediaTimeMs(): number | null {
    const { video } = this.#options;
    const zeroMs = this.#zeroMs();
    if (zeroMs !== null) return Math.max(0, zeroMs + video.currentTime * 1000);
    return this.mode === 'replay' ? video.currentTime * 1000 : null;
  }

  seek(mediaTimeMs: number): void {
    this.#options.video.currentTime = Math.max(0, (mediaTimeMs - (this.#zeroMs() ?? 0)) / 1000);
  }

  goLive(): void {
    const { video } = this.#options;
    if (video.seekable.length > 0) video.currentTime = video.seekable.end(video.seekable.length - 1);
    void video.play();
  }

  /** Media time at which the player's timeline begins; null while it is not known. */
  #zeroMs(): number | null {
    const epochMs = this.#options.startedAtMs();
    const zeroMs = (this.#options.video as DatedVideo).getStartDate?.().getTime() ?? Number.NaN;
    return epochMs === null || Number.isNaN(zeroMs) ? null : zeroMs - epochMs;
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
