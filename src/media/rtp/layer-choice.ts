/** One layer that a viewer may get. */
export interface LayerOffer {
  readonly id: string;
  readonly bitrateBps: number;
  /** Monotonic time of its last packet. */
  readonly lastMs: number;
}

/** What a viewer's reports say. */
export interface ViewerReport {
  /** REMB, bits per second; null when the viewer sends none. */
  readonly estimateBps: number | null;
  /** 0 to 1. */
  readonly lossRatio: number;
  /** Null while it is unknown. */
  readonly rttMs: number | null;
}

/** A layer that sent nothing for this long is paused. */
export const LAYER_SILENT_MS = 700;
/** Bits per second that sound takes of an estimate. */
export const AUDIO_BPS = 64_000;
/** Congestion must last this long before a viewer falls; two REMBs say the same. */
export const FALL_AFTER_MS = 1_000;
/** A viewer must have had room for this long before it climbs... */
export const CLIMB_AFTER_MS = 3_000;
/** ...doubled each time that a climb was followed by a fall within `CLIMB_FAILED_MS`, up to this. */
export const CLIMB_AFTER_MS_MAX = 60_000;
export const CLIMB_FAILED_MS = 8_000;
/** An estimate this far above the layer beyond is room for it. */
const ROOM = 1.2;
/**
 * Browsers never estimate more than 1.5 times what arrives, and come near that slowly: more than what is sent is as good as no
 * estimate. The layer beyond is tried, and given up when it does not fit.
 */
const UNBOUNDED = 1.1;
const LOSS_CLEAR = 0.02;
const LOSS_CONGESTED = 0.1;
/** With the lowest layer this hopeless for so long, sound goes alone... */
export const SOUND_AFTER_MS = 3_000;
/** ...that is when packets are lost and there is room for less than this share of it. */
const SHORT = 0.7;
/** So much loss is more than retransmission mends, whatever the estimate. */
const LOSS_HOPELESS = 0.4;

/** A round trip longer than the shortest by this much means that packets queue up. */
const QUEUED_MS = 100;
/** Weight of the newest round trip, so that one late report is no queue. */
const RTT_WEIGHT = 0.05;

/** One step of the ladder: a layer, or below them all sound alone. */
interface Rung {
  readonly id: string | null;
  readonly bitrateBps: number;
}
const SOUND: Rung = { id: null, bitrateBps: 0 };

/** Chooses one layer for one viewer. Pure: asked about every 100 ms. */
export class LayerChoice {
  /** Undefined before the first choice. */
  #chosen: string | null | undefined;
  #congestedMs: number | null = null;
  #hopelessMs: number | null = null;
  #clearMs: number | null = null;
  #climbedMs = Number.NEGATIVE_INFINITY;
  #climbAfterMs = CLIMB_AFTER_MS;
  #rttMs = Number.NaN;
  #shortestRttMs = Number.POSITIVE_INFINITY;

  /** The id of the layer to send, null for sound alone; it may be the same for ever. There is at least one layer. */
  choose(layers: readonly LayerOffer[], report: ViewerReport, nowMs: number): string | null {
    const sending = layers.filter(layer => nowMs - layer.lastMs < LAYER_SILENT_MS);
    if (sending.length === 0) return this.#chosen === undefined ? layers[0]!.id : this.#chosen;
    const ladder = [SOUND, ...sending.toSorted((a, b) => a.bitrateBps - b.bitrateBps)];
    const at = ladder.findIndex(rung => rung.id === this.#chosen);
    if (at < 0) return this.#take(this.#place(layers, ladder.slice(1), report));
    return this.#move(ladder, at, report, nowMs);
  }

  /** The first time: the best that fits, or the middle one. After a pause: the next lower of those that go on. */
  #place(layers: readonly LayerOffer[], ladder: readonly Rung[], report: ViewerReport): Rung {
    const paused = layers.find(layer => layer.id === this.#chosen);
    if (paused !== undefined)
      return ladder.findLast(rung => rung.bitrateBps < paused.bitrateBps) ?? ladder[0]!;
    if (report.estimateBps === null) return ladder[Math.floor((ladder.length - 1) / 2)]!;
    return fitting(ladder, report.estimateBps);
  }

  #move(ladder: readonly Rung[], at: number, report: ViewerReport, nowMs: number): string | null {
    const current = ladder[at]!;
    const next = ladder[at + 1];
    const roomBps = this.#isDisproved(current, report) ? Number.POSITIVE_INFINITY : roomOf(report);
    const congested = current.bitrateBps > roomBps || report.lossRatio > LOSS_CONGESTED;
    this.#congestedMs = congested ? (this.#congestedMs ?? nowMs) : null;
    this.#hopelessMs = isHopeless(current, roomBps, report) ? (this.#hopelessMs ?? nowMs) : null;
    this.#clearMs = isClear(current, next, roomBps, report) ? (this.#clearMs ?? nowMs) : null;
    if (at > 1 && hasLasted(this.#congestedMs, FALL_AFTER_MS, nowMs))
      return this.#fall(fitting(ladder.slice(1, at), roomBps), nowMs);
    if (at === 1 && hasLasted(this.#hopelessMs, SOUND_AFTER_MS, nowMs)) return this.#fall(SOUND, nowMs);
    if (next !== undefined && hasLasted(this.#clearMs, this.#climbAfterMs, nowMs))
      return this.#climb(next, nowMs);
    return current.id;
  }

  /**
   * An estimate below what arrives whole and at once is none: browsers begin low after a collapse, and take minutes to see
   * that the link is wide again.
   */
  #isDisproved(current: Rung, report: ViewerReport): boolean {
    if (report.rttMs === null) return false;
    if (Number.isNaN(this.#rttMs)) this.#rttMs = report.rttMs;
    this.#rttMs += RTT_WEIGHT * (report.rttMs - this.#rttMs);
    this.#shortestRttMs = Math.min(this.#shortestRttMs, report.rttMs);
    const isQueued = this.#rttMs > this.#shortestRttMs + QUEUED_MS;
    return !isQueued && report.lossRatio < LOSS_CLEAR && roomOf(report) < current.bitrateBps;
  }

  #fall(rung: Rung, nowMs: number): string | null {
    if (nowMs - this.#climbedMs < CLIMB_FAILED_MS)
      this.#climbAfterMs = Math.min(this.#climbAfterMs * 2, CLIMB_AFTER_MS_MAX);
    return this.#take(rung);
  }

  #climb(rung: Rung, nowMs: number): string | null {
    if (nowMs - this.#climbedMs >= 2 * CLIMB_AFTER_MS_MAX) this.#climbAfterMs = CLIMB_AFTER_MS;
    this.#climbedMs = nowMs;
    return this.#take(rung);
  }

  #take(rung: Rung): string | null {
    this.#chosen = rung.id;
    this.#congestedMs = null;
    this.#hopelessMs = null;
    this.#clearMs = null;
    return rung.id;
  }
}

/** What the estimate leaves for pictures. */
function roomOf({ estimateBps }: ViewerReport): number {
  return estimateBps === null ? Number.POSITIVE_INFINITY : Math.max(0, estimateBps - AUDIO_BPS);
}

/** An estimate alone is no proof: after a still picture it is low because little was sent. */
function isHopeless(current: Rung, roomBps: number, report: ViewerReport): boolean {
  const isShort = roomBps < current.bitrateBps * SHORT;
  return report.lossRatio > LOSS_HOPELESS || (isShort && report.lossRatio > LOSS_CONGESTED);
}

/** Whether the next rung can be tried. From sound alone it can: sound is too little to estimate by. */
function isClear(current: Rung, next: Rung | undefined, roomBps: number, report: ViewerReport): boolean {
  if (next === undefined || report.lossRatio >= LOSS_CLEAR) return false;
  return roomBps >= next.bitrateBps * ROOM || roomBps >= current.bitrateBps * UNBOUNDED;
}

function hasLasted(sinceMs: number | null, durationMs: number, nowMs: number): boolean {
  return sinceMs !== null && nowMs - sinceMs >= durationMs;
}

/** The best that fits, or the lowest. */
function fitting(ladder: readonly Rung[], roomBps: number): Rung {
  return ladder.findLast(rung => rung.bitrateBps <= roomBps) ?? ladder[0]!;
}
