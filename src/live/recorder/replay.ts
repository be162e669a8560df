import type { BroadcastId } from '#base/ids.ts';
import { type PlaylistSegment, secondsOf, writeMediaPlaylist } from '#media/hls/playlist.ts';
import { TARGET_DURATION_S } from '../packager/limits.ts';
import { Rates } from '../packager/rates.ts';
import { initName, mergedName, REPLAY_NAME, segmentName, urlOf } from '../packager/segment.ts';
import { type HlsSource, playlistBody, type RenditionName } from '../packager/source.ts';
import { type Described, describeVariants } from '../packager/variants.ts';
import { segmentKey } from './keys.ts';
import { alone, type MergedSegment, mergeRenditions } from './merge.ts';
import { isGap, type RecordingRow, type SegmentRow } from './store.ts';
import { notStored, type StoredMediaDeps, storedBody, storedMedia } from './stored-media.ts';

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
  const byName = Map.groupBy(segments, segment => segment.rendition);
  const byNumber = new Map(segments.map(row => [`${row.rendition} ${row.msn}`, row]));
  const rows = (name: RenditionName) => byName.get(name) ?? [];
  const stored = (some: readonly SegmentRow[]) =>
    storedBody(
      deps,
      some.map(({ rendition, msn, bytes }) => ({
        key: segmentKey(broadcastId, rendition, msn),
        length: bytes,
      })),
    );
  const names = [...recording.infos.keys()].filter(name => rows(name).length > 0);
  const merged = mergeRenditions(new Map(names.map(name => [name, rows(name)])), 'video');
  const asLive = new Map(names.map(name => [name, rows(name).map(alone)]));
  const targetS = Math.ceil(longestS([...merged.values()].flat()));
  const replays = playlistsOf(recording, merged, 'vod', targetS);
  const playlists = playlistsOf(recording, asLive, 'ended', TARGET_DURATION_S);
  const multivariant = playlistBody(vodMultivariant(recording, merged, targetS));
  return {
    ...storedMedia(deps, broadcastId),
    live: false,
    segment: (name, msn) => {
      const row = byNumber.get(`${name} ${msn}`);
      return row && !isGap(row) ? stored([row]) : notStored();
    },
    multivariant: () => multivariant,
    playlist: name => playlists.get(name) ?? notStored(),
    replay: name => replays.get(name) ?? notStored(),
    merged: (name, firstMsn, lastMsn) => {
      const one = merged.get(name)?.find(({ first }) => first.msn === firstMsn);
      if (one?.last.msn !== lastMsn || isGap(one.first)) return notStored();
      return stored(rows(name).filter(({ msn }) => msn >= firstMsn && msn <= lastMsn));
    },
    part: () => notStored(),
  };
}

type Lines = ReadonlyMap<RenditionName, readonly MergedSegment[]>;

/** One playlist for each rendition, of a common target duration. */
function playlistsOf(
  { epochMs }: RecordingRow,
  renditions: Lines,
  state: 'vod' | 'ended',
  targetDurationS: number,
) {
  const text = (lines: readonly MergedSegment[]) =>
    writeMediaPlaylist({
      targetDurationS,
      independentSegments: lines.every(({ first }) => first.independent),
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

function describe(epochMs: number, { first, last, duration }: MergedSegment): PlaylistSegment {
  return {
    uri:
      first === last
        ? urlOf(segmentName(first.msn), first.initNumber, first.restored)
        : mergedName(first.msn, last.msn),
    durationS: secondsOf(first.start, duration, first.timescale),
    programDateMs: epochMs + (first.start * 1000) / first.timescale,
    map: initName(first.initNumber),
    discontinuity: first.discontinuity,
    gap: isGap(first),
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

/** A layer that never had a picture is nobody's choice. */
function vodMultivariant(recording: RecordingRow, renditions: Lines, targetS: number): string {
  const described = [...recording.infos].flatMap(([name, info]): Described[] => {
    const own = renditions.get(name) ?? [];
    if (own.every(({ first }) => isGap(first))) return [];
    const { peakBps, averageBps, frameRate } = ratesOf(own, targetS);
    return [{ name, info, peakBps, averageBps, frameRate }];
  });
  return describeVariants(described, REPLAY_NAME) ?? '';
}

/** Of segments as a playlist of this target duration lists them. */
export function ratesOf(lines: readonly MergedSegment[], targetS: number): Rates {
  const rates = new Rates(targetS);
  for (const { first, bytes, frames, duration } of lines) {
    if (isGap(first)) rates.gap();
    else rates.add({ bytes, frames, seconds: duration / first.timescale });
  }
  return rates;
}
