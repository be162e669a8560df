import { LOST_S, LOST_SEGMENTS_MAX } from '../packager/limits.ts';
import type { RenditionName } from '../packager/source.ts';
import type { SegmentRow } from './store.ts';

/** Layers of video that end this close to each other end together, as the packager has it; sound ends where its frames do. */
const LAYERS_TOGETHER_S = 0.05;
const TOGETHER_S = 0.4;

/**
 * The gaps that bring every rendition as far as the one that was kept furthest: a crash takes more of one than of another.
 * Video layers first, so that all of them are cut where the one that has most is cut.
 */
export function levelGaps(rows: readonly SegmentRow[]): SegmentRow[] {
  const video = rows.filter(row => row.rendition !== 'audio');
  const layers = gapsOf(video, LAYERS_TOGETHER_S);
  const all = [...rows, ...layers];
  return [...layers, ...gapsOf(all, TOGETHER_S)];
}

/** The numbers that were skipped where nothing was kept of what may have been shown: a list begins with the first. */
export function firstGaps(rows: readonly SegmentRow[]): SegmentRow[] {
  return [...Map.groupBy(rows, row => row.rendition).values()].flatMap(own => {
    const first = own[0]!;
    if (first.msn > LOST_SEGMENTS_MAX) return [];
    const duration = Math.round(LOST_S * first.timescale);
    const nothing = {
      duration,
      discontinuity: false,
      independent: true,
      bytes: 0,
      frames: 0,
      restored: false,
    };
    return Array.from({ length: first.msn }, (_, msn) => ({
      ...{ ...first, ...nothing },
      ...{ msn, start: first.start - (first.msn - msn) * duration },
    }));
  });
}

function gapsOf(rows: readonly SegmentRow[], togetherS: number): SegmentRow[] {
  const renditions = Map.groupBy(rows, row => row.rendition);
  const furthest = [...renditions.values()].toSorted((a, b) => endS(b) - endS(a))[0] ?? [];
  return [...renditions].flatMap(([name, own]) =>
    endS(furthest) - endS(own) < togetherS ? [] : gapsAfter(name, own, furthest),
  );
}

/** What `furthest` has after the end of `own`, as gaps, behind as many discontinuities. */
function gapsAfter(
  rendition: RenditionName,
  own: readonly SegmentRow[],
  furthest: readonly SegmentRow[],
): SegmentRow[] {
  const last = own.at(-1)!;
  const ticks = (of: number, row: SegmentRow) => Math.round((of * last.timescale) / row.timescale);
  const gaps: SegmentRow[] = [];
  let end = last.start + last.duration;
  let breaks = own.filter(row => row.discontinuity).length;
  let passed = 0;
  for (const row of furthest) {
    if (row.discontinuity) passed++;
    const start = Math.max(ticks(row.start, row), end);
    const rowEnd = ticks(row.start + row.duration, row);
    if (rowEnd <= start) continue;
    const discontinuity = passed > breaks;
    breaks = Math.max(breaks, passed);
    const place = { rendition, msn: last.msn + 1 + gaps.length, start, duration: rowEnd - start };
    const nothing = { independent: true, bytes: 0, frames: 0, restored: false };
    gaps.push({ ...last, ...place, ...nothing, discontinuity });
    end = rowEnd;
  }
  return gaps;
}

function endS(rows: readonly SegmentRow[]): number {
  const last = rows.at(-1);
  return last ? (last.start + last.duration) / last.timescale : 0;
}
