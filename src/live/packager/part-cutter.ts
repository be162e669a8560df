import { PART_SHARE_MIN, PART_TARGET_S } from './limits.ts';
import { PartBuilder } from './part-builder.ts';
import type { VideoSink } from './segment.ts';

const PARTS_BRIDGED = 3;

/** A video frame, times in ticks. */
export interface Frame {
  readonly pts: number;
  readonly key: boolean;
  readonly pieces: readonly Uint8Array[];
}

/**
 * Cuts the frames of one layer into parts that keep RFC 8216bis section 4.4.4.9 however unevenly they come: each lasts 85 to
 * 100 % of PART-TARGET, the last of a segment may be shorter. Parts are cut on the decode timeline, which is ours: where no
 * frame begins at a permitted end, the part ends between two frames, and the next frame is decoded earlier than it is shown.
 * A frame that lasts too long for that stands in a segment without listed parts.
 */
export class PartCutter {
  readonly #sink: VideoSink;
  readonly #target: number;
  readonly #least: number;
  readonly #part = new PartBuilder(true);
  /** Where the next frame is decoded; never later than it is shown. */
  #position = 0;
  #partStart = 0;
  #segmentStart = 0;
  #isEmpty = true;
  /** The parts of this segment are listed. */
  #isListed = true;
  #isAlone = false;

  constructor(timescale: number, sink: VideoSink) {
    this.#sink = sink;
    this.#target = Math.floor(PART_TARGET_S * timescale);
    this.#least = Math.ceil(PART_SHARE_MIN * PART_TARGET_S * timescale);
  }

  get position(): number {
    return this.#position;
  }

  get segmentStart(): number {
    return this.#segmentStart;
  }

  /** The open segment is there for one long frame only, and should end now. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** The timeline goes on here, between two segments. */
  goTo(position: number): void {
    this.#position = position;
  }

  begin(discontinuity: boolean, independent: boolean): void {
    this.#segmentStart = this.#position;
    this.#partStart = this.#position;
    this.#isEmpty = true;
    this.#isListed = true;
    this.#isAlone = false;
    this.#sink.begin(this.#position, discontinuity, independent);
  }

  /** Adds a frame that is followed by one at `next`. */
  add(frame: Frame, next: number): void {
    if (this.#isListed && next - this.#partStart > this.#lasting) this.#unlist(frame.key);
    const end = this.#isListed ? Math.min(next, this.#partStart + this.#target) : next;
    const duration = end - this.#position;
    const { key, pieces } = frame;
    this.#part.add(this.#position, { duration, compositionOffset: frame.pts - this.#position, key, pieces });
    this.#position = end;
    this.#isEmpty = false;
    if (end - this.#partStart >= this.#least) this.#closePart();
  }

  endSegment(): void {
    if (this.#part.count > 0) this.#closePart();
    this.#sink.end();
  }

  /**
   * How far from the start of a part the next frame may be. The wait for a key frame after a loss is bridged: the frames
   * after it are decoded early, one or two of them a part each. A segment whose first frame already lasts longer than a
   * part is of a slow source: all of it goes without parts.
   */
  get #lasting(): number {
    return this.#isEmpty ? this.#target : PARTS_BRIDGED * this.#target;
  }

  /** What is listed already stays: then the frame is a segment by itself. */
  #unlist(key: boolean): void {
    const isEmpty = this.#isEmpty;
    if (!isEmpty) {
      this.endSegment();
      this.begin(false, key);
    }
    this.#isListed = false;
    this.#isAlone = !isEmpty;
    this.#sink.unlist();
  }

  #closePart(): void {
    this.#sink.part(this.#part.take());
    this.#partStart = this.#position;
  }
}
