import { type ReadonlySignal, signal } from '@preact/signals';
import { openHls } from './hls.ts';
import type { Playback, PlaybackEvents, PlaybackFailure } from './playback.ts';
import { WhepClient } from './whep.ts';

/** What to watch. */
export type Source =
  | { readonly kind: 'live'; readonly whepUrl: string | null; readonly hlsUrl: string | null }
  | { readonly kind: 'replay'; readonly hlsUrl: string };

/** `blocked`: the browser wants a tap before it plays anything. */
export type WatchStatus = 'idle' | 'joining' | 'showing' | 'stalled' | 'blocked' | 'failed';
/** `auto`: WebRTC, and HLS where that is not to be had. */
export type Preference = 'auto' | 'whep' | 'hls';

/** A live source that went away is tried again after these delays, then left to the person. */
const RETRY_DELAYS_MS = [300, 1_000, 2_000, 4_000, 8_000] as const;
/** WebRTC that is lost this often in one visit gives way to HLS. */
const WHEP_LOSSES_MAX = 2;
/** A source that showed pictures for this long was a good one: retries start anew. */
const STEADY_MS = 15_000;

/** Keeps pictures on one `<video>`: chooses the way they come, and another one when that fails. */
export class Watcher {
  readonly #mode = signal<Playback['mode'] | null>(null);
  readonly #status = signal<WatchStatus>('idle');
  readonly #mutedByBrowser = signal(false);
  readonly #rewound = signal(false);
  readonly #video: HTMLVideoElement;
  readonly #startedAtMs: () => number | null;
  readonly #preference: Preference;
  #source: Source | null = null;
  /** What was shown when the last playback was closed. */
  #leftAtMs: number | null = null;
  #playback: Playback | null = null;
  #opening = new AbortController();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #retries = 0;
  #whepLosses = 0;
  #shownAt = 0;

  constructor(video: HTMLVideoElement, startedAtMs: () => number | null, preference: Preference) {
    this.#video = video;
    this.#startedAtMs = startedAtMs;
    this.#preference = preference;
    video.addEventListener('loadedmetadata', this.#loaded);
    video.addEventListener('volumechange', this.#volumeChanged);
    video.addEventListener('playing', this.#playing);
  }

  get mode(): ReadonlySignal<Playback['mode'] | null> {
    return this.#mode;
  }

  get status(): ReadonlySignal<WatchStatus> {
    return this.#status;
  }

  /** Sound is off only because the browser insists. */
  get mutedByBrowser(): ReadonlySignal<boolean> {
    return this.#mutedByBrowser;
  }

  /** The past of a broadcast that is live is on the screen, because a person wanted it. */
  get rewound(): ReadonlySignal<boolean> {
    return this.#rewound;
  }

  mediaTimeMs(): number | null {
    return this.#playback?.mediaTimeMs() ?? null;
  }

  /** How far behind the newest picture the one on the screen is. */
  behindMs(): number {
    return (this.#playback?.latencyS() ?? 0) * 1000;
  }

  /** Shows what was at this time of a live broadcast, until `goLive`: WebRTC has no past, so it gives way to HLS. */
  seek(mediaTimeMs: number): void {
    const source = this.#source;
    if (source?.kind !== 'live' || source.hlsUrl === null) return;
    this.#rewound.value = true;
    if (this.#playback?.seek) this.#playback.seek(mediaTimeMs);
    else {
      this.#drop();
      this.#status.value = 'joining';
      this.#openHls(source.hlsUrl, 'hls', mediaTimeMs);
    }
  }

  goLive(): void {
    this.#rewound.value = false;
    if (this.#prefersWhep() && this.#mode.value !== 'whep') this.#open();
    else this.#playback?.goLive?.();
  }

  /** Goes to a source; what shows the same kind already goes on, and knows the new addresses for when it fails. */
  watch(source: Source): void {
    const same = this.#source?.kind === source.kind;
    this.#source = source;
    if (same && this.#status.value !== 'idle') return;
    this.retry();
  }

  /** Tries again after `failed`, with all ways open. */
  retry(): void {
    this.#retries = 0;
    this.#whepLosses = 0;
    this.#open();
  }

  /** Lets go of WebRTC while nobody publishes, until `watch`; HLS waits by itself. */
  suspend(): void {
    if (this.#mode.value === 'whep' || this.#playback === null) this.#drop(true);
  }

  /** Plays after a tap, with sound. */
  async play(): Promise<void> {
    this.#video.muted = false;
    await this.#play();
  }

  unmute(): void {
    this.#video.muted = false;
  }

  close(): void {
    this.#source = null;
    this.#drop();
    this.#video.removeEventListener('loadedmetadata', this.#loaded);
    this.#video.removeEventListener('volumechange', this.#volumeChanged);
    this.#video.removeEventListener('playing', this.#playing);
  }

  #open(): void {
    this.#drop();
    const source = this.#source;
    if (source === null) return;
    this.#status.value = 'joining';
    performance.mark('skylark:join');
    const at = this.#rewound.value ? this.#leftAtMs : null;
    if (source.kind === 'replay') {
      this.#rewound.value = false;
      this.#openHls(source.hlsUrl, 'replay', at);
    } else if (at !== null && source.hlsUrl !== null) this.#openHls(source.hlsUrl, 'hls', at);
    else this.#openLive(source);
  }

  #prefersWhep(): boolean {
    const source = this.#source;
    if (source?.kind !== 'live' || source.whepUrl === null || this.#preference === 'hls') return false;
    return this.#whepLosses < WHEP_LOSSES_MAX || this.#preference === 'whep';
  }

  #openLive({ whepUrl, hlsUrl }: Extract<Source, { kind: 'live' }>): void {
    if (whepUrl !== null && this.#prefersWhep()) this.#openWhep(whepUrl);
    else if (hlsUrl !== null && this.#preference !== 'whep') this.#openHls(hlsUrl, 'hls');
    else this.#status.value = 'failed';
  }

  #openWhep(url: string): void {
    this.#mode.value = 'whep';
    this.#playback = new WhepClient({
      url,
      video: this.#video,
      startedAtMs: this.#startedAtMs,
      events: this.#events(this.#opening.signal),
    });
  }

  #openHls(url: string, mode: 'hls' | 'replay', startAtMs: number | null = null): void {
    this.#mode.value = mode;
    const { signal } = this.#opening;
    const options = {
      url,
      mode,
      video: this.#video,
      startedAtMs: this.#startedAtMs,
      startAtMs,
      events: this.#events(signal),
    };
    openHls(options, signal).then(
      playback => {
        if (signal.aborted) playback.close();
        else this.#playback = playback;
      },
      () => {
        if (!signal.aborted) this.#status.value = 'failed';
      },
    );
  }

  #events(signal: AbortSignal): PlaybackEvents {
    return {
      firstFrame: () => {
        if (signal.aborted) return;
        performance.mark('skylark:first-frame');
        this.#shownAt = performance.now();
        if (this.#status.value !== 'blocked') this.#status.value = 'showing';
      },
      stalled: stalled => {
        if (signal.aborted || (this.#status.value !== 'showing' && this.#status.value !== 'stalled')) return;
        this.#status.value = stalled ? 'stalled' : 'showing';
      },
      failed: reason => {
        if (!signal.aborted) this.#failed(reason);
      },
    };
  }

  #failed(reason: PlaybackFailure): void {
    this.#playback = null;
    if (performance.now() - this.#shownAt > STEADY_MS) this.#retries = 0;
    if (this.#mode.value === 'whep') {
      this.#whepLosses =
        reason === 'unavailable' ? WHEP_LOSSES_MAX : this.#whepLosses + Number(reason === 'lost');
      if (reason === 'unavailable' && this.#preference === 'auto') {
        this.#open();
        return;
      }
    }
    const delayMs = RETRY_DELAYS_MS[this.#retries];
    if (reason === 'over' || reason === 'unsupported' || delayMs === undefined) {
      this.#status.value = 'failed';
      return;
    }
    this.#retries += 1;
    this.#status.value = 'joining';
    this.#retryTimer = setTimeout(() => this.#open(), delayMs);
  }

  #drop(sessionOver = false): void {
    clearTimeout(this.#retryTimer);
    this.#opening.abort();
    this.#opening = new AbortController();
    this.#leftAtMs = this.mediaTimeMs() ?? this.#leftAtMs;
    this.#playback?.close(sessionOver);
    this.#playback = null;
    this.#mode.value = null;
    this.#status.value = 'idle';
  }

  readonly #loaded = (): void => {
    void this.#play();
  };

  readonly #volumeChanged = (): void => {
    if (!this.#video.muted) this.#mutedByBrowser.value = false;
  };

  readonly #playing = (): void => {
    if (this.#status.value === 'blocked') this.#status.value = 'showing';
  };

  async #play(): Promise<void> {
    try {
      await this.#video.play();
    } catch (error) {
      if ((error as DOMException).name !== 'NotAllowedError') return;
      if (this.#video.muted) {
        this.#status.value = 'blocked';
        return;
      }
      this.#video.muted = true;
      this.#mutedByBrowser.value = true;
      await this.#play();
    }
  }
}

/** `?player=hls` asks for the reliable way, `?player=whep` for nothing but WebRTC. */
export function preferenceOf(search: string): Preference {
  const asked = new URLSearchParams(search).get('player');
  return asked === 'hls' || asked === 'whep' ? asked : 'auto';
}
