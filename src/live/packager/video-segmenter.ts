import { MediaError, type VideoUnit } from '#media/unit.ts';
import { KEYFRAME_ASK_AGAIN_S, PAUSE_MAX_S, SEGMENT_MAX_S } from './limits.ts';
import { SampleSets, type SplitUnit, splitUnit } from './parameter-sets.ts';
import { PartCutter } from './part-cutter.ts';
import type { VideoSink } from './segment.ts';
import { SegmentPlan } from './segment-plan.ts';

export interface VideoSegmenterEvents {
  keyframeWanted(): void;
  /** The timeline breaks: it ended at `end` and goes on at `start`, both in ticks. */
  discontinuity(end: number, start: number): void;
}

/** A shorter hole is none: the segment after it just begins later. */
const GAP_MIN_S = 0.05;

/** A layer that sends few frames is not late between two of them. */
const LATE_FRAMES = 2;

/** A frame whose duration is not known before the next one arrives. */
interface Held {
  readonly dts: number;
  readonly pts: number;
  readonly key: boolean;
  readonly pieces: readonly Uint8Array[];
}

/** Cuts the access units of one layer into parts and segments, on the decode timeline. */
export class VideoSegmenter {
  readonly #timescale: number;
  readonly #sink: VideoSink;
  readonly #plan: SegmentPlan;
  readonly #events: VideoSegmenterEvents;
  readonly #sets = new SampleSets();
  readonly #parts: PartCutter;
  #held: Held | null = null;
  /** Ticks of the frame before, the estimate for one that has no successor. */
  #frameDuration: number;
  #segmentStart = Number.NEGATIVE_INFINITY;
  /** Where this layer stopped; the past of all for one that has not begun. Null while it sends. */
  #restsAt: number | null = Number.NEGATIVE_INFINITY;
  #begun = false;
  /** A key frame could not be used: what follows refers to it. */
  #astray = false;
  #breaksSeen: number;
  /** Units that could not be used: before the first key frame, or with unreadable parameter sets. */
  dropped = 0;

  /** Layers of one video share their plan. `endedAt`: where the layer's earlier media end, after a restart. */
  constructor(
    timescale: number,
    sink: VideoSink,
    events: VideoSegmenterEvents,
    plan = new SegmentPlan(timescale),
    endedAt: number | null = null,
  ) {
    this.#timescale = timescale;
    this.#sink = sink;
    this.#events = events;
    this.#plan = plan;
    this.#frameDuration = timescale / 30;
    this.#parts = new PartCutter(timescale, sink);
    this.#breaksSeen = plan.first.breaks;
    plan.layers++;
    if (endedAt !== null) this.#resume(endedAt);
  }

  /** Whether the others have come `seconds` and two frames further, since their last break if this one has not crossed it. */
  isLate(seconds: number): boolean {
    if (this.#held === null || this.#plan.position === null) return false;
    const crossed = this.#breaksSeen === this.#plan.breaks;
    const from = crossed ? this.#held.dts : Math.max(this.#held.dts, this.#plan.breakStart);
    return this.#plan.position - from > Math.max(this.#ticks(seconds), LATE_FRAMES * this.#frameDuration);
  }

  /** Sent before, and does not now. */
  get rests(): boolean {
    return this.#begun && this.#restsAt !== null;
  }

  /** This layer has paused: publishes what there is. What the others have of the time up to `end` is a gap. */
  rest(end = this.#plan.position ?? 0): void {
    if (this.#held) this.#release(this.#frameDuration);
    if (this.#begun) this.#gapsTo(end);
    this.#sink.publish();
  }

  unit(unit: VideoUnit): void {
    const split = splitUnit(unit.nals);
    if (split.sample.length === 0) return;
    // Sets stay in force, also where their picture is of no use.
    const sample = unit.key ? null : this.#sets.sample(split);
    if (this.rests && unit.dts < this.#restsAt!) {
      this.#drop(this.#restsAt!);
      return;
    }
    const dts = this.#held ? Math.max(unit.dts, this.#held.dts + 1) : unit.dts;
    const before = this.#held?.dts ?? this.#plan.position;
    const pause = before !== null && dts - before > this.#ticks(PAUSE_MAX_S);
    const changed = unit.key ? this.#updateSets(split) : false;
    if (unit.key) this.#astray = changed === null;
    if (changed === null || (!unit.key && (this.#astray || this.#held === null || pause))) {
      this.#drop(dts);
      return;
    }
    this.#place(dts, unit.key, pause, changed);
    this.#plan.position = Math.max(this.#plan.position ?? 0, dts);
    const pieces = sample ?? this.#sets.keySample(split);
    this.#held = { dts, pts: unit.pts + dts - unit.dts, key: unit.key, pieces };
    if (this.#plan.asksAt(dts)) this.#askForKeyframe(dts);
    this.#sink.publish();
  }

  /** Publishes what is left; the last frame lasts until `end` (ticks), within reason. Gives the end. */
  finish(end: number): number {
    if (!this.#held) return 0;
    const last = end - this.#held.dts;
    const usable = last >= this.#frameDuration && last <= this.#ticks(PAUSE_MAX_S);
    this.#release(usable ? last : this.#frameDuration);
    this.#sink.publish();
    return this.#restsAt!;
  }

  #resume(endedAt: number): void {
    this.#begun = true;
    this.#restsAt = endedAt;
    this.#breaksSeen = this.#plan.breaks;
  }

  /** The held frame is the last for now. */
  #release(duration: number): void {
    this.#append(this.#held!.dts + duration);
    this.#parts.endSegment();
    this.#restsAt = this.#parts.position;
    this.#held = null;
  }

  /** Gives the held frame its duration, and opens the segment that the new one belongs to. */
  #place(dts: number, key: boolean, pause: boolean, changed: boolean): void {
    const isNew = pause || (changed && this.#begun) || this.#plan.resumes;
    // Another layer has crossed this break already.
    const joined = this.#breaksSeen < this.#plan.breaks && key && this.#plan.isBehindBreak(dts);
    const cuts = isNew || joined || (key && this.#plan.cutsAt(dts, this.#segmentStart));
    if (this.#held && pause) this.#release(this.#frameDuration);
    else if (this.#held) {
      this.#frameDuration = dts - this.#held.dts;
      this.#append(dts);
      if (cuts) this.#parts.endSegment();
      else if (this.#parts.isAlone) this.#endAlone(key);
      if (!cuts) return;
    }
    if (isNew && !joined) this.#break(dts, changed);
    this.#enter(dts, key, changed);
  }

  /** All layers break here: the others follow at their next key frame. */
  #break(dts: number, changed: boolean): void {
    const rested = this.#restsAt;
    const end =
      rested === null ? dts : Math.min(Math.max(rested, this.#plan.endAfter(this.#frameDuration)), dts);
    if (this.#plan.position !== null) this.#events.discontinuity(end, dts);
    this.#plan.break(end, dts);
    if (changed && this.#plan.layers > 1) this.#askForKeyframe(dts);
  }

  /** Opens a segment, after gaps for what the others have of the time since this layer stopped. */
  #enter(dts: number, key: boolean, changed: boolean): void {
    if (!this.#begun) this.#sink.joins(this.#plan.first.msn, this.#plan.first.breaks);
    if (!this.#begun) this.#writeInit();
    if (this.#restsAt !== null) {
      this.#gapsTo(dts);
      this.#parts.goTo(dts);
    }
    this.#restsAt = null;
    if (changed && this.#begun) this.#writeInit();
    this.#begun = true;
    this.#plan.begin(dts, this.#segmentStart);
    this.#begin(this.#crosses(this.#plan.breaks), key);
  }

  /** The segment of one long frame is over; layers cut together elsewhere. */
  #endAlone(key: boolean): void {
    this.#parts.endSegment();
    this.#begin(false, key);
  }

  #gapsTo(end: number): void {
    for (const planned of this.#plan.since(this.#restsAt!)) {
      const from = Math.max(planned.start, this.#restsAt!);
      const to = Math.min(planned.end, end);
      if (to - from < this.#ticks(GAP_MIN_S)) continue;
      this.#sink.gap(from, to - from, this.#crosses(planned.breaks));
      this.#restsAt = to;
    }
  }

  /** Whether this layer comes past a discontinuity now. */
  #crosses(breaks: number): boolean {
    const crosses = breaks > this.#breaksSeen;
    this.#breaksSeen = breaks;
    return crosses;
  }

  /** Whether the initialization section must change; null when the key frame cannot be used. */
  #updateSets(split: SplitUnit): boolean | null {
    try {
      return this.#sets.keyFrame(split);
    } catch (cause) {
      if (cause instanceof MediaError) return null;
      throw cause;
    }
  }

  #writeInit(): void {
    const { bytes, info } = this.#sets.init(this.#timescale);
    this.#sink.init(bytes, info);
  }

  /** Adds the held frame; the next one is decoded at `next`. */
  #append(next: number): void {
    const held = this.#held!;
    if (held.dts > this.#segmentStart && next - this.#segmentStart > this.#ticks(SEGMENT_MAX_S)) {
      this.#parts.endSegment();
      this.#plan.begin(held.dts, this.#segmentStart);
      this.#begin(false, held.key);
    }
    this.#parts.add(held, next);
    this.#segmentStart = this.#parts.segmentStart;
  }

  #begin(discontinuity: boolean, independent: boolean): void {
    this.#parts.begin(discontinuity, independent);
    this.#segmentStart = this.#parts.segmentStart;
  }

  /** The unit cannot be shown: another key frame is needed. */
  #drop(dts: number): void {
    this.dropped++;
    this.#askForKeyframe(dts);
  }

  #askForKeyframe(dts: number): void {
    if (dts - this.#plan.askedAt < this.#ticks(KEYFRAME_ASK_AGAIN_S)) return;
    this.#plan.askedAt = dts;
    this.#events.keyframeWanted();
  }

  #ticks(seconds: number): number {
    return seconds * this.#timescale;
  }
}
