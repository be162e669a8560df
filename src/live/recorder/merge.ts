import { isGap, type SegmentRow } from './store.ts';

/**
 * Live segments are short because players wait for them; a replay of them would have a line for every two seconds of hours.
 * Apple's authoring rule 7.5 asks for about six seconds.
 */
export const MERGED_S = 6;

/** Segments in a row that the replay serves as one. */
export interface MergedSegment {
  readonly first: SegmentRow;
  readonly last: SegmentRow;
  /** Ticks. */
  readonly duration: number;
  readonly bytes: number;
  readonly frames: number;
}

export function alone(row: SegmentRow): MergedSegment {
  const { duration, bytes, frames } = row;
  return { first: row, last: row, duration, bytes, frames };
}

/**
 * Puts segments together by the stretch of the common timeline that they begin in, so that all renditions are cut at the same
 * places as far as their segments are. A discontinuity, another initialization section, a hole or a gap begins a new one.
 */
export function mergeSegments(rows: readonly SegmentRow[]): MergedSegment[] {
  const merged: MergedSegment[] = [];
  for (const row of rows) {
    const before = merged.at(-1);
    if (before && continues(before, row))
      merged[merged.length - 1] = {
        ...{ first: before.first, last: row, duration: before.duration + row.duration },
        ...{ bytes: before.bytes + row.bytes, frames: before.frames + row.frames },
      };
    else merged.push(alone(row));
  }
  return merged;
}

function continues({ first, last }: MergedSegment, row: SegmentRow): boolean {
  return (
    !row.discontinuity &&
    isGap(row) === isGap(last) &&
    row.msn === last.msn + 1 &&
    row.initNumber === last.initNumber &&
    stretch(row) === stretch(first)
  );
}

function stretch({ start, timescale }: SegmentRow): number {
  return Math.floor(start / timescale / MERGED_S);
}
