import type { BroadcastId } from '#base/ids.ts';
import { writeMultivariant } from '#media/hls/multivariant.ts';
import { type PlaylistSegment, writeMediaPlaylist } from '#media/hls/playlist.ts';
import { NOMINAL_FRAME_RATE, TARGET_DURATION_S } from '../packager/limits.ts';
import { initName, mergedName, REPLAY_NAME, segmentName } from '../packager/segment.ts';
import { type HlsSource, playlistBody, type RenditionName } from '../packager/source.ts';
import { segmentKey } from './keys.ts';
import { type MergedSegment, mergeSegments } from './merge.ts';
import type { RecordingRow, SegmentRow } from './store.ts';
import { notStored, type StoredMediaDeps, storedBytes, storedMedia } from './stored-media.ts';

/**
 * A recording as HLS: playlists are made once, bytes come from the store of blobs. `replay` lists it in segments that are
 * merged; `playlist` as it was listed live, for the player that was in the middle.
 */
export function createReplay(
  deps: StoredMediaDeps,
  broadcastId: BroadcastId,
  recording: RecordingRow,
  segments: readonly SegmentRow[],
): HlsSource {
  const rows = (name: RenditionName) => segments.filter(segment => segment.rendition === name);
  const names = [...new Set(segments.map(segment => segment.rendition))];
  const merged = new Map(names.map(name => [name, mergeSegments(rows(name))]));
  const asLive = new Map(names.map(name => [name, rows(name).map(alone)]));
  const replays = playlistsOf(recording, merged, 'vod');
  const playlists = playlistsOf(recording, asLive, 'ended');
  const multivariant = playlistBody(vodMultivariant(recording, rows('video'), rows('audio')));
  return {
    ...storedMedia(deps, broadcastId),
    live: false,
    multivariant: () => multivariant,
    playlist: name => playlists.get(name) ?? notStored(),
    replay: name => replays.get(name) ?? notStored(),
    merged: (name, firstMsn, lastMsn) => {
      const one = merged.get(name)?.find(({ first }) => first.msn === firstMsn);
      if (one?.last.msn !== lastMsn) return notStored();
      const msns = Array.from({ length: lastMsn - firstMsn + 1 }, (_, i) => firstMsn + i);
      return storedBytes(
        deps,
        msns.map(msn => segmentKey(broadcastId, name, msn)),
      );
    },
    part: () => notStored(),
  };
}

type Lines = ReadonlyMap<RenditionName, readonly MergedSegment[]>;

/** One playlist for each rendition, of a common target duration. */
function playlistsOf({ epochMs }: RecordingRow, renditions: Lines, state: 'vod' | 'ended') {
  const targetDurationS =
    state === 'vod' ? Math.ceil(longestS([...renditions.values()].flat())) : TARGET_DURATION_S;
  const text = (lines: readonly MergedSegment[]) =>
    writeMediaPlaylist({
      targetDurationS,
      lowLatency: null,
      mediaSequence: state === 'vod' ? 0 : (lines[0]?.first.msn ?? 0),
      discontinuitySequence: 0,
      segments: lines.flatMap((line, i) => [
        ...missing(epochMs, lines[i - 1]?.last, line.first),
        describe(epochMs, line),
      ]),
      preloadHint: null,
      renditionReports: [],
      state,
    });
  return new Map([...renditions].map(([name, lines]) => [name, playlistBody(text(lines))]));
}

function longestS(segments: readonly MergedSegment[]): number {
  return segments.reduce((most, { first, duration }) => Math.max(most, duration / first.timescale), 1);
}

function alone(row: SegmentRow): MergedSegment {
  return { first: row, last: row, duration: row.duration, bytes: row.bytes };
}

function describe(epochMs: number, { first, last, duration }: MergedSegment): PlaylistSegment {
  return {
    uri: first === last ? segmentName(first.msn) : mergedName(first.msn, last.msn),
    durationS: duration / first.timescale,
    programDateMs: epochMs + (first.start * 1000) / first.timescale,
    map: initName(first.initNumber),
    discontinuity: first.discontinuity,
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
    ...describe(
      epochMs,
      alone({ ...before, msn: before.msn + 1 + i, start: start + i * duration, duration }),
    ),
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
    videoUri: `video/${REPLAY_NAME}`,
    audio: sound ? { uri: `audio/${REPLAY_NAME}`, channels: sound.channels } : null,
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
