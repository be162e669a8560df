import type Hls from 'hls.js';
import type { ErrorData, HlsConfig } from 'hls.js';
import type { Playback, PlaybackEvents } from './playback.ts';

/** A broadcast's playlists may take this long to appear after its first frame. */
const MANIFEST_RETRIES = 8;
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

/** Watches by LL-HLS, or the replay by HLS: the browser's own player where there is one and no MSE, hls.js elsewhere. */
export async function openHls(options: HlsOptions, signal: AbortSignal): Promise<Playback> {
  // Chromium plays some HLS by itself, without low latency; Safari's own player is the better one.
  if (playsHlsWell(options.video)) return new NativeHls(options);
  const { default: HlsPlayer } = await import('hls.js');
  signal.throwIfAborted();
  if (HlsPlayer.isSupported()) return new MseHls(HlsPlayer, options);
  if (options.video.canPlayType('application/vnd.apple.mpegurl') !== '') return new NativeHls(options);
  throw new Error('This browser plays no HLS');
}

function playsHlsWell(video: HTMLVideoElement): boolean {
  const native = video.canPlayType('application/vnd.apple.mpegurl') !== '';
  return native && ('webkitDisplayingFullscreen' in video || !('MediaSource' in globalThis));
}

function configOf({ mode, startAtMs }: HlsOptions): Partial<HlsConfig> {
  const live = mode === 'hls';
  return {
    lowLatencyMode: true,
    // Transmuxing fMP4 is passing it through: a worker would only add a hop.
    enableWorker: false,
    maxLiveSyncPlaybackRate: 1.5,
    // Each stall moves the target this many seconds back; the default of a whole second only ever adds up.
    liveSyncOnStallIncrease: 0.2,
    liveDurationInfinity: true,
    backBufferLength: live ? 10 : 60,
    maxBufferLength: live ? 10 : 30,
    maxMaxBufferLength: live ? 20 : 120,
    startPosition: startAtMs === null ? (live ? -1 : 0) : Math.max(startAtMs / 1000, EARLIEST_S),
    manifestLoadPolicy: {
      default: {
        maxTimeToFirstByteMs: 8_000,
        maxLoadTimeMs: 12_000,
        timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
        errorRetry: {
          maxNumRetry: MANIFEST_RETRIES,
          retryDelayMs: 250,
          maxRetryDelayMs: 2_000,
          backoff: 'exponential',
        },
      },
    },
  };
}

class MseHls implements Playback {
  readonly mode: 'hls' | 'replay';
  readonly #options: HlsOptions;
  readonly #hls: Hls;
  readonly #errors: typeof Hls.ErrorTypes;
  readonly #element: ElementWatch;
  #networkRecoveries = 0;
  #mediaRecoveries = 0;
  #forgive: ReturnType<typeof setTimeout> | undefined;

  constructor(HlsPlayer: typeof Hls, options: HlsOptions) {
    this.mode = options.mode;
    this.#options = options;
    this.#errors = HlsPlayer.ErrorTypes;
    this.#hls = new HlsPlayer(configOf(options));
    this.#element = new ElementWatch(options.video, options.events);
    this.#hls.on(HlsPlayer.Events.ERROR, (_event, data) => this.#recover(data));
    this.#hls.loadSource(options.url);
    this.#hls.attachMedia(options.video);
  }

  mediaTimeMs(): number | null {
    const shownAt = this.#hls.playingDate?.getTime();
    const startedAtMs = this.#options.startedAtMs();
    if (shownAt !== undefined && startedAtMs !== null) return Math.max(0, shownAt - startedAtMs);
    return this.mode === 'replay' ? this.#options.video.currentTime * 1000 : null;
  }

  latencyS(): number | null {
    return this.mode === 'hls' ? this.#hls.latency : null;
  }

  seek(mediaTimeMs: number): void {
    const position = this.#positionOf(mediaTimeMs);
    if (position !== null) this.#options.video.currentTime = position;
  }

  goLive(): void {
    const { liveSyncPosition } = this.#hls;
    if (liveSyncPosition !== null) this.#options.video.currentTime = liveSyncPosition;
    void this.#options.video.play();
  }

  /** Where the player's timeline has this media time: interruptions are in the clock and not on the timeline. */
  #positionOf(mediaTimeMs: number): number | null {
    const fragments = this.#hls.latestLevelDetails?.fragments ?? [];
    const atMs = (this.#options.startedAtMs() ?? 0) + mediaTimeMs;
    const fragment =
      fragments.findLast(({ programDateTime }) => programDateTime !== null && programDateTime <= atMs) ??
      fragments[0];
    if (!fragment) return null;
    const withinS = (atMs - (fragment.programDateTime ?? atMs)) / 1000;
    const position = fragment.start + Math.min(Math.max(withinS, 0), fragment.duration);
    return Math.max(position, fragments[0]!.start + EARLIEST_S);
  }

  close(): void {
    clearTimeout(this.#forgive);
    this.#element.close();
    this.#hls.destroy();
  }

  #recover(data: ErrorData): void {
    if (!data.fatal) return;
    clearTimeout(this.#forgive);
    this.#forgive = setTimeout(() => {
      this.#networkRecoveries = 0;
      this.#mediaRecoveries = 0;
    }, FORGIVE_MS);
    if (data.type === this.#errors.NETWORK_ERROR && this.#networkRecoveries < NETWORK_RECOVERIES_MAX) {
      this.#networkRecoveries += 1;
      this.#hls.startLoad();
    } else if (data.type === this.#errors.MEDIA_ERROR && this.#mediaRecoveries < MEDIA_RECOVERIES_MAX) {
      this.#mediaRecoveries += 1;
      this.#hls.recoverMediaError();
    } else {
      this.#options.events.failed(data.type === this.#errors.MEDIA_ERROR ? 'unsupported' : 'lost');
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
