import { MediaError, type VideoUnit } from '#media/unit.ts';
import {
  FIRST_KEYFRAME_ASK_S,
  FIRST_SEGMENT_MIN_S,
  KEYFRAME_ASK_AGAIN_S,
  KEYFRAME_ASK_S,
  PART_TARGET_S,
  PAUSE_MAX_S,
  SEGMENT_MAX_S,
  SEGMENT_MIN_S,
} from './limits.ts';
import { ParameterSets, type SplitUnit, splitUnit } from './parameter-sets.ts';
import { PartBuilder } from './part-builder.ts';
import type { SegmentSink } from './segment.ts';

export interface VideoSegmenterEvents {
  keyframeWanted(): void;
  /** The timeline breaks: it ended at `end` and goes on at `start`, both in ticks. */
  discontinuity(end: number, start: number): void;
}

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
  readonly #sink: SegmentSink;
  readonly #events: VideoSegmenterEvents;
  readonly #sets = new ParameterSets();
  readonly #part = new PartBuilder(true);
  #held: Held | null = null;
  /** Ticks of the frame before, the estimate for one that has no successor. */
  #frameDuration: number;
  #segmentStart = 0;
  #segments = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Units that could not be used: before the first key frame, or with unreadable parameter sets. */
  dropped = 0;

  constructor(timescale: number, sink: SegmentSink, events: VideoSegmenterEvents) {
    this.#timescale = timescale;
    this.#sink = sink;
    this.#events = events;
    this.#frameDuration = timescale / 30;
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
    this.#place(dts, unit.key, pause, changed);
    this.#held = { dts, compositionOffset: unit.pts - unit.dts, key: unit.key, pieces: split.sample };
    const askAfter = this.#segments === 1 ? FIRST_KEYFRAME_ASK_S : KEYFRAME_ASK_S;
    if (dts - this.#segmentStart >= this.#ticks(askAfter)) this.#askForKeyframe(dts);
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
    const first = this.#held === null;
    if (this.#held) {
      const duration = pause ? this.#frameDuration : dts - this.#held.dts;
      const end = this.#held.dts + duration;
      this.#append(duration);
      if (pause || changed) this.#events.discontinuity(end, dts);
    }
    const least = this.#segments === 1 ? FIRST_SEGMENT_MIN_S : SEGMENT_MIN_S;
    const longEnough = dts - this.#segmentStart >= this.#ticks(least);
    if (!first && !pause && !changed && !(key && longEnough)) return;
    if (!first) this.#endSegment();
    if (changed) this.#writeInit();
    this.#begin(dts, !first && (pause || changed), key);
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
      this.#begin(held.dts, false, held.key);
    }
    if (this.#part.count > 0 && this.#part.duration + duration > target) this.#closePart();
    const { dts, compositionOffset, key, pieces } = held;
    this.#part.add(dts, { duration, compositionOffset, key, pieces });
    if (this.#part.duration + duration > target) this.#closePart();
    this.#frameDuration = duration;
  }

  #begin(dts: number, discontinuity: boolean, independent: boolean): void {
    this.#segmentStart = dts;
    this.#segments++;
    this.#sink.begin(dts, discontinuity, independent);
  }

  #closePart(): void {
    this.#sink.part(this.#part.take());
  }

  #endSegment(): void {
    if (this.#part.count > 0) this.#closePart();
    this.#sink.end();
  }

  #askForKeyframe(dts: number): void {
    if (dts - this.#askedAt < this.#ticks(KEYFRAME_ASK_AGAIN_S)) return;
    this.#askedAt = dts;
    this.#events.keyframeWanted();
  }

  #ticks(seconds: number): number {
    return seconds * this.#timescale;
  }
}
