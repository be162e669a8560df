import type { BroadcastId } from '#base/ids.ts';
import { TARGET_DURATION_S } from '../packager/limits.ts';
import type { EarlierRendition, RenditionInfo } from '../packager/segment.ts';
import type { RenditionName } from '../packager/source.ts';
import { discard } from './discard.ts';
import { recordingPrefix } from './keys.ts';
import { alone } from './merge.ts';
import type { RecordingDeps } from './recording.ts';
import { ratesOf } from './replay.ts';
import { restore } from './restore.ts';
import { findRecording, hasPicture, isGap, type SegmentRow } from './store.ts';

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
  const rows = await restore(deps, broadcastId);
  const recording = await findRecording(deps.db.sql, broadcastId);
  if (!recording || !hasPicture(recording, rows)) {
    if (!(await hasJournals(deps, broadcastId))) await discard(deps, broadcastId);
    return null;
  }
  const renditions: Partial<Record<RenditionName, EarlierRendition>> = {};
  for (const [name, info] of recording.infos) {
    const own = rows.filter(row => row.rendition === name);
    if (own.length > 0) renditions[name] = standing(own, info);
  }
  return {
    epochMs: recording.epochMs,
    endMs: Math.max(...rows.map(row => ((row.start + row.duration) * 1000) / row.timescale)),
    renditions,
  };
}

/** Those that could not be restored, because storage is full, may be restored later. */
async function hasJournals({ journals }: RecordingDeps, broadcastId: BroadcastId): Promise<boolean> {
  return (await journals.list(recordingPrefix(broadcastId).slice(0, -1))).length > 0;
}

function standing(rows: readonly SegmentRow[], info: RenditionInfo): EarlierRendition {
  const hole = rows.findLastIndex((row, i) => i > 0 && row.msn !== rows[i - 1]!.msn + 1);
  const from = Math.max(hole, 0);
  return {
    timescale: rows.at(-1)!.timescale,
    segments: rows.slice(from).map(row => ({ ...row, gap: isGap(row) })),
    discontinuitiesGone: rows.slice(0, from).filter(row => row.discontinuity).length,
    nextInit: Math.max(...rows.map(row => row.initNumber)) + 1,
    info,
    rates: ratesOf(rows.map(alone), TARGET_DURATION_S),
  };
}
