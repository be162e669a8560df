import { has, type MediaPlaylist, next, type Segment } from './playlist.ts';
import type { Rule } from './rule.ts';

/** Two playlists of one rendition, one loaded after the other. */
export interface Change {
  readonly before: MediaPlaylist;
  readonly after: MediaPlaylist;
}

type ChangeRule = Rule<Change>;

function constant(
  name: string,
  clause: string,
  what: string,
  of: (playlist: MediaPlaylist) => unknown,
): ChangeRule {
  return {
    name,
    clause,
    level: 'must',
    *check({ before, after }) {
      // What ended may leave out what only live players need.
      if (after.ended && (of(after) ?? null) === null) return;
      if (of(before) !== of(after)) yield `${what} changed from ${of(before)} to ${of(after)}`;
    },
  };
}

const targetDurationConstant = constant(
  'target-duration-constant',
  'bis 6.2.1, 4.4.3.1',
  'EXT-X-TARGETDURATION',
  playlist => playlist.targetDurationS,
);
const partTargetConstant = constant(
  'part-target-constant',
  'bis 6.2.1, 4.4.3.7',
  'PART-TARGET',
  playlist => playlist.partTargetS,
);
const partHoldBackConstant = constant(
  'part-hold-back-constant',
  'bis 6.2.1, 4.4.3.8',
  'PART-HOLD-BACK',
  playlist => playlist.control?.partHoldBackS,
);
const versionConstant = constant(
  'version-constant',
  'bis 6.2.1',
  'EXT-X-VERSION',
  playlist => playlist.version,
);

const mediaSequenceForward: ChangeRule = {
  name: 'media-sequence-forward',
  clause: 'bis 6.2.2',
  level: 'must',
  *check({ before, after }) {
    if (after.mediaSequence < before.mediaSequence)
      yield `EXT-X-MEDIA-SEQUENCE went back from ${before.mediaSequence} to ${after.mediaSequence}`;
  },
};

/** Nothing that was listed at the end may vanish again. */
const endForward: ChangeRule = {
  name: 'end-forward',
  clause: 'bis 6.2.1',
  level: 'must',
  *check({ before, after }) {
    const lastBefore = before.segments.at(-1);
    if (!lastBefore) return;
    const part = lastBefore.parts.length - 1;
    const finished = lastBefore.uri !== null && after.segments.at(-1)?.msn === lastBefore.msn;
    const still = finished ? after.segments.at(-1)?.uri !== null : has(after, lastBefore.msn, part);
    if (!still) yield `segment ${lastBefore.msn}, part ${part} was listed and is not any more`;
    if (before.ended && !after.ended) yield 'EXT-X-ENDLIST was there and is not any more';
  },
};

const eventKeepsSegments: ChangeRule = {
  name: 'event-keeps-segments',
  clause: 'bis 4.4.3.5',
  level: 'must',
  *check({ before, after }) {
    if (before.playlistType === 'EVENT' && after.mediaSequence > before.mediaSequence)
      yield 'an EVENT playlist lost its first segments';
  },
};

const segmentUnchanged: ChangeRule = {
  name: 'segment-unchanged',
  clause: 'bis 6.2.1',
  level: 'must',
  *check(change) {
    for (const [before, after] of common(change)) {
      const { msn } = before;
      const compare = <K extends keyof Segment>(key: K) =>
        before[key] === after[key]
          ? []
          : [`segment ${msn}: ${key} changed from ${before[key]} to ${after[key]}`];
      if (before.uri !== null) {
        yield* compare('uri');
        yield* compare('durationS');
        yield* compare('byteRange');
        yield* compare('gap');
      }
      yield* compare('discontinuity');
      yield* compare('programDateMs');
      yield* compare('map');
    }
  },
};

const partUnchanged: ChangeRule = {
  name: 'part-unchanged',
  clause: 'bis 6.2.1',
  level: 'must',
  *check(change) {
    for (const [before, after] of common(change)) {
      // Parts of older segments are left out together.
      if (after.parts.length === 0 && after.uri !== null) continue;
      for (const [i, part] of before.parts.entries()) {
        const now = after.parts[i];
        if (JSON.stringify(now) !== JSON.stringify(part))
          yield `part ${before.msn}.${i} changed from ${JSON.stringify(part)} to ${JSON.stringify(now)}`;
      }
    }
  },
};

const finishedSegmentClosed: ChangeRule = {
  name: 'finished-segment-closed',
  clause: 'bis 4.4.4.9, 6.2.1',
  level: 'must',
  *check(change) {
    for (const [before, after] of common(change))
      if (before.uri !== null && after.parts.length > before.parts.length)
        yield `segment ${before.msn} was finished and got another part`;
  },
};

/** What leaves the playlist with a discontinuity counts one up (bis section 6.2.2). */
export const discontinuitySequence: ChangeRule = {
  name: 'discontinuity-sequence',
  clause: 'bis 6.2.2, 4.4.3.3',
  level: 'must',
  *check({ before, after }) {
    const gone = before.segments.filter(segment => segment.msn < after.mediaSequence);
    const listed = gone.length === after.mediaSequence - before.mediaSequence;
    if (!listed || before.segments.length === gone.length) return;
    const expected =
      (before.discontinuitySequence ?? 0) + gone.filter(segment => segment.discontinuity).length;
    const actual = after.discontinuitySequence ?? 0;
    if (actual !== expected) yield `EXT-X-DISCONTINUITY-SEQUENCE is ${actual}, should be ${expected}`;
  },
};

const hintFulfilled: ChangeRule = {
  name: 'preload-hint-fulfilled',
  clause: 'bis 4.4.5.3',
  level: 'must',
  *check({ before, after }) {
    const hint = before.hints.find(candidate => candidate.type === 'PART');
    if (!hint || after.ended) return;
    const { msn, part } = next(before);
    const listed = after.segments.find(segment => segment.msn === msn);
    // The hinted part may open the next segment instead, when the one before ended early.
    const sameSegment = listed?.parts[part]?.uri;
    const following = after.segments.find(segment => segment.msn === msn + 1)?.parts[0]?.uri;
    const candidates = [sameSegment, following].filter(uri => uri !== undefined);
    if (listed && candidates.length > 0 && !candidates.includes(hint.uri))
      yield `the hint was ${hint.uri}, what came is ${candidates.join(' or ')}`;
  },
};

/** A hinted part is the next one, so one that is listed already is no hint. */
export const hintIsNew: Rule<MediaPlaylist> = {
  name: 'preload-hint-new',
  clause: 'bis 4.4.5.3',
  level: 'must',
  *check(playlist) {
    const known = new Set(playlist.segments.flatMap(segment => segment.parts.map(part => part.uri)));
    for (const hint of playlist.hints)
      if (hint.type === 'PART' && known.has(hint.uri) && playlist.segments.every(s => s.byteRange === null))
        yield `the hint ${hint.uri} is listed as a part already`;
  },
};

export const changeRules: readonly ChangeRule[] = [
  targetDurationConstant,
  partTargetConstant,
  partHoldBackConstant,
  versionConstant,
  mediaSequenceForward,
  endForward,
  eventKeepsSegments,
  segmentUnchanged,
  partUnchanged,
  finishedSegmentClosed,
  discontinuitySequence,
  hintFulfilled,
];

function* common({ before, after }: Change): Iterable<[Segment, Segment]> {
  const now = new Map(after.segments.map(segment => [segment.msn, segment]));
  for (const segment of before.segments) {
    const same = now.get(segment.msn);
    if (same) yield [segment, same];
  }
}
