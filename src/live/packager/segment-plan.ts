import { FIRST_KEYFRAME_ASK_S, FIRST_SEGMENT_MIN_S, KEYFRAME_ASK_S, SEGMENT_MIN_S } from './limits.ts';

/** Key frames of different layers this close together are of the same picture, asked for together. */
const TOGETHER_S = 0.3;

/** Where all layers of one video cut their segments, so that players can change between them. Times are ticks. */
export class SegmentPlan {
  readonly #timescale: number;
  /** Where the newest segment of all begins, and how many there were. */
  start = Number.NEGATIVE_INFINITY;
  count = 0;
  askedAt = Number.NEGATIVE_INFINITY;
  /** The newest frame of any layer; null before the first. */
  position: number | null = null;
  /** Discontinuities so far, and where the last one begins. */
  breaks = 0;
  breakStart = Number.NEGATIVE_INFINITY;

  constructor(timescale: number) {
    this.#timescale = timescale;
  }

  /** Whether a key frame ends the segment of a layer, which began at `ownStart`. */
  cutsAt(dts: number, ownStart: number): boolean {
    if (Math.abs(dts - this.start) < this.#together) return ownStart < this.start - this.#together;
    const least = this.count === 1 ? FIRST_SEGMENT_MIN_S : SEGMENT_MIN_S;
    return dts - this.start >= least * this.#timescale;
  }

  /** Whether it is time for the next key frame. */
  asksAt(dts: number): boolean {
    const after = this.count === 1 ? FIRST_KEYFRAME_ASK_S : KEYFRAME_ASK_S;
    return dts - this.start >= after * this.#timescale;
  }

  /** A layer's segment begins; the first layer that comes here makes it everybody's. */
  begin(dts: number): void {
    if (dts < this.start + this.#together) return;
    this.start = dts;
    this.count++;
  }

  break(dts: number): void {
    this.breaks++;
    this.breakStart = dts;
  }

  /** Whether `dts` lies behind a break that began no later. */
  isBehindBreak(dts: number): boolean {
    return dts >= this.breakStart - this.#together;
  }

  get #together(): number {
    return TOGETHER_S * this.#timescale;
  }
}
