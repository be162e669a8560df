import type { BroadcastId } from '#base/ids.ts';
import { LOST_S, LOST_SEGMENTS_MAX, SEGMENT_MIN_S, TARGET_DURATION_S } from '../packager/limits.ts';
import type { EarlierRendition, RecordedSegment, RenditionInfo } from '../packager/segment.ts';
import type { RenditionName } from '../packager/source.ts';
import { discard } from './discard.ts';
import { recordingPrefix } from './keys.ts';
import { alone } from './merge.ts';
import type { RecordingDeps } from './recording.ts';
import { ratesOf } from './replay.ts';
import { restore } from './restore.ts';
import { soundRows } from './sound.ts';
import { findRecording, hasPicture, isGap, type SegmentRow, setHandedOver } from './store.ts';

/** The segment that was being made, and one more: the first of a broadcast are shorter than `SEGMENT_MIN_S`. */
const LOST_LEAST = 2;

/** A recording that another process began and this one goes on with. */
export interface Reopened {
  /** Wall time of tick zero. */
  readonly epochMs: number;
  /** Where it ends, milliseconds since the epoch. */
  readonly endMs: number;
  readonly renditions: Readonly<Partial<Record<RenditionName, EarlierRendition>>>;
}

/**
 * Restores what was journalled and says where the recording stands. Null when there is no picture: then what there is goes,
 * because what comes begins with the same numbers.
 */
export async function reopen(deps: RecordingDeps, broadcastId: BroadcastId): Promise<Reopened | null> {
  const rows = await soundRows(deps, broadcastId, await restore(deps, broadcastId));
  const recording = await findRecording(deps.db.sql, broadcastId);
  if (!recording || !hasPicture(recording, rows)) {
    if (!(await hasJournals(deps, broadcastId))) await discard(deps, broadcastId);
    return null;
  }
  const keptMs = Math.max(...rows.map(row => ((row.start + row.duration) * 1000) / row.timescale));
  const lost = recording.handedOver ? 0 : lostCount(deps.clock.nowMs() - recording.epochMs - keptMs);
  if (recording.handedOver) await deps.write(sql => setHandedOver(sql, broadcastId, false));
  const renditions: Partial<Record<RenditionName, EarlierRendition>> = {};
  for (const [name, info] of recording.infos) {
    const own = rows.filter(row => row.rendition === name);
    if (own.length > 0) renditions[name] = standing(own, info, lost);
  }
  return { epochMs: recording.epochMs, endMs: keptMs + lost * LOST_S * 1000, renditions };
}

/** Those that could not be restored, because storage is full, may be restored later. */
async function hasJournals({ journals }: RecordingDeps, broadcastId: BroadcastId): Promise<boolean> {
  return (await journals.list(recordingPrefix(broadcastId).slice(0, -1))).length > 0;
}

/** How many numbers were given, at most, to segments of which nothing was kept. */
function lostCount(sinceKeptMs: number): number {
  const cut = Math.max(0, Math.floor(sinceKeptMs / 1000 / SEGMENT_MIN_S));
  return Math.min(cut + LOST_LEAST, LOST_SEGMENTS_MAX);
}

/** What came after the last segment and was lost. */
function lostAfter(last: SegmentRow, count: number): RecordedSegment[] {
  const duration = Math.round(LOST_S * last.timescale);
  return Array.from({ length: count }, (_, i) => ({
    ...{ msn: last.msn + 1 + i, start: last.start + last.duration + i * duration, duration },
    ...{ initNumber: last.initNumber, discontinuity: false, independent: true, gap: true, lost: true },
  }));
}

function standing(rows: readonly SegmentRow[], info: RenditionInfo, lost: number): EarlierRendition {
  const hole = rows.findLastIndex((row, i) => i > 0 && row.msn !== rows[i - 1]!.msn + 1);
  const from = Math.max(hole, 0);
  return {
    timescale: rows.at(-1)!.timescale,
    segments: [
      ...rows.slice(from).map(row => ({ ...row, gap: isGap(row) })),
      ...lostAfter(rows.at(-1)!, lost),
    ],
    discontinuitiesGone: rows.slice(0, from).filter(row => row.discontinuity).length,
    nextInit: Math.max(...rows.map(row => row.initNumber)) + 1,
    info,
    rates: ratesOf(rows.map(alone), TARGET_DURATION_S),
  };
}
