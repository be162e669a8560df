import type { Kysely } from 'kysely';
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
    bytes: number;
  };
}

export interface RecordingRow {
  /** Wall time of tick zero. */
  readonly epochMs: number;
  readonly video: RenditionInfo | null;
  readonly audio: RenditionInfo | null;
  /** Layers of video beside the first. */
  readonly layers: readonly [RenditionName, RenditionInfo][];
  readonly complete: boolean;
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
  readonly bytes: number;
}

export interface RecordingTotals {
  readonly durationMs: number;
  readonly bytes: number;
}

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
    })
    .onConflict(conflict => conflict.column('broadcast_id').doNothing())
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

export async function insertSegment(sql: Sql, broadcastId: BroadcastId, segment: SegmentRow): Promise<void> {
  await tables(sql)
    .insertInto('recording_segments')
    .values({
      broadcast_id: broadcastId,
      rendition: segment.rendition,
      msn: segment.msn,
      start_ticks: segment.start,
      duration_ticks: segment.duration,
      timescale: segment.timescale,
      init_number: segment.initNumber,
      discontinuity: segment.discontinuity ? 1 : 0,
      bytes: segment.bytes,
    })
    .onConflict(conflict => conflict.columns(['broadcast_id', 'rendition', 'msn']).doNothing())
    .execute();
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
  const info = (json: string | null) => (json === null ? null : (JSON.parse(json) as RenditionInfo));
  return {
    epochMs: row.epoch_ms,
    video: info(row.video),
    audio: info(row.audio),
    layers: layers.map(layer => [layer.rendition, JSON.parse(layer.info) as RenditionInfo]),
    complete: row.complete === 1,
  };
}

/** All segments of a broadcast, by rendition, oldest first. */
export async function listSegments(sql: Sql, broadcastId: BroadcastId): Promise<SegmentRow[]> {
  const rows = await tables(sql)
    .selectFrom('recording_segments')
    .selectAll()
    .where('broadcast_id', '=', broadcastId)
    .orderBy('rendition')
    .orderBy('msn')
    .execute();
  return rows.map(row => ({
    rendition: row.rendition,
    msn: row.msn,
    start: row.start_ticks,
    duration: row.duration_ticks,
    timescale: row.timescale,
    initNumber: row.init_number,
    discontinuity: row.discontinuity === 1,
    bytes: row.bytes,
  }));
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
