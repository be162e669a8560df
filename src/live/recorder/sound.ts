import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Blobs } from '#ports/blobs.ts';
import { initKey, segmentKey } from './keys.ts';
import { isGap, type SegmentRow } from './store.ts';

/** Blobs whose sizes are asked for at once. */
const ASKED_MAX = 16;
/** Names in one line of the log. */
const NAMED_MAX = 10;

/**
 * The rows as they can be played: a segment whose bytes are not there, or not all of them, is a gap, and so is every one whose
 * initialization section is gone.
 */
export async function soundRows(
  { blobs, log }: { readonly blobs: Blobs; readonly log: Logger },
  broadcastId: BroadcastId,
  rows: readonly SegmentRow[],
): Promise<SegmentRow[]> {
  const kept = rows.filter(row => !isGap(row));
  const inits = new Map(kept.map(row => [initKey(broadcastId, row.rendition, row.initNumber), row]));
  const damaged = new Set<string>();
  const hold = async (key: string, expected: number | null) => {
    const size = await blobs.size(key);
    if (expected === null ? !size : size !== expected) damaged.add(key);
  };
  const asked = [
    ...inits.keys().map(key => () => hold(key, null)),
    ...kept.map(row => () => hold(segmentKey(broadcastId, row.rendition, row.msn), row.bytes)),
  ];
  for (let from = 0; from < asked.length; from += ASKED_MAX)
    await Promise.all(asked.slice(from, from + ASKED_MAX).map(ask => ask()));
  if (damaged.size === 0) return [...rows];
  const first = [...damaged].slice(0, NAMED_MAX);
  log.error({ broadcastId, count: damaged.size, first }, 'a recording lacks bytes: there are gaps in it');
  return rows.map(row => {
    const own = [
      segmentKey(broadcastId, row.rendition, row.msn),
      initKey(broadcastId, row.rendition, row.initNumber),
    ];
    return own.some(key => damaged.has(key)) ? { ...row, bytes: 0, frames: 0 } : row;
  });
}
