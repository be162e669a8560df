import { Refusal } from '#contract/errors.ts';
import type { Backlog, FinishedSegment } from '#media/hls/backlog.ts';
import {
  headText,
  type LowLatency,
  type RenditionReport,
  secondsOf,
  segmentText,
  skipText,
  tailText,
} from '#media/hls/playlist.ts';
import {
  ADVANCE_PARTS_MAX,
  ADVANCE_SEGMENTS_MAX,
  HOLD_BACK_S,
  PART_HOLD_BACK_S,
  PART_TARGET_S,
  SKIP_BOUNDARY_S,
  TARGET_DURATION_S,
} from './limits.ts';
import {
  initName,
  listedParts,
  PLAYLIST_NAME,
  partName,
  type RecordedSegment,
  type SegmentMedia,
  segmentName,
  urlOf,
} from './segment.ts';
import type { RenditionName } from './source.ts';

/** What a playlist is made of. */
export interface RenditionState {
  readonly name: RenditionName;
  readonly timescale: number;
  readonly epochMs: number;
  /** The segments that are listed without their parts. */
  readonly backlog: Backlog;
  /** The segments after those; while live the last is the one being made. */
  readonly edge: readonly SegmentMedia[];
  readonly nextMsn: number;
  /** Of the segment after those, unless the picture changes with it. */
  readonly nextInitNumber: number;
  /** Every segment so far began with a key frame. */
  readonly independent: boolean;
  readonly ended: boolean;
}

const LOW_LATENCY: LowLatency = {
  partTargetS: PART_TARGET_S,
  partHoldBackS: PART_HOLD_BACK_S,
  holdBackS: HOLD_BACK_S,
  canSkipUntilS: SKIP_BOUNDARY_S,
};

const encoder = new TextEncoder();

/** The live playlist of a rendition as it stands, in chunks; with `skip` as a delta update (RFC 8216bis section 6.2.5.1). */
export function livePlaylist(
  rendition: RenditionState,
  siblings: readonly RenditionState[],
  skip: boolean,
): Uint8Array[] {
  const { backlog } = rendition;
  const edge = rendition.edge
    .filter(isVisible)
    .map(segment => describe(rendition, segment, listedParts(segment)));
  const firstMap = backlog.first?.map ?? edge[0]?.map ?? null;
  const update = skip ? backlog.delta(edge.reduce((sum, segment) => sum + segment.durationS, 0)) : null;
  const state = rendition.ended ? 'ended' : 'live';
  const head = {
    targetDurationS: TARGET_DURATION_S,
    independentSegments: rendition.independent,
    lowLatency: LOW_LATENCY,
    mediaSequence: backlog.first?.msn ?? edge[0]?.msn ?? rendition.nextMsn,
    discontinuitySequence: backlog.discontinuitiesGone,
    state,
  } as const;
  const recent = edge.map((segment, i) =>
    segmentText(segment, edge[i - 1]?.map ?? backlog.lastMap ?? firstMap),
  );
  const tail = { state, preloadHint: hint(rendition), renditionReports: siblings.flatMap(report) } as const;
  const end = recent.join('') + tailText(tail);
  if (update && update.skipped > 0)
    return [encoder.encode(headText(head, null) + skipText(update.skipped) + update.text + end)];
  return [
    encoder.encode(headText(head, firstMap)),
    ...backlog.sealed,
    encoder.encode(backlog.recentText + end),
  ];
}

/** A segment without a listed part yet has nothing to list; its first part is hinted. */
function isVisible(segment: SegmentMedia): boolean {
  return segment.complete || listedParts(segment).length > 0;
}

/** A segment as playlists list it, with these of its parts. */
export function describe(
  { timescale, epochMs }: Pick<RenditionState, 'timescale' | 'epochMs'>,
  segment: RecordedSegment & { readonly complete: boolean },
  parts: SegmentMedia['parts'],
): FinishedSegment {
  const { msn, start, duration, discontinuity, initNumber, restored } = segment;
  let partStart = start;
  return {
    msn,
    startS: start / timescale,
    uri: segment.complete ? urlOf(segmentName(msn), initNumber, restored) : null,
    durationS: secondsOf(start, duration, timescale),
    programDateMs: epochMs + (start * 1000) / timescale,
    map: initName(initNumber),
    discontinuity,
    gap: segment.gap,
    parts: parts.map((part, i) => {
      const durationS = secondsOf(partStart, part.duration, timescale);
      partStart += part.duration;
      const { independent } = part;
      return { uri: urlOf(partName(msn, i), initNumber), durationS, independent, gap: segment.gap };
    }),
  };
}

function hint({ edge, nextMsn, nextInitNumber }: RenditionState): string {
  const last = edge.at(-1);
  const isOpen = last?.isListed && !last.complete;
  return isOpen
    ? urlOf(partName(last.msn, last.parts.length), last.initNumber)
    : urlOf(partName(nextMsn, 0), nextInitNumber);
}

/** The last part that a sibling lists, for the player that switches to it. */
function report({ name, edge, backlog }: RenditionState): RenditionReport[] {
  const uri = `../${name}/${PLAYLIST_NAME}`;
  const last = edge.findLast(isVisible);
  if (last) return [{ uri, lastMsn: last.msn, lastPart: Math.max(listedParts(last).length - 1, 0) }];
  return backlog.nextMsn === null ? [] : [{ uri, lastMsn: backlog.nextMsn - 1, lastPart: 0 }];
}

/** The refusal of a blocking reload that asks too far ahead (RFC 8216bis section 6.2.5.2), or null. */
export function advanceRefusal({ edge, nextMsn }: RenditionState, msn: number, part: number): Refusal | null {
  const lastMsn = Math.max(nextMsn - 1, 0);
  if (msn > lastMsn + ADVANCE_SEGMENTS_MAX)
    return new Refusal('invalid-request', `_HLS_msn is at most ${lastMsn + ADVANCE_SEGMENTS_MAX} now.`);
  const parts = msn === lastMsn ? (edge.at(-1)?.parts.length ?? 0) : 0;
  if (msn >= lastMsn && part > parts + ADVANCE_PARTS_MAX)
    return new Refusal('invalid-request', `_HLS_part is at most ${parts + ADVANCE_PARTS_MAX} now.`);
  return null;
}
