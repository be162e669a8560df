import { type ReadonlySignal, signal } from '@preact/signals';
import { Autoplay } from './autoplay.ts';
import { fetchHlsPlayer, openHls } from './hls.ts';
import type { Playback, PlaybackEvents, PlaybackFailure, Source } from './playback.ts';
import type { Preference } from './preference.ts';
import type { Still } from './still.ts';
import { WhepClient } from './whep.ts';
import { WhepReturn } from './whep-return.ts';

/** `blocked`: the browser wants a tap before it plays anything. */
export type WatchStatus = 'idle' | 'joining' | 'showing' | 'stalled' | 'sound-only' | 'blocked' | 'failed';

/** A live source that went away is tried again after these delays, then left to the person. */
const RETRY_DELAYS_MS = [300, 1_000, 2_000, 4_000, 8_000] as const;
/** WebRTC whose pictures stall for this long gives way to HLS. */
const STALLED_PATIENCE_MS = 1_500;
/** A source that showed pictures for this long was a good one: retries start anew. */
const STEADY_MS = 15_000;

/** Keeps pictures on one `<video>`: chooses the way they come, and another one when that fails. */
export class Watcher {
  readonly autoplay: Autoplay;
  readonly #mode = signal<Playback['mode'] | null>(null);
  readonly #status = signal<WatchStatus>('idle');
  readonly #rewound = signal(false);
  readonly #refusal = signal<string | null>(null);
  readonly #video: HTMLVideoElement;
  readonly #startedAtMs: () => number | null;
  readonly #preference: Preference;
  /** The last picture, until the next way of coming has one. */
  readonly #still: Still;
  readonly #return: WhepReturn;
  #source: Source | null = null;
  /** What was shown when the last playback was closed. */
  #leftAtMs: number | null = null;
  #playback: Playback | null = null;
  #opening = new AbortController();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #retries = 0;
  #stallTimer: ReturnType<typeof setTimeout> | undefined;
  /** WebRTC did not do: HLS it is, until WebRTC has shown that it does again. */
  #avoidWhep = false;
  /** Nobody publishes: that no pictures come is no reason to look for another way. */
  #suspended = false;
  #shownAt = Number.POSITIVE_INFINITY;

  constructor(
    video: HTMLVideoElement,
    still: Still,
    startedAtMs: () => number | null,
    preference: Preference,
  ) {
    this.#video = video;
    this.#still = still;
    this.#startedAtMs = startedAtMs;
    this.#preference = preference;
    this.#return = new WhepReturn({
      startedAtMs,
      wanted: () => !document.hidden && !video.paused,
      arrived: client => this.#moveTo(client),
    });
    this.autoplay = new Autoplay(video, blocked => this.#blocked(blocked));
  }

  get mode(): ReadonlySignal<Playback['mode'] | null> {
    return this.#mode;
  }

  get status(): ReadonlySignal<WatchStatus> {
    return this.#status;
  }

  /** The code that the server refused with last, until something is shown again. */
  get refusal(): ReadonlySignal<string | null> {
    return this.#refusal;
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
    this.#return.stop();
    if (this.#playback?.seek) this.#playback.seek(mediaTimeMs);
    else {
      this.#drop();
      this.#status.value = 'joining';
      this.#openHls(source.hlsUrl, 'hls', mediaTimeMs);
    }
  }

  goLive(): void {
    this.#rewound.value = false;
    const source = this.#source;
    const hasWhep = source?.kind === 'live' && source.whepUrl !== null && this.#preference !== 'hls';
    if (hasWhep && !this.#avoidWhep && this.#mode.value !== 'whep') this.#open();
    else this.#playback?.goLive?.();
  }

  /** Goes to a source; what shows the same kind already goes on, and knows the new addresses for when it fails. */
  watch(source: Source): void {
    const same = this.#source?.kind === source.kind;
    this.#source = source;
    const resumed = this.#suspended;
    this.#suspended = false;
    const isNewHope = resumed && this.#status.value === 'failed';
    if (!same || this.#status.value === 'idle' || isNewHope) this.retry();
    else if (resumed) this.#resume();
    else if (source.kind === 'live') this.#followWays(source.whepUrl);
  }

  /** WebRTC may go while the broadcast goes on, and come again: its encoder sends what only HLS can show. */
  #followWays(whepUrl: string | null): void {
    if (whepUrl === null) this.#return.stop();
    if (whepUrl === null && this.#mode.value === 'whep') this.#open();
    else if (whepUrl !== null && this.#mode.value === 'hls' && !this.#rewound.value)
      this.#tryWhepAgain(true, 0);
  }

  #resume(): void {
    if (this.#status.value === 'stalled') this.#stalled(true);
    this.#playback?.resume?.();
    if (this.#mode.value !== 'hls') return;
    // Pictures were missing because nobody sent any.
    this.#return.forgive();
    this.#tryWhepAgain(true, 0);
  }

  /** Tries again after `failed`, with all ways open. */
  retry(): void {
    this.#retries = 0;
    this.#avoidWhep = false;
    this.#return.stop();
    this.#open();
  }

  /** Waits while nobody publishes, until `watch`, with the last picture: what is connected goes on when pictures come. */
  suspend(): void {
    this.#suspended = true;
    clearTimeout(this.#stallTimer);
    this.#return.stop();
    if (this.#shownAt === Number.POSITIVE_INFINITY) this.#drop();
  }

  close(): void {
    this.#source = null;
    this.#return.stop();
    this.#drop();
    this.autoplay.close();
  }

  #open(): void {
    this.#drop();
    const source = this.#source;
    if (source === null) return;
    this.#status.value = this.#still.isKept ? 'stalled' : 'joining';
    performance.mark('skylark:join');
    const at = this.#rewound.value ? this.#leftAtMs : null;
    if (source.kind === 'replay') {
      this.#rewound.value = false;
      this.#openHls(source.hlsUrl, 'replay', at);
    } else if (at !== null && source.hlsUrl !== null) this.#openHls(source.hlsUrl, 'hls', at);
    else this.#openLive(source);
  }

  #openLive(source: Extract<Source, { kind: 'live' }>): void {
    const whepUrl = this.#preference === 'hls' ? null : source.whepUrl;
    const hlsUrl = this.#preference === 'whep' ? null : source.hlsUrl;
    if (whepUrl !== null && (!this.#avoidWhep || hlsUrl === null)) this.#openWhep(whepUrl);
    else if (hlsUrl !== null) this.#openHls(hlsUrl, 'hls');
    else this.#status.value = 'failed';
  }

  /** From HLS to what WebRTC has brought meanwhile. */
  #moveTo(client: WhepClient): void {
    this.#drop();
    this.#avoidWhep = false;
    this.#status.value = 'stalled';
    this.#mode.value = 'whep';
    this.#playback = client;
    client.moveTo(this.#video, this.#events(this.#opening.signal));
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
        if (signal.aborted) playback?.close();
        else if (playback === null) options.events.failed('unsupported');
        else this.#playback = playback;
      },
      () => options.events.failed('lost'),
    );
  }

  #events(signal: AbortSignal): PlaybackEvents {
    return {
      firstFrame: () => {
        if (signal.aborted) return;
        performance.mark('skylark:first-frame');
        this.#shownAt = performance.now();
        this.#refusal.value = null;
        this.#still.letGo();
        if (this.#status.value !== 'blocked') this.#status.value = 'showing';
        if (this.#mode.value === 'whep') fetchHlsPlayer();
      },
      stalled: stalled => {
        if (!signal.aborted) this.#stalled(stalled);
      },
      soundOnly: () => {
        if (signal.aborted || this.#suspended) return;
        clearTimeout(this.#stallTimer);
        if (this.#status.value === 'stalled') this.#status.value = 'sound-only';
      },
      failed: (reason, notBeforeMs = 0, code = null) => {
        if (signal.aborted) return;
        this.#refusal.value = code;
        this.#failed(reason, notBeforeMs);
      },
    };
  }

  #stalled(stalled: boolean): void {
    const status = this.#status.value;
    if (status !== 'showing' && status !== 'stalled' && status !== 'sound-only') return;
    clearTimeout(this.#stallTimer);
    this.#status.value = stalled ? 'stalled' : 'showing';
    if (stalled && this.#mode.value === 'whep' && !this.#suspended)
      this.#stallTimer = setTimeout(() => this.#failed('lost', 0), STALLED_PATIENCE_MS);
  }

  #failed(reason: PlaybackFailure, notBeforeMs: number): void {
    const steady = performance.now() - this.#shownAt > STEADY_MS;
    if (steady) this.#retries = 0;
    const whep = this.#mode.value === 'whep';
    this.#drop();
    if (this.#suspended) return;
    if (whep && this.#leaveWhep(reason, steady, notBeforeMs)) return;
    const delayMs = RETRY_DELAYS_MS[this.#retries];
    if (reason === 'over' || reason === 'unsupported' || delayMs === undefined) {
      this.#return.stop();
      this.#status.value = 'failed';
      return;
    }
    this.#retries += 1;
    this.#status.value = this.#still.isKept ? 'stalled' : 'joining';
    this.#retryTimer = setTimeout(() => this.#open(), delayMs);
  }

  /** To HLS at once, where that is to be had, and to WebRTC when it is there again. */
  #leaveWhep(reason: PlaybackFailure, steady: boolean, notBeforeMs: number): boolean {
    const isOurs = reason === 'lost' || reason === 'unavailable';
    if (!isOurs || this.#source?.hlsUrl === null) return false;
    if (steady) this.#return.forgive();
    if (!this.#tryWhepAgain(reason === 'lost', notBeforeMs)) return false;
    this.#avoidWhep = true;
    this.#open();
    return true;
  }

  #tryWhepAgain(lost: boolean, notBeforeMs: number): boolean {
    const source = this.#source;
    if (this.#preference !== 'auto' || source?.kind !== 'live' || source.whepUrl === null) return false;
    this.#return.begin(source.whepUrl, lost, notBeforeMs);
    return true;
  }

  /** Closes what is open and keeps its last picture. */
  #drop(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#stallTimer);
    this.#still.keep();
    this.#opening.abort();
    this.#opening = new AbortController();
    this.#leftAtMs = this.mediaTimeMs() ?? this.#leftAtMs;
    this.#playback?.close();
    this.#playback = null;
    this.#shownAt = Number.POSITIVE_INFINITY;
    this.#mode.value = null;
    this.#status.value = 'idle';
  }

  #blocked(blocked: boolean): void {
    if (blocked) this.#status.value = 'blocked';
    else if (this.#status.value === 'blocked') this.#status.value = 'showing';
  }
}
