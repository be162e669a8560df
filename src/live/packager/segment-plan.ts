import { FIRST_KEYFRAME_ASK_S, FIRST_SEGMENT_MIN_S, KEYFRAME_ASK_S, SEGMENT_MIN_S } from './limits.ts';
import type { RecordedSegment } from './segment.ts';

/** Key frames of different layers this close together are of the same picture, asked for together. */
const TOGETHER_S = 0.3;

/** A segment of the layer that cut first; the others cut there as soon as their key frame comes. Times are ticks. */
export interface PlannedSegment {
  readonly start: number;
  /** Infinity while it is the newest. */
  readonly end: number;
  /** Discontinuities up to its start, this one's included. */
  readonly breaks: number;
}

/** Where all layers of one video cut their segments, so that players can change between them. Nobody waits for a layer. */
export class SegmentPlan {
  readonly #timescale: number;
  /** Since the start: a layer that begins late has a gap for each. */
  readonly #segments: { start: number; end: number; breaks: number }[] = [];
  /** Number of the first one known, and discontinuities before it. */
  readonly #first: { readonly msn: number; readonly breaks: number };
  #breakStart = Number.NEGATIVE_INFINITY;
  /** Segments cut since this process began. */
  #cuts = 0;
  #breaks: number;
  layers = 0;
  askedAt = Number.NEGATIVE_INFINITY;
  /** The newest frame of any layer; null before the first. */
  position: number | null = null;

  /** `earlier`: what there was before a restart; `firstMsn`: where nothing was, the number to begin with. */
  constructor(timescale: number, earlier: readonly RecordedSegment[] = [], breaksGone = 0, firstMsn = 0) {
    this.#timescale = timescale;
    this.#first = { msn: earlier[0]?.msn ?? firstMsn, breaks: breaksGone };
    this.#breaks = breaksGone;
    for (const { start, duration, discontinuity } of earlier) {
      if (discontinuity) this.#breaks++;
      this.#segments.push({ start, end: start + duration, breaks: this.#breaks });
    }
  }

  get first(): { readonly msn: number; readonly breaks: number } {
    return this.#first;
  }

  /** Where the newest segment begins. */
  get start(): number {
    return this.#segments.at(-1)?.start ?? Number.NEGATIVE_INFINITY;
  }

  /** Segments so far. */
  get count(): number {
    return this.#segments.length;
  }

  /** Nothing was cut since the restart: what comes is behind a break. */
  get resumes(): boolean {
    return this.#cuts === 0 && this.count > 0;
  }

  /** Discontinuities so far, and where the last one begins. */
  get breaks(): number {
    return this.#breaks;
  }

  get breakStart(): number {
    return this.#breakStart;
  }

  /** Where the media of all end now, if the newest frame lasts `frameDuration`. */
  endAfter(frameDuration: number): number {
    if (this.position !== null) return this.position + frameDuration;
    return this.#segments.at(-1)?.end ?? Number.NEGATIVE_INFINITY;
  }

  /** The segments that do not end before `ticks`, oldest first. */
  since(ticks: number): readonly PlannedSegment[] {
    const from = this.#segments.findLastIndex(segment => segment.end <= ticks);
    return this.#segments.slice(from + 1);
  }

  /** Whether a key frame ends the segment of a layer, which began at `ownStart`. A layer that missed a cut makes up for it. */
  cutsAt(dts: number, ownStart: number): boolean {
    if (this.#missed(ownStart)) return true;
    const least = this.#cuts === 1 ? FIRST_SEGMENT_MIN_S : SEGMENT_MIN_S;
    return dts - this.start >= least * this.#timescale;
  }

  /** Whether it is time for the next key frame. */
  asksAt(dts: number): boolean {
    const after = this.#cuts === 1 ? FIRST_KEYFRAME_ASK_S : KEYFRAME_ASK_S;
    return dts - this.start >= after * this.#timescale;
  }

  /** A layer that kept up until now begins a segment: the first that comes here makes it everybody's. */
  begin(dts: number, ownStart: number): void {
    if (this.#missed(ownStart) && this.#breakStart !== dts) return;
    const last = this.#segments.at(-1);
    if (last) last.end = Math.min(last.end, dts);
    this.#segments.push({ start: dts, end: Number.POSITIVE_INFINITY, breaks: this.#breaks });
    this.#cuts++;
  }

  /** The timeline of all ended at `end` and goes on at `start`. */
  break(end: number, start: number): void {
    const last = this.#segments.at(-1);
    if (last) last.end = Math.min(last.end, end);
    this.#breaks++;
    this.#breakStart = start;
  }

  /** Whether `dts` lies behind the last break, or at it. */
  isBehindBreak(dts: number): boolean {
    return dts >= this.#breakStart - this.#together;
  }

  /** Whether the newest segment began without the layer whose own began at `ownStart`. */
  #missed(ownStart: number): boolean {
    return ownStart < this.start - this.#together;
  }

  get #together(): number {
    return TOGETHER_S * this.#timescale;
  }
}
