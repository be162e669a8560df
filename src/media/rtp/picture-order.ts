import { isBSlice, isSlice, NAL, nalType } from '../h264/nal.ts';
import { parseSps } from '../h264/sps.ts';
import { MediaError } from '../unit.ts';

/** An encoder that sends no B-frame for this long has stopped to. */
export const ORDER_FORGOTTEN_S = 10;
/** Pictures further apart than this do not wait for one another. */
const HOLE_S = 1;

/**
 * Decode times for pictures that come in the order they are decoded and say when they are shown, which is all that RTP gives: of
 * the last pictures, as many as may be reordered, the times are kept sorted; one more goes in, and the smallest comes out as the
 * decode time. So pictures are decoded no later than they are shown, and none waits here.
 *
 * A stream whose parameter sets say nothing of its order is decoded as it is shown until a B-frame comes: the first few pictures
 * after that have decode times that are close together.
 */
export class PictureOrder {
  readonly #timescale: number;
  #sps: Uint8Array | null = null;
  /** So many pictures may come before one that is shown earlier. */
  #depth = 0;
  /** Decode times are taken from the times sorted. */
  #lags = false;
  #reorders = false;
  /** When the last B-frame was, or the parameter sets that foretold them. */
  #seenAt = 0;
  #sorted: number[] = [];
  #lastDts = Number.NEGATIVE_INFINITY;

  constructor(timescale: number) {
    this.#timescale = timescale;
  }

  /** Whether pictures come in another order than they are shown in, now. */
  get reorders(): boolean {
    return this.#reorders;
  }

  /** Whether a picture, whose time is before that of another which came earlier, is meant to be shown there. */
  isShownEarlier(nals: readonly Uint8Array[]): boolean {
    if (this.#depth === 0) return false;
    const slice = nals.find(isSlice);
    return slice !== undefined && isBSlice(slice);
  }

  /** Strictly increasing; `isEarlier` as `isShownEarlier` has it. */
  decodeTime(pts: number, key: boolean, nals: readonly Uint8Array[], isEarlier: boolean): number {
    if (this.#depth > 0) this.#crossHole(pts);
    if (key) this.#keyFrame(pts, nals);
    if (isEarlier) this.#seen(pts);
    const smallest = this.#depth === 0 ? pts : this.#next(pts);
    const least = this.#lastDts + 1;
    this.#lastDts = Math.max(this.#lags ? smallest : pts, least);
    return this.#lastDts;
  }

  /** What is behind a hole waits for nothing before it, and what did not come says nothing of the encoder. */
  #crossHole(pts: number): void {
    const newest = this.#sorted.at(-1) ?? pts;
    if (pts - newest <= HOLE_S * this.#timescale) return;
    this.#sorted.length = 0;
    this.#seenAt += pts - newest;
  }

  #seen(pts: number): void {
    this.#lags = true;
    this.#reorders = true;
    this.#seenAt = pts;
  }

  /** Before there are enough, there is no decode time yet. */
  #next(pts: number): number {
    const sorted = this.#sorted;
    if (sorted.length === 0) this.#lastDts = Math.max(this.#lastDts, pts - 1);
    let at = sorted.length;
    while (at > 0 && sorted[at - 1]! > pts) at--;
    sorted.splice(at, 0, pts);
    return sorted.length > this.#depth ? sorted.shift()! : Number.NEGATIVE_INFINITY;
  }

  #keyFrame(pts: number, nals: readonly Uint8Array[]): void {
    const sps = nals.find(nal => nalType(nal) === NAL.sps);
    if (sps !== undefined && !isSame(sps, this.#sps)) this.#takeSps(pts, sps);
    if (!this.#lags || pts - this.#seenAt <= ORDER_FORGOTTEN_S * this.#timescale) return;
    this.#lags = false;
    this.#reorders = false;
  }

  /** What cannot be read is not shown: the packager leaves it out. */
  #takeSps(pts: number, sps: Uint8Array): void {
    try {
      const { reorderFrames, saysReorder } = parseSps(sps);
      this.#sps = sps.slice();
      this.#depth = reorderFrames;
      this.#sorted = [];
      this.#reorders &&= reorderFrames > 0;
      this.#lags = this.#reorders || (saysReorder && reorderFrames > 0);
      this.#seenAt = pts;
    } catch (cause) {
      if (!(cause instanceof MediaError)) throw cause;
    }
  }
}

function isSame(a: Uint8Array, b: Uint8Array | null): boolean {
  return b !== null && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
