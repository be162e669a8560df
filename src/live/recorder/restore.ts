import type { BroadcastId } from '#base/ids.ts';
import { initKey, recordingPrefix, segmentKey } from './keys.ts';
import { firstGaps, levelGaps } from './level.ts';
import { join } from './part-journal.ts';
import type { RecordingDeps } from './recording.ts';
import { type JournalledSegment, readSegmentJournal } from './segment-journal.ts';
import {
  hasSegment,
  insertRecording,
  insertSegments,
  listSegments,
  type SegmentRow,
  setInfo,
} from './store.ts';

/**
 * Everything that was kept of a recording, by rendition, with all renditions brought to the same end: after a crash, or a
 * fault of storage. Can be interrupted at any point and done again.
 */
export async function restore(deps: RecordingDeps, broadcastId: BroadcastId): Promise<SegmentRow[]> {
  await restoreParts(deps, broadcastId);
  const rows = await listSegments(deps.db.sql, broadcastId);
  // What could not be restored now has its number later.
  const isWhole = (await deps.journals.list(recordingPrefix(broadcastId).slice(0, -1))).length === 0;
  const gaps = [...(isWhole ? firstGaps(rows) : []), ...levelGaps(rows)];
  await deps.write(sql => insertSegments(sql, broadcastId, gaps));
  return listSegments(deps.db.sql, broadcastId);
}

/** Makes segments of the parts that were journalled and never became one. One that fails keeps no other. */
async function restoreParts(deps: RecordingDeps, broadcastId: BroadcastId): Promise<void> {
  for (const key of await deps.journals.list(recordingPrefix(broadcastId).slice(0, -1))) {
    try {
      await restoreJournal(deps, broadcastId, key);
    } catch (cause) {
      deps.log.error({ err: cause, key }, 'a journal of a recording could not be restored');
    }
  }
}

/** A journal goes when its segment is kept. */
async function restoreJournal(deps: RecordingDeps, broadcastId: BroadcastId, key: string): Promise<void> {
  const bytes = await deps.journals.read(key);
  const segment = bytes && readSegmentJournal(bytes);
  if (segment) await keep(deps, broadcastId, segment);
  else if (bytes?.length)
    deps.log.warn({ key, bytes: bytes.length }, 'a journal holds no whole part: it is a gap');
  await deps.journals.delete(key);
}

/** A segment whose row is there already is whole: its journal only had not gone yet. */
async function keep(
  { db, write, blobs, log }: RecordingDeps,
  broadcastId: BroadcastId,
  segment: JournalledSegment,
): Promise<void> {
  const { rendition, msn, start, timescale, discontinuity, independent, init, parts } = segment;
  await write(sql => insertRecording(sql, broadcastId, segment.epochMs));
  if (await hasSegment(db.sql, broadcastId, rendition, msn)) return;
  await blobs.put(initKey(broadcastId, rendition, init.number), init.bytes);
  await write(sql => setInfo(sql, broadcastId, rendition, init.info));
  const bytes = join(parts.map(part => part.bytes));
  await blobs.put(segmentKey(broadcastId, rendition, msn), bytes);
  const duration = parts.reduce((sum, part) => sum + part.duration, 0);
  const frames = parts.reduce((sum, part) => sum + part.samples, 0);
  const place = { rendition, msn, start, duration, timescale, initNumber: init.number };
  const row = { ...place, discontinuity, independent, bytes: bytes.length, frames, restored: true };
  await write(sql => insertSegments(sql, broadcastId, [row]));
  log.info({ broadcastId, rendition, msn, parts: parts.length }, 'a segment was restored from its parts');
}
