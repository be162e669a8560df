import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import { writeMultivariant } from '#media/hls/multivariant.ts';
import { type PlaylistSegment, writeMediaPlaylist } from '#media/hls/playlist.ts';
import type { Blobs } from '#ports/blobs.ts';
import { NOMINAL_FRAME_RATE, TARGET_DURATION_S } from '../packager/limits.ts';
import { initName, PLAYLIST_NAME, segmentName } from '../packager/segment.ts';
import {
  type HlsAnswer,
  type HlsSource,
  mediaBody,
  Pending,
  playlistBody,
  type RenditionName,
} from '../packager/source.ts';
import { initKey, segmentKey } from './keys.ts';
import type { RecordingRow, SegmentRow } from './store.ts';

/** A recording as HLS: playlists are made once, bytes come from the store of blobs. */
export function createReplay(
  deps: { blobs: Blobs; log: Logger },
  broadcastId: BroadcastId,
  recording: RecordingRow,
  segments: readonly SegmentRow[],
): HlsSource {
  const rows = (name: RenditionName) => segments.filter(segment => segment.rendition === name);
  const playlist = (name: RenditionName) =>
    rows(name).length > 0 ? playlistBody(vodPlaylist(recording.epochMs, rows(name))) : null;
  const playlists = { video: playlist('video'), audio: playlist('audio') };
  const multivariant = playlistBody(vodMultivariant(recording, rows('video'), rows('audio')));
  const stored = (key: string) => storedBytes(deps, key);
  return {
    live: false,
    multivariant: () => multivariant,
    playlist: name => playlists[name] ?? notThere(),
    init: (name, number) => stored(initKey(broadcastId, name, number)),
    segment: (name, msn) => stored(segmentKey(broadcastId, name, msn)),
    part: () => notThere(),
  };
}

function storedBytes({ blobs, log }: { blobs: Blobs; log: Logger }, key: string): HlsAnswer {
  const pending = new Pending();
  blobs.get(key).then(
    bytes => pending.settle(bytes ? mediaBody([bytes]) : notThere()),
    (cause: unknown) => {
      log.error({ err: cause, key }, 'reading a recording failed');
      pending.settle(new Refusal('internal', 'The recording could not be read.'));
    },
  );
  return pending;
}

function vodPlaylist(epochMs: number, rows: readonly SegmentRow[]): string {
  return writeMediaPlaylist({
    targetDurationS: TARGET_DURATION_S,
    lowLatency: null,
    mediaSequence: rows[0]?.msn ?? 0,
    discontinuitySequence: 0,
    segments: rows.flatMap((row, i) => [...missing(epochMs, rows[i - 1], row), describe(epochMs, row)]),
    preloadHint: null,
    renditionReports: [],
    state: 'vod',
  });
}

function describe(epochMs: number, row: SegmentRow): PlaylistSegment {
  return {
    uri: segmentName(row.msn),
    durationS: row.duration / row.timescale,
    programDateMs: epochMs + (row.start * 1000) / row.timescale,
    map: initName(row.initNumber),
    discontinuity: row.discontinuity,
    parts: [],
  };
}

/** Segments that were never written still have their numbers and their time: EXT-X-GAP says so. */
function missing(epochMs: number, before: SegmentRow | undefined, row: SegmentRow): PlaylistSegment[] {
  if (!before) return [];
  const count = row.msn - before.msn - 1;
  const start = before.start + before.duration;
  const duration = Math.round((row.start - start) / Math.max(count, 1));
  return Array.from({ length: count }, (_, i) => ({
    ...describe(epochMs, { ...before, msn: before.msn + 1 + i, start: start + i * duration, duration }),
    discontinuity: false,
    gap: true,
  }));
}

function vodMultivariant(
  recording: RecordingRow,
  video: readonly SegmentRow[],
  audio: readonly SegmentRow[],
): string {
  const infos = [recording.video, recording.audio].filter(info => info !== null);
  const picture = infos.find(info => info.kind === 'video');
  const sound = audio.length > 0 ? infos.find(info => info.kind === 'audio') : undefined;
  return writeMultivariant({
    bandwidth: peakRate(video) + peakRate(audio),
    averageBandwidth: averageRate(video) + averageRate(audio),
    codecs: [picture?.codec, sound?.codec].filter(codec => codec !== undefined),
    width: picture?.width ?? 0,
    height: picture?.height ?? 0,
    frameRate: NOMINAL_FRAME_RATE,
    videoUri: `video/${PLAYLIST_NAME}`,
    audio: sound ? { uri: `audio/${PLAYLIST_NAME}`, channels: sound.channels } : null,
  });
}

/** The largest bit rate of any segment, bits per second. */
function peakRate(rows: readonly SegmentRow[]): number {
  return rows.reduce((peak, row) => Math.max(peak, (row.bytes * 8 * row.timescale) / row.duration), 0);
}

/** The bit rate of all segments together, bits per second. */
function averageRate(rows: readonly SegmentRow[]): number {
  const bits = rows.reduce((sum, row) => sum + row.bytes * 8, 0);
  const seconds = rows.reduce((sum, row) => sum + row.duration / row.timescale, 0);
  return seconds > 0 ? bits / seconds : 0;
}

function notThere(): Refusal {
  return new Refusal('not-found', 'This piece of the recording does not exist.');
}
