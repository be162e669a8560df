import type { BroadcastId } from '#base/ids.ts';
import type { EarlierRendition, RenditionInfo } from '../packager/segment.ts';
import type { RenditionName } from '../packager/source.ts';
import type { RecordingDeps } from './recording.ts';
import { restoreParts } from './restore.ts';
import { findRecording, listSegments, type SegmentRow } from './store.ts';

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
  if (!recording?.video || !rows.some(row => row.rendition === 'video')) return null;
  const earlier = (name: RenditionName, info: RenditionInfo | null) => {
    const own = rows.filter(row => row.rendition === name);
    return info && own.length > 0 ? { [name]: standing(own, info) } : {};
  };
  return {
    epochMs: recording.epochMs,
    endMs: Math.max(...rows.map(row => ((row.start + row.duration) * 1000) / row.timescale)),
    renditions: { ...earlier('video', recording.video), ...earlier('audio', recording.audio) },
  };
}

function standing(rows: readonly SegmentRow[], info: RenditionInfo): EarlierRendition {
  const hole = rows.findLastIndex((row, i) => i > 0 && row.msn !== rows[i - 1]!.msn + 1);
  const from = Math.max(hole, 0);
  return {
    timescale: rows.at(-1)!.timescale,
    // Not journalled: a segment is taken for one that may lean on the one before.
    segments: rows.slice(from).map(row => ({ ...row, independent: false })),
    discontinuitiesGone: rows.slice(0, from).filter(row => row.discontinuity).length,
    nextInit: Math.max(...rows.map(row => row.initNumber)) + 1,
    info,
  };
}
