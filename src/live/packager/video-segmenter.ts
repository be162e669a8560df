import { MediaError, type VideoUnit } from '#media/unit.ts';
import { KEYFRAME_ASK_AGAIN_S, PART_TARGET_S, PAUSE_MAX_S, SEGMENT_MAX_S } from './limits.ts';
import { ParameterSets, type SplitUnit, splitUnit } from './parameter-sets.ts';
import { PartBuilder } from './part-builder.ts';
import type { VideoSink } from './segment.ts';
import { SegmentPlan } from './segment-plan.ts';

export interface VideoSegmenterEvents {
  keyframeWanted(): void;
  /** The timeline breaks: it ended at `end` and goes on at `start`, both in ticks. */
  discontinuity(end: number, start: number): void;
}

/** A shorter hole is none: the segment after it just begins later. */
const GAP_MIN_S = 0.05;

/** A frame whose duration is not known before the next one arrives. */
interface Held {
  readonly dts: number;
  readonly compositionOffset: number;
  readonly key: boolean;
  readonly pieces: readonly Uint8Array[];
}

/** Cuts access units into parts and segments, on the decode timeline. */
export class VideoSegmenter {
  readonly #timescale: number;
  readonly #sink: VideoSink;
  readonly #plan: SegmentPlan;
  readonly #events: VideoSegmenterEvents;
  readonly #sets = new ParameterSets();
  readonly #part = new PartBuilder(true);
  #held: Held | null = null;
  /** Ticks of the frame before, the estimate for one that has no successor. */
  #frameDuration: number;
  #segmentStart = 0;
  #begun = false;
  /** Where this layer stopped, while others go on. */
  #restsAt: number | null = null;
  #breaksSeen = 0;
  /** Units that could not be used: before the first key frame, or with unreadable parameter sets. */
  dropped = 0;

  /** Layers of one video share their plan. */
  constructor(
    timescale: number,
    sink: VideoSink,
    events: VideoSegmenterEvents,
    plan = new SegmentPlan(timescale),
  ) {
    this.#plan = plan;
    this.#timescale = timescale;
    this.#sink = sink;
    this.#events = events;
    this.#frameDuration = timescale / 30;
  }

  /** Whether the others have come `seconds` further, since their last break if this one has not crossed it. */
  isLate(seconds: number): boolean {
    if (this.#held === null || this.#plan.position === null) return false;
    const seen = this.#breaksSeen === this.#plan.breaks;
    const from = seen ? this.#held.dts : Math.max(this.#held.dts, this.#plan.breakStart);
    return this.#plan.position - from > this.#ticks(seconds);
  }

  /** This layer has paused: publishes what there is. What the others have cut since then is a gap. */
  rest(): void {
    if (this.#held) {
      this.#restsAt = this.#held.dts + this.#frameDuration;
      this.#append(this.#frameDuration);
      this.#endSegment();
      this.#held = null;
    }
    this.#gapTo(this.#plan.start);
    this.#sink.publish();
  }

  get rests(): boolean {
    return this.#restsAt !== null;
  }

  /** Ticks of the newest frame, or null before the first. */
  get position(): number | null {
    return this.#held?.dts ?? null;
  }

  unit(unit: VideoUnit): void {
    const split = splitUnit(unit.nals);
    if (split.sample.length === 0) return;
    const dts = this.#held ? Math.max(unit.dts, this.#held.dts + 1) : unit.dts;
    const pause = this.#held !== null && dts - this.#held.dts > this.#ticks(PAUSE_MAX_S);
    const changed = unit.key ? this.#updateSets(split) : false;
    if (changed === null || (!unit.key && (this.#held === null || pause))) {
      this.dropped++;
      this.#askForKeyframe(dts);
      return;
    }
    this.#plan.position = Math.max(this.#plan.position ?? 0, dts);
    this.#place(dts, unit.key, pause, changed);
    this.#held = { dts, compositionOffset: unit.pts - unit.dts, key: unit.key, pieces: split.sample };
    if (this.#plan.asksAt(dts)) this.#askForKeyframe(dts);
    this.#sink.publish();
  }

  /** Publishes what is left; the last frame lasts until `end` (ticks), within reason. Gives the end. */
  finish(end: number): number {
    if (!this.#held) return 0;
    const last = end - this.#held.dts;
    const usable = last >= this.#frameDuration && last <= this.#ticks(PAUSE_MAX_S);
    const duration = usable ? last : this.#frameDuration;
    const finished = this.#held.dts + duration;
    this.#append(duration);
    this.#endSegment();
    this.#held = null;
    this.#sink.publish();
    return finished;
  }

  /** Gives the held frame its duration, and opens the segment that the new one belongs to. */
  #place(dts: number, key: boolean, pause: boolean, changed: boolean): void {
    // Another layer has crossed this break already.
    const broken = this.#breaksSeen < this.#plan.breaks && key && this.#plan.isBehindBreak(dts);
    const breaks = pause || broken || (changed && this.#begun);
    if (breaks && !broken) this.#plan.break(dts);
    if (this.#held) {
      const duration = pause ? this.#frameDuration : dts - this.#held.dts;
      const end = this.#held.dts + duration;
      this.#append(duration);
      if (breaks && !broken) this.#events.discontinuity(end, dts);
      if (!breaks && !(key && this.#plan.cutsAt(dts, this.#segmentStart))) return;
      this.#endSegment();
    }
    const joins = this.#held === null && this.#plan.count > 0;
    this.#gapTo(dts);
    this.#restsAt = null;
    if (changed) this.#writeInit();
    const discontinuity = this.#begun && (breaks || this.#breaksSeen < this.#plan.breaks);
    this.#breaksSeen = this.#plan.breaks;
    this.#begun = true;
    if (!joins) this.#plan.begin(dts);
    this.#begin(dts, discontinuity);
  }

  /** Time without pictures of this layer keeps its place in the playlist. */
  #gapTo(end: number): void {
    if (this.#restsAt === null) return;
    const crossed = this.#breaksSeen < this.#plan.breaks;
    const start = crossed ? Math.max(this.#restsAt, this.#plan.breakStart) : this.#restsAt;
    if (end - start < this.#ticks(GAP_MIN_S)) return;
    this.#sink.gap(start, end - start, crossed);
    this.#breaksSeen = this.#plan.breaks;
    this.#restsAt = end;
  }

  /** Whether the initialization section must change; null when the key frame cannot be used. */
  #updateSets(split: SplitUnit): boolean | null {
    try {
      const changed = this.#sets.update(split);
      return this.#sets.known ? changed : null;
    } catch (cause) {
      if (cause instanceof MediaError) return null;
      throw cause;
    }
  }

  #writeInit(): void {
    const { bytes, info } = this.#sets.init(this.#timescale);
    this.#sink.init(bytes, info);
  }

  /** Adds the held frame. A part closes as soon as another frame like it would cross the target. */
  #append(duration: number): void {
    const held = this.#held!;
    const target = this.#ticks(PART_TARGET_S);
    if (
      held.dts > this.#segmentStart &&
      held.dts + duration - this.#segmentStart > this.#ticks(SEGMENT_MAX_S)
    ) {
      this.#endSegment();
      this.#plan.begin(held.dts);
      this.#begin(held.dts, false);
    }
    if (this.#part.count > 0 && this.#part.duration + duration > target) this.#closePart();
    const { dts, compositionOffset, key, pieces } = held;
    this.#part.add(dts, { duration, compositionOffset, key, pieces });
    if (this.#part.duration + duration > target) this.#closePart();
    this.#frameDuration = duration;
  }

  #begin(dts: number, discontinuity: boolean): void {
    this.#segmentStart = dts;
    this.#sink.begin(dts, discontinuity);
  }

  #closePart(): void {
    this.#sink.part(this.#part.take());
  }

  #endSegment(): void {
    if (this.#part.count > 0) this.#closePart();
    this.#sink.end();
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
