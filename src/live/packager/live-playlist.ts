import { Refusal } from '#contract/errors.ts';
import {
  type LowLatency,
  type PlaylistSegment,
  type RenditionReport,
  writeMediaPlaylist,
} from '#media/hls/playlist.ts';
import {
  ADVANCE_PARTS_MAX,
  ADVANCE_SEGMENTS_MAX,
  HOLD_BACK_S,
  LISTED_SEGMENTS_MAX,
  PART_HOLD_BACK_S,
  PART_TARGET_S,
  SEGMENTS_WITH_PARTS,
  TARGET_DURATION_S,
} from './limits.ts';
import { initName, PLAYLIST_NAME, partName, type SegmentMedia, segmentName } from './segment.ts';
import type { RenditionName } from './source.ts';

/** What a playlist is made of; `segments` ends with the one being made, while live. */
export interface RenditionState {
  readonly name: RenditionName;
  readonly timescale: number;
  readonly epochMs: number;
  readonly segments: readonly SegmentMedia[];
  readonly discontinuitiesGone: number;
  readonly ended: boolean;
}

const LOW_LATENCY: LowLatency = {
  partTargetS: PART_TARGET_S,
  partHoldBackS: PART_HOLD_BACK_S,
  holdBackS: HOLD_BACK_S,
};

/** The live playlist of a rendition as it stands. */
export function livePlaylist(rendition: RenditionState, siblings: readonly RenditionState[]): string {
  const held = rendition.segments;
  const listed = held.slice(-(LISTED_SEGMENTS_MAX + 1));
  const unlisted = held.slice(0, held.length - listed.length);
  const left = unlisted.filter(segment => segment.discontinuity).length;
  const firstWithParts = listed.length - 1 - SEGMENTS_WITH_PARTS;
  return writeMediaPlaylist({
    targetDurationS: TARGET_DURATION_S,
    // A segment that was cut without a key frame takes the promise back for as long as it is listed.
    independentSegments: listed.every(segment => segment.independent),
    lowLatency: LOW_LATENCY,
    mediaSequence: listed[0]?.msn ?? 0,
    discontinuitySequence: rendition.discontinuitiesGone + left,
    segments: listed.filter(isVisible).map((segment, i) => describe(rendition, segment, i >= firstWithParts)),
    preloadHint: rendition.ended ? null : hint(held.at(-1)),
    renditionReports: siblings.flatMap(report),
    state: rendition.ended ? 'ended' : 'live',
  });
}

/** A segment without a part yet has nothing to list; its first part is hinted. */
function isVisible(segment: SegmentMedia): boolean {
  return segment.complete || segment.parts.length > 0;
}

function describe(rendition: RenditionState, segment: SegmentMedia, withParts: boolean): PlaylistSegment {
  const { timescale } = rendition;
  const parts = withParts ? segment.parts : [];
  return {
    uri: segment.complete ? segmentName(segment.msn) : null,
    durationS: segment.duration / timescale,
    programDateMs: rendition.epochMs + (segment.start * 1000) / timescale,
    map: initName(segment.initNumber),
    discontinuity: segment.discontinuity,
    gap: segment.gap,
    parts: parts.map((part, i) => ({
      uri: partName(segment.msn, i),
      durationS: part.duration / timescale,
      independent: part.independent,
    })),
  };
}

function hint(last: SegmentMedia | undefined): string {
  if (!last) return partName(0, 0);
  return last.complete ? partName(last.msn + 1, 0) : partName(last.msn, last.parts.length);
}

/** The last part that a sibling lists, for the player that switches to it. */
function report(sibling: RenditionState): RenditionReport[] {
  const last = sibling.segments.findLast(isVisible);
  if (!last) return [];
  const uri = `../${sibling.name}/${PLAYLIST_NAME}`;
  return [{ uri, lastMsn: last.msn, lastPart: Math.max(last.parts.length - 1, 0) }];
}

/** The refusal of a blocking reload that asks too far ahead (RFC 8216bis section 6.2.5.2), or null. */
export function advanceRefusal(segments: readonly SegmentMedia[], msn: number, part: number): Refusal | null {
  const last = segments.at(-1);
  const lastMsn = last?.msn ?? 0;
  if (msn > lastMsn + ADVANCE_SEGMENTS_MAX)
    return new Refusal('invalid-request', `_HLS_msn is at most ${lastMsn + ADVANCE_SEGMENTS_MAX} now.`);
  const parts = msn === lastMsn ? (last?.parts.length ?? 0) : 0;
  if (msn >= lastMsn && part > parts + ADVANCE_PARTS_MAX)
    return new Refusal('invalid-request', `_HLS_part is at most ${parts + ADVANCE_PARTS_MAX} now.`);
  return null;
}
