import type { BroadcastId } from '#base/ids.ts';
import type { EarlierRendition, RenditionInfo } from '../packager/segment.ts';
import type { RenditionName } from '../packager/source.ts';
import type { RecordingDeps } from './recording.ts';
import { ratesOf } from './replay.ts';
import { restoreParts } from './restore.ts';
import { findRecording, hasPicture, isGap, listSegments, type SegmentRow } from './store.ts';

/** A recording that another process began and this one goes on with. */
export interface Reopened {
  /** Wall time of tick zero. */
  readonly epochMs: number;
  /** Where it ends, milliseconds since the epoch. */
  readonly endMs: number;
  readonly renditions: Readonly<Partial<Record<RenditionName, EarlierRendition>>>;
}

/** Restores what was journalled and says where the recording stands. Null when there is no picture. */
export async function reopen(deps: RecordingDeps, broadcastId: BroadcastId): Promise<Reopened | null> {
  await restoreParts(deps, broadcastId);
  const recording = await findRecording(deps.db.sql, broadcastId);
  const rows = await listSegments(deps.db.sql, broadcastId);
  if (!recording || !hasPicture(recording, rows)) return null;
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

function standing(rows: readonly SegmentRow[], info: RenditionInfo): EarlierRendition {
  const hole = rows.findLastIndex((row, i) => i > 0 && row.msn !== rows[i - 1]!.msn + 1);
  const from = Math.max(hole, 0);
  return {
    timescale: rows.at(-1)!.timescale,
    segments: rows.slice(from).map(row => ({ ...row, gap: isGap(row) })),
    discontinuitiesGone: rows.slice(0, from).filter(row => row.discontinuity).length,
    nextInit: Math.max(...rows.map(row => row.initNumber)) + 1,
    info,
    rates: ratesOf(rows),
  };
}
