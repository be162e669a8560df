import { type PlaylistSegment, segmentText } from './playlist.ts';

/** A finished segment that is listed without its parts: its lines never change again. */
export interface FinishedSegment extends PlaylistSegment {
  readonly msn: number;
  /** Seconds of the timeline that all renditions share. */
  readonly startS: number;
}

interface Entry {
  readonly text: string;
  readonly segment: FinishedSegment;
}

/** Segments in a row, as text that is encoded once and shared by every playlist that lists them. */
interface Sealed {
  readonly bytes: Uint8Array;
  readonly first: FinishedSegment;
  readonly slot: number;
  readonly count: number;
  readonly discontinuities: number;
}

/** Segments are sealed, and leave at last, by the slot of time that they begin in: in all renditions alike. */
export const SLOT_S = 60;

const encoder = new TextEncoder();

/**
 * What a live playlist lists before the segments at its edge. It grows for hours while a playlist is asked for several times
 * a second, so the older part of its text is sealed: built, encoded (and compressed, by who sends it) once.
 */
export class Backlog {
  readonly #skipBoundaryS: number;
  readonly #slotsMax: number;
  #sealed: Sealed[] = [];
  /** Not sealed yet: at least what a delta update may not leave out. */
  #recent: Entry[] = [];
  #nextMsn: number | null = null;
  #lastMap: string | null = null;
  #discontinuitiesGone: number;

  /** At most `lengthMaxS` seconds are listed; `discontinuitiesGone` is what EXT-X-DISCONTINUITY-SEQUENCE begins with. */
  constructor(skipBoundaryS: number, lengthMaxS: number, discontinuitiesGone = 0) {
    this.#skipBoundaryS = skipBoundaryS;
    this.#slotsMax = Math.ceil(lengthMaxS / SLOT_S);
    this.#discontinuitiesGone = discontinuitiesGone;
  }

  /** The first segment listed, or null. */
  get first(): FinishedSegment | null {
    return this.#sealed[0]?.first ?? this.#recent[0]?.segment ?? null;
  }

  /** The number after that of the last segment; null before the first. */
  get nextMsn(): number | null {
    return this.#nextMsn;
  }

  /** The initialization section of the last segment, or null. */
  get lastMap(): string | null {
    return this.#lastMap;
  }

  /** Discontinuities of segments that are not listed any more. */
  get discontinuitiesGone(): number {
    return this.#discontinuitiesGone;
  }

  /** The text of everything listed, in chunks that are the same objects from one call to the next but for the last. */
  get sealed(): readonly Uint8Array[] {
    return this.#sealed.map(sealed => sealed.bytes);
  }

  /** What follows `sealed`. */
  get recentText(): string {
    return this.#recent.map(entry => entry.text).join('');
  }

  /** `heldFrom`: segments from this one on may still turn out to be lost, and are not sealed. */
  append(segment: FinishedSegment, heldFrom: number): void {
    const text = segmentText(segment, this.first ? this.#lastMap : segment.map);
    this.#recent.push({ text, segment });
    this.#nextMsn = segment.msn + 1;
    this.#lastMap = segment.map;
    while (this.#sealOldest(heldFrom)) {}
    const slot = slotOf(segment);
    while (this.#sealed[0] && this.#sealed[0].slot <= slot - this.#slotsMax)
      this.#forget(this.#sealed.shift()!);
  }

  /** Lists nothing that begins before `startS`. */
  startAt(startS: number): void {
    while (this.#sealed[0] && this.#sealed[0].first.startS < startS) this.#forget(this.#sealed.shift()!);
    if (this.#sealed.length > 0) return;
    while (this.#recent[0] && this.#recent[0].segment.startS < startS)
      this.#discontinuitiesGone += Number(this.#recent.shift()!.segment.discontinuity);
  }

  /** What a delta update lists of this before `edgeS` seconds at the edge, and how much it leaves out. */
  delta(edgeS: number): { readonly skipped: number; readonly text: string } {
    let listedS = edgeS;
    let from = this.#recent.length;
    while (from > 0 && listedS < this.#skipBoundaryS) listedS += this.#recent[--from]!.segment.durationS;
    const sealed = this.#sealed.reduce((sum, { count }) => sum + count, 0);
    const kept = this.#recent.slice(from);
    return { skipped: sealed + from, text: kept.map(entry => entry.text).join('') };
  }

  /** Seals the oldest slot, when it is over and out of reach of delta updates. */
  #sealOldest(heldFrom: number): boolean {
    const first = this.#recent[0];
    if (!first) return false;
    const slot = slotOf(first.segment);
    const count = this.#recent.findIndex(({ segment }) => slotOf(segment) !== slot);
    if (count < 0 || this.#recent[count]!.segment.msn > heldFrom) return false;
    const after = this.#recent.slice(count);
    if (after.reduce((sum, { segment }) => sum + segment.durationS, 0) < this.#skipBoundaryS) return false;
    this.#sealed.push(seal(this.#recent.slice(0, count), slot));
    this.#recent = after;
    return true;
  }

  #forget(sealed: Sealed): void {
    this.#discontinuitiesGone += sealed.discontinuities;
  }
}

function seal(entries: readonly Entry[], slot: number): Sealed {
  const segments = entries.map(entry => entry.segment);
  return {
    bytes: encoder.encode(entries.map(entry => entry.text).join('')),
    first: segments[0]!,
    slot,
    count: segments.length,
    discontinuities: segments.filter(segment => segment.discontinuity).length,
  };
}

function slotOf({ startS }: FinishedSegment): number {
  return Math.floor(startS / SLOT_S);
}
