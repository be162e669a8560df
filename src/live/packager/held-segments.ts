import { assert } from '#base/assert.ts';
import {
  HELD_BYTES_MAX,
  HELD_S_MIN,
  HELD_SEGMENTS_MAX,
  PART_TARGET_S,
  SEGMENTS_WITH_PARTS,
} from './limits.ts';
import type { Measured } from './rates.ts';
import type { PartMedia, SegmentMedia } from './segment.ts';

/** A segment in memory, which grows part by part until it is complete. */
export interface HeldSegment extends SegmentMedia {
  duration: number;
  parts: PartMedia[];
  isListed: boolean;
  complete: boolean;
  gap: boolean;
}

/** The last segments of one rendition, with their bytes: at most so many, of at most so many bytes. */
export class HeldSegments {
  readonly #timescale: number;
  #segments: HeldSegment[] = [];
  #bytes = 0;

  constructor(timescale: number) {
    this.#timescale = timescale;
  }

  get first(): HeldSegment | undefined {
    return this.#segments[0];
  }

  get last(): HeldSegment | undefined {
    return this.#segments.at(-1);
  }

  /** The segment that is being made. */
  get open(): HeldSegment {
    const { last } = this;
    assert(last && !last.complete, 'a segment is open');
    return last;
  }

  find(msn: number): HeldSegment | undefined {
    return this.first && this.#segments[msn - this.first.msn];
  }

  /** Those from this number on. */
  from(msn: number): readonly HeldSegment[] {
    return this.#segments.slice(Math.max(msn - (this.first?.msn ?? 0), 0));
  }

  /** Begins a segment; gives those that there is no room for any more. */
  begin(segment: HeldSegment): HeldSegment[] {
    assert(this.last?.complete !== false, 'one segment at a time');
    this.#segments.push(segment);
    const gone: HeldSegment[] = [];
    while (this.#areTooMany()) gone.push(this.#shift());
    return gone;
  }

  add(part: PartMedia): void {
    this.open.parts.push(part);
    this.open.duration += part.duration;
    this.#bytes += part.bytes.length;
  }

  #shift(): HeldSegment {
    const oldest = this.#segments.shift()!;
    this.#bytes -= bytesOf(oldest);
    return oldest;
  }

  #areTooMany(): boolean {
    const { first } = this;
    if (!first || this.#segments.length <= SEGMENTS_WITH_PARTS + 1) return false;
    if (this.#bytes > HELD_BYTES_MAX) return true;
    if (this.#segments.length <= HELD_SEGMENTS_MAX) return false;
    const newer = this.#segments.reduce((sum, segment) => sum + segment.duration, -first.duration);
    return newer >= HELD_S_MIN * this.#timescale;
  }
}

/** What a finished segment comes to. */
export function measured(segment: SegmentMedia, timescale: number): Measured {
  const frames = segment.parts.reduce((sum, part) => sum + part.samples, 0);
  return { bytes: bytesOf(segment), frames, seconds: segment.duration / timescale };
}

/**
 * Parts that nobody can have (GAP=YES): a player that reads parts looks for what comes next among them, and would wait at the
 * last one before the gap.
 */
export function missingParts(duration: number, timescale: number): PartMedia[] {
  const target = Math.floor(PART_TARGET_S * timescale);
  const count = Math.ceil(duration / target);
  return Array.from({ length: count }, (_, i) => ({
    bytes: new Uint8Array(0),
    duration: Math.min(target, duration - i * target),
    samples: 0,
    independent: false,
  }));
}

function bytesOf({ parts }: SegmentMedia): number {
  return parts.reduce((sum, part) => sum + part.bytes.length, 0);
}
