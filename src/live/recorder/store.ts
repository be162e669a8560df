import { type Kysely, sql as raw } from 'kysely';
import type { BroadcastId } from '#base/ids.ts';
import type { Sql } from '#ports/db.ts';
import type { RenditionInfo } from '../packager/segment.ts';
import type { RenditionName } from '../packager/source.ts';

interface Tables {
  recordings: {
    broadcast_id: string;
    epoch_ms: number;
    video: string | null;
    audio: string | null;
    complete: number;
    duration_ms: number;
    bytes: number;
    handed_over: number;
  };
  recording_layers: {
    broadcast_id: string;
    rendition: RenditionName;
    info: string;
  };
  recording_segments: {
    broadcast_id: string;
    rendition: RenditionName;
    msn: number;
    start_ticks: number;
    duration_ticks: number;
    timescale: number;
    init_number: number;
    discontinuity: number;
    independent: number;
    bytes: number;
    frames: number;
    restored: number;
  };
}

export interface RecordingRow {
  /** Wall time of tick zero. */
  readonly epochMs: number;
  /** Of every rendition, what its newest initialization section says. */
  readonly infos: ReadonlyMap<RenditionName, RenditionInfo>;
  readonly complete: boolean;
  /** Whoever made it stopped in order: it has all that players were shown. */
  readonly handedOver: boolean;
}

/** A journalled segment: its bytes are in the store of blobs. Times are ticks of `timescale`. */
export interface SegmentRow {
  readonly rendition: RenditionName;
  readonly msn: number;
  readonly start: number;
  readonly duration: number;
  readonly timescale: number;
  readonly initNumber: number;
  readonly discontinuity: boolean;
  /** Starts with a key frame. */
  readonly independent: boolean;
  /** 0 for a gap: nothing came in this time. */
  readonly bytes: number;
  readonly frames: number;
  /** Made of what a crash left of it. */
  readonly restored: boolean;
}

/** Whether there is a picture to play. */
export function hasPicture(recording: RecordingRow, segments: readonly SegmentRow[]): boolean {
  return segments.some(row => row.rendition !== 'audio' && !isGap(row) && recording.infos.has(row.rendition));
}

/** A time for which there are no bytes. */
export const isGap = (row: SegmentRow): boolean => row.bytes === 0;

export interface RecordingTotals {
  readonly durationMs: number;
  readonly bytes: number;
}

/** Twelve values each; databases take some tens of thousands in one statement. */
const ROWS_PER_INSERT = 500;
/** So that no read holds the loop while its rows arrive: twelve hours in four layers have 86,000. */
const ROWS_PER_READ = 1000;

const tables = (sql: Sql): Kysely<Tables> => sql.withTables();

/** Idempotent, as is every write here: the recorder tries again after a fault. */
export async function insertRecording(sql: Sql, broadcastId: BroadcastId, epochMs: number): Promise<void> {
  await tables(sql)
    .insertInto('recordings')
    .values({
      broadcast_id: broadcastId,
      epoch_ms: epochMs,
      video: null,
      audio: null,
      complete: 0,
      duration_ms: 0,
      bytes: 0,
      handed_over: 0,
    })
    .onConflict(conflict => conflict.column('broadcast_id').doNothing())
    .execute();
}

/** Said when a process stops in order, and taken back by the one that goes on. */
export async function setHandedOver(sql: Sql, broadcastId: BroadcastId, handedOver: boolean): Promise<void> {
  await tables(sql)
    .updateTable('recordings')
    .set({ handed_over: handedOver ? 1 : 0 })
    .where('broadcast_id', '=', broadcastId)
    .execute();
}

export async function setInfo(
  sql: Sql,
  broadcastId: BroadcastId,
  rendition: RenditionName,
  info: RenditionInfo,
): Promise<void> {
  const json = JSON.stringify(info);
  if (rendition !== 'video' && rendition !== 'audio') {
    await tables(sql)
      .insertInto('recording_layers')
      .values({ broadcast_id: broadcastId, rendition, info: json })
      .onConflict(conflict => conflict.columns(['broadcast_id', 'rendition']).doUpdateSet({ info: json }))
      .execute();
    return;
  }
  await tables(sql)
    .updateTable('recordings')
    .set(rendition === 'video' ? { video: json } : { audio: json })
    .where('broadcast_id', '=', broadcastId)
    .execute();
}

export async function insertSegments(
  sql: Sql,
  broadcastId: BroadcastId,
  segments: readonly SegmentRow[],
): Promise<void> {
  for (let from = 0; from < segments.length; from += ROWS_PER_INSERT)
    await tables(sql)
      .insertInto('recording_segments')
      .values(
        segments.slice(from, from + ROWS_PER_INSERT).map(segment => segmentColumns(broadcastId, segment)),
      )
      .onConflict(conflict => conflict.columns(['broadcast_id', 'rendition', 'msn']).doNothing())
      .execute();
}

function segmentColumns(broadcastId: BroadcastId, segment: SegmentRow): Tables['recording_segments'] {
  return {
    broadcast_id: broadcastId,
    rendition: segment.rendition,
    msn: segment.msn,
    start_ticks: segment.start,
    duration_ticks: segment.duration,
    timescale: segment.timescale,
    init_number: segment.initNumber,
    discontinuity: segment.discontinuity ? 1 : 0,
    independent: segment.independent ? 1 : 0,
    bytes: segment.bytes,
    frames: segment.frames,
    restored: segment.restored ? 1 : 0,
  };
}

export async function findRecording(sql: Sql, broadcastId: BroadcastId): Promise<RecordingRow | null> {
  const row = await tables(sql)
    .selectFrom('recordings')
    .selectAll()
    .where('broadcast_id', '=', broadcastId)
    .executeTakeFirst();
  if (!row) return null;
  const layers = await tables(sql)
    .selectFrom('recording_layers')
    .select(['rendition', 'info'])
    .where('broadcast_id', '=', broadcastId)
    .orderBy('rendition')
    .execute();
  const infos = new Map<RenditionName, RenditionInfo>();
  const known = [
    { rendition: 'video' as const, info: row.video },
    { rendition: 'audio' as const, info: row.audio },
    ...layers,
  ];
  for (const { rendition, info } of known) if (info) infos.set(rendition, JSON.parse(info) as RenditionInfo);
  return { epochMs: row.epoch_ms, infos, complete: row.complete === 1, handedOver: row.handed_over === 1 };
}

/** All segments of a broadcast, by rendition, oldest first. */
export async function listSegments(sql: Sql, broadcastId: BroadcastId): Promise<SegmentRow[]> {
  const segments: SegmentRow[] = [];
  for (;;) {
    const page = await listSegmentsAfter(sql, broadcastId, segments.at(-1));
    segments.push(...page);
    if (page.length < ROWS_PER_READ) return segments;
  }
}

async function listSegmentsAfter(
  sql: Sql,
  broadcastId: BroadcastId,
  last: SegmentRow | undefined,
): Promise<SegmentRow[]> {
  let query = tables(sql)
    .selectFrom('recording_segments')
    .selectAll()
    .where('broadcast_id', '=', broadcastId)
    .orderBy('rendition')
    .orderBy('msn')
    .limit(ROWS_PER_READ);
  if (last) query = query.where(raw<boolean>`(rendition, msn) > (${last.rendition}, ${last.msn})`);
  return (await query.execute()).map(row => ({
    rendition: row.rendition,
    msn: row.msn,
    start: row.start_ticks,
    duration: row.duration_ticks,
    timescale: row.timescale,
    initNumber: row.init_number,
    discontinuity: row.discontinuity === 1,
    independent: row.independent === 1,
    bytes: row.bytes,
    frames: row.frames,
    restored: row.restored === 1,
  }));
}

export async function hasSegment(
  sql: Sql,
  broadcastId: BroadcastId,
  rendition: RenditionName,
  msn: number,
): Promise<boolean> {
  const row = await tables(sql)
    .selectFrom('recording_segments')
    .select('msn')
    .where('broadcast_id', '=', broadcastId)
    .where('rendition', '=', rendition)
    .where('msn', '=', msn)
    .executeTakeFirst();
  return row !== undefined;
}

export async function setComplete(
  sql: Sql,
  broadcastId: BroadcastId,
  totals: RecordingTotals,
): Promise<void> {
  await tables(sql)
    .updateTable('recordings')
    .set({ complete: 1, duration_ms: totals.durationMs, bytes: totals.bytes })
    .where('broadcast_id', '=', broadcastId)
    .execute();
}

export async function deleteRecording(sql: Sql, broadcastId: BroadcastId): Promise<void> {
  await tables(sql).deleteFrom('recording_segments').where('broadcast_id', '=', broadcastId).execute();
  await tables(sql).deleteFrom('recording_layers').where('broadcast_id', '=', broadcastId).execute();
  await tables(sql).deleteFrom('recordings').where('broadcast_id', '=', broadcastId).execute();
}
