import { lengthS, type MediaPlaylist } from './playlist.ts';
import type { Rule } from './rule.ts';

/** A load after others. */
export interface Update {
  /** What the player had; null when it had nothing. */
  readonly before: MediaPlaylist | null;
  /** Whether `_HLS_skip` was sent. */
  readonly asked: boolean;
  /** As it came, before it is merged. */
  readonly answer: MediaPlaylist;
}

type UpdateRule = Rule<Update>;

const skipAskedFor: UpdateRule = {
  name: 'skip-asked-for',
  clause: 'bis 6.2.5.1, 6.3.7',
  level: 'must',
  *check({ asked, answer }) {
    if (answer.skipped > 0 && !asked) yield 'EXT-X-SKIP came to who did not ask for a delta update';
  },
};

const skipOffered: UpdateRule = {
  name: 'skip-offered',
  clause: 'bis 4.4.3.8',
  level: 'must',
  *check({ answer }) {
    if (answer.skipped > 0 && answer.control?.canSkipUntilS == null)
      yield 'EXT-X-SKIP without CAN-SKIP-UNTIL';
  },
};

const skipBoundaryKept: UpdateRule = {
  name: 'skip-boundary-kept',
  clause: 'bis 6.2.5.1, 4.4.5.2',
  level: 'must',
  *check({ answer }) {
    const untilS = answer.control?.canSkipUntilS ?? null;
    const listedS = answer.segments.reduce((sum, segment) => sum + lengthS(segment), 0);
    if (answer.skipped > 0 && untilS !== null && listedS < untilS - 0.01)
      yield `${listedS.toFixed(3)} s are left of ${answer.skipped} skipped segments, CAN-SKIP-UNTIL is ${untilS}`;
  },
};

/** A player merges by number: what is left out it must have, and what is listed must be what it has. */
const skipMergeable: UpdateRule = {
  name: 'skip-mergeable',
  clause: 'bis 4.4.5.2, 6.2.5.1, 6.3.7',
  level: 'must',
  *check({ before, answer }) {
    if (answer.skipped === 0 || !before) return;
    const first = answer.mediaSequence + answer.skipped;
    const known = new Map(before.segments.map(segment => [segment.msn, segment]));
    for (const msn of [answer.mediaSequence, first - 1])
      if (!known.has(msn)) yield `segment ${msn} is skipped and was not listed before`;
    for (const { msn, uri } of answer.segments) {
      const had = known.get(msn)?.uri ?? null;
      if (had !== null && uri !== had)
        yield `segment ${msn} is ${uri} after ${answer.skipped} skipped, was ${had}`;
    }
  },
};

const skipDiscontinuitySequence: UpdateRule = {
  name: 'skip-discontinuity-sequence',
  clause: 'bis 4.4.5.2',
  level: 'must',
  *check({ before, answer }) {
    if (answer.skipped === 0 || before?.mediaSequence !== answer.mediaSequence) return;
    const [had, has] = [before.discontinuitySequence ?? 0, answer.discontinuitySequence ?? 0];
    if (had !== has) yield `EXT-X-DISCONTINUITY-SEQUENCE is ${has} in a delta update, was ${had}`;
  },
};

const skipUsed: UpdateRule = {
  name: 'skip-used',
  clause: 'bis 6.2.5.1',
  level: 'should',
  *check({ before, asked, answer }) {
    const untilS = before?.control?.canSkipUntilS ?? null;
    if (!before || !asked || untilS === null || answer.skipped > 0 || answer.ended) return;
    const listedS = answer.segments.reduce((sum, segment) => sum + lengthS(segment), 0);
    // A segment that reaches over the boundary stays.
    if (listedS > untilS + 2 * (answer.targetDurationS ?? 0))
      yield `${Math.round(listedS)} s are listed to who asked for a delta update, CAN-SKIP-UNTIL is ${untilS}`;
  },
};

export const deltaRules: readonly UpdateRule[] = [
  skipAskedFor,
  skipOffered,
  skipBoundaryKept,
  skipMergeable,
  skipDiscontinuitySequence,
  skipUsed,
];

/** What a player has after a delta update (bis section 6.3.7). */
export function mergeUpdate(before: MediaPlaylist | null, answer: MediaPlaylist): MediaPlaylist {
  const first = answer.mediaSequence + answer.skipped;
  const kept = before?.segments.filter(({ msn }) => msn >= answer.mediaSequence && msn < first) ?? [];
  let map = kept.at(-1)?.map ?? null;
  const listed = answer.segments.map(segment => {
    map = segment.map ?? map;
    return { ...segment, map };
  });
  return {
    ...answer,
    skipped: 0,
    segments: [...kept.map(segment => ({ ...segment, parts: [] })), ...listed],
  };
}
