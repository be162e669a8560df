import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import { type PlaylistSegment, writeMediaPlaylist } from '#media/hls/playlist.ts';
import type { Blobs } from '#ports/blobs.ts';
import { TARGET_DURATION_S } from '../packager/limits.ts';
import { Rates } from '../packager/rates.ts';
import { initName, segmentName } from '../packager/segment.ts';
import {
  type HlsAnswer,
  type HlsSource,
  mediaBody,
  Pending,
  playlistBody,
  type RenditionName,
} from '../packager/source.ts';
import { type Described, describeVariants } from '../packager/variants.ts';
import { initKey, segmentKey } from './keys.ts';
import { isGap, type RecordingRow, type SegmentRow } from './store.ts';

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
  const playlists = new Map([...recording.infos.keys()].map(name => [name, playlist(name)]));
  const multivariant = playlistBody(vodMultivariant(recording, rows));
  const stored = (key: string) => storedBytes(deps, key);
  return {
    live: false,
    multivariant: () => multivariant,
    playlist: name => playlists.get(name) ?? notThere(),
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
    independentSegments: rows.every(row => row.independent),
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
    gap: isGap(row),
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

/** A layer that never had a picture is nobody's choice. */
function vodMultivariant(
  recording: RecordingRow,
  rows: (name: RenditionName) => readonly SegmentRow[],
): string {
  const described = [...recording.infos].flatMap(([name, info]): Described[] => {
    const own = rows(name);
    if (own.every(isGap)) return [];
    const { peakBps, averageBps, frameRate } = ratesOf(own);
    return [{ name, info, peakBps, averageBps, frameRate }];
  });
  return describeVariants(described) ?? '';
}

export function ratesOf(rows: readonly SegmentRow[]): Rates {
  const rates = new Rates();
  for (const row of rows) {
    if (isGap(row)) rates.gap();
    else rates.add({ bytes: row.bytes, frames: row.frames, seconds: row.duration / row.timescale });
  }
  return rates;
}

function notThere(): Refusal {
  return new Refusal('not-found', 'This piece of the recording does not exist.');
}
