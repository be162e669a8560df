import type Hls from 'hls.js';
import type { LevelDetails } from 'hls.js';

/** Where playlists name no PART-HOLD-BACK. */
const HOLD_BACK_S = 0.66;
/** Further behind than this somebody went back on purpose: nothing pulls them forward. */
const REWOUND_S = 8;
/** So much too late is leapt over, less is caught up by playing faster; at the beginning hardly anything is missed. */
const LEAP_S = 1.5;
const FIRST_LEAP_S = 0.25;
const BEGINNING_MS = 3_000;
/** Seconds in the buffer that are no delay to be caught up: two parts. A rendition may be published later than the other. */
const RESERVE_S = 0.44;
/** A stall moves the target back, a steady time moves it to the front again. */
const STALL_STEP_S = 0.15;
const STALLS_MAX_S = 1.2;
const STEADY_MS = 20_000;
/** A player that stands still for this long with so much to play is told where to go on. */
const STILL_MS = 250;
const ENOUGH_S = 0.3;
/** Who has had nothing to play for this long goes to the newest picture: what was to come next never will, as after a crash. */
const EMPTY_MS = 3_000;
/** The least that makes a seek. */
const NUDGE_S = 0.01;
/** `HTMLMediaElement.HAVE_FUTURE_DATA`: there is something to play. */
const HAVE_FUTURE_DATA = 3;
/** How much of a new reading counts: playlists come in steps, and late when the machine is busy. */
const READING_WEIGHT = 0.3;

/** Part of `hls.js`'s list of parts that matters here. */
export interface ListedPart {
  readonly start: number;
  readonly independent: boolean;
}

/**
 * Where to begin: at the newest picture that needs none before it and keeps the hold-back, in seconds of the playlist. From the
 * hold-back itself everything since that picture would have to be fetched before the first one shows. Null without parts.
 */
export function firstPosition(parts: readonly ListedPart[], edge: number, holdBack: number): number | null {
  return parts.findLast(part => part.independent && edge - part.start >= holdBack)?.start ?? null;
}

/** Seconds that can be caught up: what the hold-back does not ask for and the buffer can spare. */
export function secondsBehind(latency: number, holdBack: number, ahead: number): number {
  return Math.min(latency - holdBack, ahead - RESERVE_S);
}

/** The playback rate for so many seconds behind. */
export function rateFor(behind: number): number {
  if (behind < 0.04) return 1;
  if (behind < 0.1) return 1.05;
  return behind < 0.4 ? 1.1 : 1.2;
}

/**
 * Begins at a picture that can be shown at once, then keeps to the live edge. hls.js's own control plays faster only with more
 * than a second in the buffer: a player with less stays as late as it happened to begin. And what it adds for stalls it keeps.
 */
export class LiveEdge {
  readonly #hls: Hls;
  readonly #abort = new AbortController();
  readonly #levelUpdated = (_event: unknown, { details }: { details: LevelDetails }) => {
    this.#aim(details);
    this.#leaveBehind(details);
  };
  readonly #appended = () => {
    this.#begin();
    this.#goOn();
  };
  readonly #release: () => void;
  #video: HTMLVideoElement | null = null;
  /** When the first picture was sought. */
  #beganMs: number | null = null;
  /** Nobody went back on purpose. */
  #follows: boolean;
  #behind: number | null = null;
  #stallsS = 0;
  #steadySinceMs = 0;
  /** When the buffer ran dry; null while it plays. */
  #dryMs: number | null = null;
  /** Since when there is nothing to play; null while there is. */
  #emptySinceMs: number | null = null;
  #patienceMs = EMPTY_MS;
  #playedToS = 0;

  constructor(HlsPlayer: typeof Hls, hls: Hls, follows: boolean) {
    this.#hls = hls;
    this.#follows = follows;
    const { LEVEL_UPDATED, BUFFER_APPENDED } = HlsPlayer.Events;
    hls.on(LEVEL_UPDATED, this.#levelUpdated);
    hls.on(BUFFER_APPENDED, this.#appended);
    this.#release = () => {
      hls.off(LEVEL_UPDATED, this.#levelUpdated);
      hls.off(BUFFER_APPENDED, this.#appended);
    };
  }

  attach(video: HTMLVideoElement): void {
    this.#video = video;
    const { signal } = this.#abort;
    const lookAgain = () => {
      this.#behind = null;
      this.#follows = this.#latencyS() < REWOUND_S;
    };
    const sought = () => {
      // While there is nothing to play hls.js tries a little further on: that is nobody's wish to stay behind.
      if (this.#emptySinceMs === null || video.currentTime < this.#playedToS) lookAgain();
    };
    video.addEventListener('timeupdate', () => this.#keepUp(video), { signal });
    video.addEventListener('seeking', sought, { signal });
    video.addEventListener('play', lookAgain, { signal });
    video.addEventListener('waiting', () => this.#stalled(video), { signal });
  }

  close(): void {
    this.#abort.abort();
    this.#release();
    if (this.#video) this.#video.playbackRate = 1;
  }

  /** Until something is fetched, each playlist may move the beginning. */
  #aim(details: LevelDetails): void {
    if (this.#beganMs !== null || !details.live || !details.partList) return;
    const start = firstPosition(details.partList, details.edge, holdBackOf(details));
    if (start !== null) this.#hls.targetLatency = details.edge + details.age - start;
  }

  /** hls.js would wait until all that is there is fetched. */
  #begin(): void {
    const video = this.#video;
    if (!video || this.#beganMs !== null || video.buffered.length === 0) return;
    const [start, end] = [video.buffered.start(0), video.buffered.end(0)];
    this.#beganMs = performance.now();
    this.#emptySinceMs = null;
    this.#patienceMs = EMPTY_MS;
    if (video.currentTime < start) video.currentTime = Math.min(start + 0.1, (start + end) / 2);
    const details = this.#hls.latestLevelDetails;
    if (details?.live) this.#hls.targetLatency = holdBackOf(details);
  }

  /**
   * Goes to the newest picture when there has been nothing to play for a while. Also before the first one: where sound has a gap at the
   * place that hls.js began at, hls.js waits with sound for the picture behind the gap, and with the picture for sound.
   */
  #leaveBehind(details: LevelDetails): void {
    const video = this.#video;
    if (!video || !details.live) return;
    const hasBegun = this.#beganMs !== null;
    if (hasBegun && (video.paused || video.readyState >= HAVE_FUTURE_DATA)) {
      this.#emptySinceMs = null;
      this.#patienceMs = EMPTY_MS;
      this.#playedToS = video.currentTime;
      return;
    }
    const nowMs = performance.now();
    this.#emptySinceMs ??= nowMs;
    if (!this.#follows || nowMs - this.#emptySinceMs < this.#patienceMs) return;
    const newest = firstPosition(details.partList ?? [], details.edge, holdBackOf(details));
    const at = hasBegun ? video.currentTime : this.#hls.startPosition;
    if (newest === null || newest - at < LEAP_S) return;
    this.#emptySinceMs = nowMs;
    // A slow network gets more time at each place.
    this.#patienceMs *= 2;
    if (hasBegun) video.currentTime = newest;
    else this.#hls.startLoad(newest);
  }

  #keepUp(video: HTMLVideoElement): void {
    const details = this.#hls.latestLevelDetails;
    if (!details?.live || !this.#follows || video.paused || video.seeking) return;
    const nowMs = performance.now();
    if (nowMs - this.#steadySinceMs > STEADY_MS) this.#forgiveStall(nowMs);
    const reading = secondsBehind(
      this.#latencyS(),
      holdBackOf(details) + this.#stallsS,
      bufferedAhead(video) - this.#stallsS,
    );
    this.#behind = this.#behind === null ? reading : this.#behind + (reading - this.#behind) * READING_WEIGHT;
    if (Math.min(reading, this.#behind) > (this.#isBeginning(nowMs) ? FIRST_LEAP_S : LEAP_S))
      video.currentTime += Math.min(reading, this.#behind);
    else this.#setRate(video, rateFor(this.#behind));
  }

  #setRate(video: HTMLVideoElement, rate: number): void {
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }

  #stalled(video: HTMLVideoElement): void {
    const nowMs = performance.now();
    if (this.#isBeginning(nowMs) || video.seeking) return;
    this.#dryMs = nowMs;
    this.#stallsS = Math.min(this.#stallsS + STALL_STEP_S, STALLS_MAX_S);
    this.#steadySinceMs = nowMs;
  }

  /** A browser whose buffer ran dry wants more each time before it goes on, up to seconds; where it is told to go it plays at once. */
  #goOn(): void {
    const [video, details] = [this.#video, this.#hls.latestLevelDetails];
    if (!video || !details || this.#dryMs === null) return;
    const ahead = bufferedAhead(video);
    if (video.readyState >= HAVE_FUTURE_DATA || video.seeking) {
      this.#dryMs = null;
      return;
    }
    if (performance.now() - this.#dryMs < STILL_MS || ahead < ENOUGH_S) return;
    this.#dryMs = null;
    const behind = secondsBehind(
      this.#latencyS(),
      holdBackOf(details) + this.#stallsS,
      ahead - this.#stallsS,
    );
    video.currentTime += Math.max(this.#follows ? behind : 0, NUDGE_S);
  }

  #forgiveStall(nowMs: number): void {
    this.#stallsS = Math.max(0, this.#stallsS - STALL_STEP_S);
    this.#steadySinceMs = nowMs;
  }

  #isBeginning(nowMs: number): boolean {
    return this.#beganMs === null || nowMs - this.#beganMs < BEGINNING_MS;
  }

  #latencyS(): number {
    const details = this.#hls.latestLevelDetails;
    return details && this.#video ? details.edge + details.age - this.#video.currentTime : 0;
  }
}

function holdBackOf(details: LevelDetails): number {
  return details.partHoldBack || HOLD_BACK_S;
}

function bufferedAhead({ buffered, currentTime }: HTMLVideoElement): number {
  for (let i = 0; i < buffered.length; i++)
    if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i))
      return buffered.end(i) - currentTime;
  return 0;
}
