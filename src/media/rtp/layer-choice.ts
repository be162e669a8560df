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
 * Browsers never estimate more than 1.5 times what arrives, so an estimate near that is as good as none: the layer beyond
 * is tried, and given up when it does not fit.
 */
const UNBOUNDED = 1.4;
const LOSS_CLEAR = 0.02;
const LOSS_CONGESTED = 0.1;

/** Chooses one layer for one viewer. Pure: asked about every 100 ms. */
export class LayerChoice {
  #chosen: string | null = null;
  #congestedMs: number | null = null;
  #clearMs: number | null = null;
  #climbedMs = Number.NEGATIVE_INFINITY;
  #climbAfterMs = CLIMB_AFTER_MS;

  /** The id of the layer to send; null while there is none. It may be the same for ever. */
  choose(layers: readonly LayerOffer[], report: ViewerReport, nowMs: number): string | null {
    const sending = layers.filter(layer => nowMs - layer.lastMs < LAYER_SILENT_MS);
    if (sending.length === 0) return this.#chosen ?? layers[0]?.id ?? null;
    const ladder = sending.toSorted((a, b) => a.bitrateBps - b.bitrateBps);
    const at = ladder.findIndex(layer => layer.id === this.#chosen);
    if (at < 0) return this.#take(this.#place(layers, ladder, report));
    return this.#move(ladder, at, report, nowMs);
  }

  /** The first time: the best that fits, or the middle one. After a pause: the next lower of those that go on. */
  #place(layers: readonly LayerOffer[], ladder: readonly LayerOffer[], report: ViewerReport): LayerOffer {
    const paused = layers.find(layer => layer.id === this.#chosen);
    if (paused !== undefined)
      return ladder.findLast(layer => layer.bitrateBps < paused.bitrateBps) ?? ladder[0]!;
    if (report.estimateBps === null) return ladder[Math.floor((ladder.length - 1) / 2)]!;
    return this.#fitting(ladder, report.estimateBps);
  }

  #move(ladder: readonly LayerOffer[], at: number, report: ViewerReport, nowMs: number): string {
    const { estimateBps, lossRatio } = report;
    const current = ladder[at]!;
    const next = ladder[at + 1];
    const room = estimateBps === null ? Number.POSITIVE_INFINITY : estimateBps - AUDIO_BPS;
    const congested = current.bitrateBps > room || lossRatio > LOSS_CONGESTED;
    this.#congestedMs = congested ? (this.#congestedMs ?? nowMs) : null;
    const clear =
      next !== undefined &&
      lossRatio < LOSS_CLEAR &&
      (room >= next.bitrateBps * ROOM || room >= current.bitrateBps * UNBOUNDED);
    this.#clearMs = clear ? (this.#clearMs ?? nowMs) : null;
    if (this.#congestedMs !== null && nowMs - this.#congestedMs >= FALL_AFTER_MS && at > 0) {
      if (nowMs - this.#climbedMs < CLIMB_FAILED_MS)
        this.#climbAfterMs = Math.min(this.#climbAfterMs * 2, CLIMB_AFTER_MS_MAX);
      return this.#take(this.#fitting(ladder.slice(0, at), room));
    }
    if (this.#clearMs !== null && next !== undefined && nowMs - this.#clearMs >= this.#climbAfterMs) {
      if (nowMs - this.#climbedMs >= 2 * CLIMB_AFTER_MS_MAX) this.#climbAfterMs = CLIMB_AFTER_MS;
      this.#climbedMs = nowMs;
      return this.#take(next);
    }
    return current.id;
  }

  #fitting(ladder: readonly LayerOffer[], roomBps: number): LayerOffer {
    return ladder.findLast(layer => layer.bitrateBps <= roomBps) ?? ladder[0]!;
  }

  #take(layer: LayerOffer): string {
    this.#chosen = layer.id;
    this.#congestedMs = null;
    this.#clearMs = null;
    return layer.id;
  }
}
