import type Hls from 'hls.js';
import type { ErrorData, HlsConfig } from 'hls.js';
import { dropMisreadReports, promptLoading } from './hls-loading.ts';
import { LiveEdge } from './live-edge.ts';

/** A broadcast's playlists may take this long to appear after its first frame. */
const MANIFEST_RETRIES = 8;
/**
 * A layer with a gap is tried again this long after it; hls.js by itself never does. Trying one costs a live player a playlist that it
 * waits for, and a replay nothing.
 */
const GAP_FORGIVEN_MS = { hls: 8_000, replay: 1 } as const;
/** A join that nobody took by then was of a page that never came. */
const UNTAKEN_MS = 5_000;

/** hls.js that loads already, and has no `<video>` yet. */
export class HlsJoin {
  readonly hls: Hls;
  readonly errors: typeof Hls.ErrorTypes;
  readonly #edge: LiveEdge | null;
  #failed: ((data: ErrorData) => void) | null = null;
  /** What failed before there was anybody to tell. */
  #early: ErrorData | null = null;

  constructor(HlsPlayer: typeof Hls, url: string, mode: 'hls' | 'replay', startS: number | null) {
    this.errors = HlsPlayer.ErrorTypes;
    this.hls = new HlsPlayer({ ...configOf(mode, startS), ...promptLoading(HlsPlayer) });
    this.hls.on(HlsPlayer.Events.ERROR, (_event, data) => {
      if (!data.fatal) return;
      if (this.#failed) this.#failed(data);
      else this.#early = data;
    });
    this.hls.on(HlsPlayer.Events.LEVEL_UPDATED, (_event, { details }) => dropMisreadReports(details));
    this.#edge = mode === 'hls' ? new LiveEdge(HlsPlayer, this.hls, startS === null) : null;
    this.hls.loadSource(url);
  }

  /** `failed` hears of fatal errors only. */
  attach(video: HTMLVideoElement, failed: (data: ErrorData) => void): void {
    this.#failed = failed;
    if (this.#early) failed(this.#early);
    this.#edge?.attach(video);
    this.hls.attachMedia(video);
  }

  close(): void {
    this.#edge?.close();
    this.hls.destroy();
  }
}

function configOf(mode: 'hls' | 'replay', startS: number | null): Partial<HlsConfig> {
  const live = mode === 'hls';
  return {
    lowLatencyMode: true,
    // The first part is fetched while the page with the player is still being drawn.
    startFragPrefetch: live,
    // Transmuxing fMP4 is passing it through: a worker would only add a hop.
    enableWorker: false,
    // `LiveEdge` does both.
    maxLiveSyncPlaybackRate: 1,
    liveSyncOnStallIncrease: 0,
    liveDurationInfinity: true,
    backBufferLength: live ? 10 : 60,
    maxBufferLength: live ? 10 : 30,
    maxMaxBufferLength: live ? 20 : 120,
    startPosition: startS ?? -1,
    errorPenaltyExpireMs: GAP_FORGIVEN_MS[mode],
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

interface Ahead {
  readonly url: string;
  /** Null also where hls.js could not be fetched. */
  readonly join: Promise<HlsJoin | null>;
  readonly timer: number;
}

let ahead: Ahead | null = null;

/** Begins to load for a player that is about to be drawn. */
export function joinHlsAhead(url: string): void {
  if (ahead?.url === url) return;
  dropAhead();
  const join = begin(url, 'hls', null).catch(() => null);
  ahead = { url, join, timer: window.setTimeout(dropAhead, UNTAKEN_MS) };
}

/**
 * The join that was begun ahead, or a new one; null where hls.js cannot play. It belongs to the caller. `startS`: seconds on the
 * player's timeline to begin at, null for the newest picture.
 */
export function takeHlsJoin(
  url: string,
  mode: 'hls' | 'replay',
  startS: number | null,
): Promise<HlsJoin | null> {
  if (startS !== null || ahead?.url !== url) return begin(url, mode, startS);
  const { join, timer } = ahead;
  clearTimeout(timer);
  ahead = null;
  return join.then(early => early ?? begin(url, mode, startS));
}

async function begin(url: string, mode: 'hls' | 'replay', startS: number | null): Promise<HlsJoin | null> {
  const { default: HlsPlayer } = await import('hls.js');
  return HlsPlayer.isSupported() ? new HlsJoin(HlsPlayer, url, mode, startS) : null;
}

function dropAhead(): void {
  if (ahead === null) return;
  clearTimeout(ahead.timer);
  void ahead.join.then(join => join?.close());
  ahead = null;
}
