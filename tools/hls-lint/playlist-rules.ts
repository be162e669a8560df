import { lengthS, type MediaPlaylist, type Playlist, type Segment } from './playlist.ts';
import type { Rule } from './rule.ts';

type MediaRule = Rule<MediaPlaylist>;

/** Durations in playlists are rounded; what is closer than this, seconds, is equal. */
const ROUNDING_S = 0.001;
const show = (seconds: number) => `${Math.round(seconds * 100_000) / 100_000} s`;

export const playlistSyntax: Rule<Playlist> = {
  name: 'playlist-syntax',
  clause: 'bis 4.1',
  level: 'must',
  check: playlist => playlist.problems,
};

/** The version that a playlist needs for what it uses (bis section 8). */
const VERSION_OF_TAG: readonly (readonly [string, number])[] = [
  ['EXT-X-BYTERANGE', 4],
  ['EXT-X-I-FRAMES-ONLY', 4],
  ['EXT-X-MAP', 6],
  ['EXT-X-DEFINE', 8],
  ['EXT-X-SKIP', 9],
];

export const versionEnough: Rule<Playlist> = {
  name: 'version-enough',
  clause: 'bis 8',
  level: 'must',
  *check(playlist) {
    const version = playlist.version ?? 1;
    for (const [tag, least] of VERSION_OF_TAG)
      if (playlist.tags.has(tag) && version < least)
        yield `${tag} needs version ${least}, declared is ${version}`;
    if (playlist.kind !== 'media' || version >= 3) return;
    const fractional = playlist.segments.some(segment => !Number.isInteger(segment.durationS ?? 0));
    if (fractional) yield `durations with decimals need version 3, declared is ${version}`;
  },
};

const requiredTags: MediaRule = {
  name: 'required-tags',
  clause: 'bis 4.4.3',
  level: 'must',
  *check(playlist) {
    if (playlist.targetDurationS === null) yield 'EXT-X-TARGETDURATION is missing';
    if (!playlist.segments.some(segment => segment.parts.length > 0)) return;
    if (playlist.partTargetS === null) yield 'there are parts without EXT-X-PART-INF';
    if (playlist.control?.partHoldBackS == null) yield 'EXT-X-SERVER-CONTROL has no PART-HOLD-BACK';
  },
};

/** What Appendix B.1 asks of servers that want players in low-latency mode. */
const lowLatencyProfile: MediaRule = {
  name: 'low-latency-profile',
  clause: 'bis B.1, Apple 14.1',
  level: 'must',
  *check(playlist) {
    if (playlist.partTargetS === null || playlist.ended) return;
    if (!playlist.control?.canBlockReload) yield 'CAN-BLOCK-RELOAD is not YES';
    if (playlist.hints.length === 0) yield 'there is no EXT-X-PRELOAD-HINT';
  },
};

const targetDuration: MediaRule = {
  name: 'target-duration',
  clause: 'bis 4.4.3.1',
  level: 'must',
  *check({ targetDurationS, segments }) {
    for (const { msn, durationS } of segments)
      if (targetDurationS !== null && Math.round(durationS ?? 0) > targetDurationS)
        yield `segment ${msn} lasts ${show(durationS ?? 0)}, EXT-X-TARGETDURATION is ${targetDurationS}`;
  },
};

const segmentOverrun: MediaRule = {
  name: 'segment-overrun',
  clause: 'Apple 7.7',
  level: 'must',
  *check({ targetDurationS, segments }) {
    for (const segment of segments)
      if (targetDurationS !== null && lengthS(segment) > targetDurationS + 0.5)
        yield `segment ${segment.msn} lasts ${show(lengthS(segment))}, the target is ${targetDurationS}`;
  },
};

export const partHoldBack: MediaRule = {
  name: 'part-hold-back',
  clause: 'bis 4.4.3.8',
  level: 'must',
  *check({ partTargetS, control }) {
    const hold = control?.partHoldBackS ?? null;
    if (partTargetS !== null && hold !== null && hold < 2 * partTargetS - ROUNDING_S)
      yield `PART-HOLD-BACK ${hold} is less than twice PART-TARGET ${partTargetS}`;
  },
};

const partHoldBackApple: MediaRule = {
  name: 'part-hold-back-apple',
  clause: 'Apple 14.3, bis 4.4.3.8',
  level: 'must',
  *check({ partTargetS, control }) {
    const hold = control?.partHoldBackS ?? null;
    if (partTargetS !== null && hold !== null && hold < 3 * partTargetS - ROUNDING_S)
      yield `PART-HOLD-BACK ${hold} is less than three times PART-TARGET ${partTargetS}`;
  },
};

export const holdBack: MediaRule = {
  name: 'hold-back',
  clause: 'bis 4.4.3.8',
  level: 'must',
  *check({ targetDurationS, control }) {
    const hold = control?.holdBackS ?? null;
    if (targetDurationS !== null && hold !== null && hold < 3 * targetDurationS)
      yield `HOLD-BACK ${hold} is less than three target durations`;
  },
};

const skipBoundary: MediaRule = {
  name: 'skip-boundary',
  clause: 'bis 4.4.3.8',
  level: 'must',
  *check({ targetDurationS, control }) {
    const until = control?.canSkipUntilS ?? null;
    if (targetDurationS !== null && until !== null && until < 6 * targetDurationS)
      yield `CAN-SKIP-UNTIL ${until} is less than six target durations`;
  },
};

/** Apple asks for delta updates of playlists that are longer than two minutes. */
const deltaUpdates: MediaRule = {
  name: 'delta-updates',
  clause: 'Apple 14.4',
  level: 'should',
  *check(playlist) {
    const windowS = playlist.segments.reduce((sum, segment) => sum + lengthS(segment), 0);
    const offered = playlist.control?.canSkipUntilS != null;
    if (playlist.partTargetS !== null && !playlist.ended && windowS > 120 && !offered)
      yield `${Math.round(windowS)} s are listed without CAN-SKIP-UNTIL`;
  },
};

const partLongest: MediaRule = {
  name: 'part-longest',
  clause: 'bis 4.4.4.9',
  level: 'must',
  *check({ partTargetS, segments }) {
    if (partTargetS === null) return;
    for (const { msn, parts } of segments)
      for (const [i, part] of parts.entries())
        if (part.durationS > partTargetS + 0.00001)
          yield `part ${msn}.${i} lasts ${show(part.durationS)}, PART-TARGET is ${partTargetS}`;
  },
};

/** At least 85 % of the target, but for independent parts, gaps, parts before gaps, and the last of a segment. */
const partShortest: MediaRule = {
  name: 'part-shortest',
  clause: 'bis 4.4.4.9',
  level: 'must',
  *check({ partTargetS, segments }) {
    if (partTargetS === null) return;
    const least = 0.85 * partTargetS - 0.00001;
    for (const { msn, parts, uri } of segments)
      for (const [i, part] of parts.entries()) {
        // The newest part of an open segment may turn out to be its last.
        const following = parts[i + 1];
        const exempt = part.independent || part.gap || following?.gap || !following;
        if (!exempt && part.durationS < least)
          yield `part ${msn}.${i} lasts ${show(part.durationS)}, less than 85 % of PART-TARGET ${partTargetS}${uri ? '' : ' (open segment)'}`;
      }
  },
};

const partsFillSegment: MediaRule = {
  name: 'parts-fill-segment',
  clause: 'bis 3.1, 4.4.4.9',
  level: 'must',
  *check({ segments }) {
    for (const { msn, parts, durationS } of segments) {
      if (durationS === null || parts.length === 0) continue;
      const sum = parts.reduce((total, part) => total + part.durationS, 0);
      if (Math.abs(sum - durationS) > ROUNDING_S * (parts.length + 1))
        yield `parts of segment ${msn} last ${show(sum)}, its EXTINF is ${show(durationS)}`;
    }
  },
};

const segmentTagsFirst: MediaRule = {
  name: 'segment-tags-before-parts',
  clause: 'bis 4.4.4.9',
  level: 'must',
  *check({ segments }) {
    for (const { msn, lateTags } of segments)
      for (const tag of lateTags) yield `${tag} of segment ${msn} stands after its first part`;
  },
};

const mapPresent: MediaRule = {
  name: 'map-present',
  clause: 'Apple 8.20, bis 3.1.2',
  level: 'must',
  *check({ segments }) {
    for (const segment of segments)
      if (segment.map === null && isFragmentedMp4(segment)) yield `segment ${segment.msn} has no EXT-X-MAP`;
  },
};

function isFragmentedMp4(segment: Segment): boolean {
  return /\.(m4s|mp4|cmf[va]?|m4[va])(\?|$)/i.test(segment.uri ?? segment.parts[0]?.uri ?? '');
}

const programDatePresent: MediaRule = {
  name: 'program-date-present',
  clause: 'Apple 8.4, bis B.1',
  level: 'must',
  *check(playlist) {
    const dated = playlist.segments.some(segment => segment.programDateMs !== null);
    if (!playlist.ended && playlist.segments.length > 0 && !dated) yield 'no EXT-X-PROGRAM-DATE-TIME';
  },
};

/** Dates follow from the durations between them, except across discontinuities, and never go back. */
const programDateConsistent: MediaRule = {
  name: 'program-date-consistent',
  clause: 'bis 6.2.1, 4.4.4.6',
  level: 'must',
  *check({ segments }) {
    let expected: number | null = null;
    for (const segment of segments) {
      const date = segment.programDateMs;
      if (date !== null && expected !== null) {
        const off = date - expected;
        if (segment.discontinuity ? off < -1000 : Math.abs(off) > 50)
          yield `segment ${segment.msn} is dated ${Math.round(off)} ms away from the end of the one before`;
      }
      const start: number | null = date ?? (segment.discontinuity ? null : expected);
      expected = start === null ? null : start + lengthS(segment) * 1000;
    }
  },
};

const discontinuitySequencePresent: MediaRule = {
  name: 'discontinuity-sequence-present',
  clause: 'Apple 8.17',
  level: 'must',
  *check(playlist) {
    const breaks = playlist.segments.some(segment => segment.discontinuity);
    if (!playlist.ended && breaks && playlist.discontinuitySequence === null)
      yield 'a live playlist with a discontinuity has no EXT-X-DISCONTINUITY-SEQUENCE';
  },
};

/** A change of the initialization section without a discontinuity breaks decoders. */
const mapChangeDiscontinuity: MediaRule = {
  name: 'map-change-discontinuity',
  clause: 'bis 4.4.4.3, Apple 8.13',
  level: 'must',
  *check({ segments }) {
    for (const [i, segment] of segments.entries()) {
      const before = segments[i - 1];
      if (before && before.map !== segment.map && !segment.discontinuity)
        yield `EXT-X-MAP changes at segment ${segment.msn} without EXT-X-DISCONTINUITY`;
    }
  },
};

const liveWindow: MediaRule = {
  name: 'live-window',
  clause: 'bis 6.2.2, Apple 8.11',
  level: 'must',
  *check(playlist) {
    // Before anything was removed, a stream is just young.
    if (playlist.ended || playlist.mediaSequence === 0 || playlist.targetDurationS === null) return;
    const finished = playlist.segments.filter(segment => segment.uri !== null);
    const windowS = finished.reduce((sum, segment) => sum + lengthS(segment), 0);
    if (windowS < 3 * playlist.targetDurationS)
      yield `${show(windowS)} are listed, less than three target durations`;
    if (finished.length < 6) yield `${finished.length} segments are listed, less than six`;
  },
};

const endedIsOver: MediaRule = {
  name: 'ended-is-over',
  clause: 'bis 4.4.5.3, 4.4.3.4',
  level: 'must',
  *check(playlist) {
    if (!playlist.ended) return;
    if (playlist.hints.length > 0) yield 'EXT-X-ENDLIST and EXT-X-PRELOAD-HINT stand together';
    if (playlist.segments.at(-1)?.uri === null)
      yield 'parts stand after the last segment of an ended playlist';
  },
};

const vodIsEnded: MediaRule = {
  name: 'vod-is-ended',
  clause: 'bis 4.4.3.5, Apple 8.6',
  level: 'must',
  *check(playlist) {
    if (playlist.playlistType === 'VOD' && !playlist.ended) yield 'PLAYLIST-TYPE VOD without EXT-X-ENDLIST';
  },
};

export const playlistRules: readonly MediaRule[] = [
  playlistSyntax,
  versionEnough,
  requiredTags,
  lowLatencyProfile,
  targetDuration,
  segmentOverrun,
  partHoldBack,
  partHoldBackApple,
  holdBack,
  skipBoundary,
  deltaUpdates,
  partLongest,
  partShortest,
  partsFillSegment,
  segmentTagsFirst,
  mapPresent,
  programDatePresent,
  programDateConsistent,
  discontinuitySequencePresent,
  mapChangeDiscontinuity,
  liveWindow,
  endedIsOver,
  vodIsEnded,
];
