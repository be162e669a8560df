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
 * Puts the segments of all renditions together: the first layer's by the stretch of six seconds that they begin in, everything
 * else where that was cut, so that a number means the same time in all playlists. A discontinuity, another initialization
 * section, a hole or a gap begins a new one.
 */
export function mergeRenditions<Name>(
  renditions: ReadonlyMap<Name, readonly SegmentRow[]>,
  leading: Name,
): Map<Name, MergedSegment[]> {
  const led = mergeSegments(renditions.get(leading) ?? [], stretch);
  const cuts = led.map(({ first }) => first.start / first.timescale);
  const place = led.length > 0 ? (row: SegmentRow) => cutsUpTo(cuts, decisiveS(row)) : stretch;
  return new Map(
    [...renditions].map(([name, rows]) => [name, name === leading ? led : mergeSegments(rows, place)]),
  );
}

/** Segments in a row of the same place are one. */
function mergeSegments(rows: readonly SegmentRow[], place: (row: SegmentRow) => number): MergedSegment[] {
  const merged: MergedSegment[] = [];
  for (const row of rows) {
    const before = merged.at(-1);
    if (before && continues(before, row) && place(row) === place(before.first))
      merged[merged.length - 1] = {
        ...{ first: before.first, last: row, duration: before.duration + row.duration },
        ...{ bytes: before.bytes + row.bytes, frames: before.frames + row.frames },
      };
    else merged.push(alone(row));
  }
  return merged;
}

function continues({ last }: MergedSegment, row: SegmentRow): boolean {
  return (
    !row.discontinuity &&
    isGap(row) === isGap(last) &&
    row.msn === last.msn + 1 &&
    row.initNumber === last.initNumber
  );
}

function stretch({ start, timescale }: SegmentRow): number {
  return Math.floor(start / timescale / MERGED_S);
}

/**
 * What is behind a cut, by its time in seconds: a layer's segment whose middle is, for its key frame may come a little before
 * that of the first; sound that begins there. GStreamer seeks the sound first and then the picture where the sound's segment
 * begins: if that were before the cut, it would land in the segment before.
 */
function decisiveS({ rendition, start, duration, timescale }: SegmentRow): number {
  return (rendition === 'audio' ? start : start + duration / 2) / timescale;
}

/** How many of the cuts, which are in order, are not behind `seconds`. */
function cutsUpTo(cuts: readonly number[], seconds: number): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cuts[middle]! <= seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}
