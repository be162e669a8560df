import type { Fragment, Init } from './mp4.ts';
import type { Rule } from './rule.ts';

/** One segment or part as fetched. */
export interface Piece {
  /** `12` or `12.3`. */
  readonly name: string;
  readonly kind: 'segment' | 'part';
  readonly declaredS: number;
  readonly bytes: number;
  readonly init: Init;
  /** Empty when the bytes could not be read; then `problem` says why. */
  readonly fragments: readonly Fragment[];
  readonly problem: string | null;
  /** INDEPENDENT of a part. */
  readonly independent: boolean;
  /** Ticks where the piece before ended; null at the start and after a discontinuity. */
  readonly expectedStart: number | null;
  readonly programDateMs: number | null;
}

type PieceRule = Rule<Piece>;

/** Its subject is what was wrong with an initialization section, or null. */
export const initReadable: Rule<string | null> = {
  name: 'init-readable',
  clause: 'bis 3.1.2, 4.4.4.5',
  level: 'must',
  check: problem => (problem === null ? [] : [problem]),
};

const mediaReadable: PieceRule = {
  name: 'media-readable',
  clause: 'bis 3.1.2',
  level: 'must',
  *check({ name, problem, init }) {
    if (problem !== null) yield `${name}: ${problem}`;
    if (init.tracks !== 1) yield `${name}: the initialization section has ${init.tracks} tracks`;
  },
};

/** What EXTINF and DURATION say is what the samples last, to half a frame. */
const declaredDuration: PieceRule = {
  name: 'declared-duration',
  clause: 'Apple 8.1, bis 4.4.4.1',
  level: 'must',
  *check(piece) {
    if (piece.fragments.length === 0) return;
    const realS = durationTicks(piece) / piece.init.timescale;
    const samples = piece.fragments.reduce((sum, fragment) => sum + fragment.samples, 0);
    const half = realS / Math.max(samples, 1) / 2;
    if (Math.abs(realS - piece.declaredS) > Math.min(half, 0.02))
      yield `${piece.name} declares ${piece.declaredS} s and lasts ${Math.round(realS * 100_000) / 100_000} s`;
  },
};

const decodeTimeContinuous: PieceRule = {
  name: 'decode-time-continuous',
  clause: 'Apple 7.1, 7.3, bis 3.1.2',
  level: 'must',
  *check({ name, fragments, init, expectedStart }) {
    let expected = expectedStart;
    for (const { start, duration } of fragments) {
      const offMs = expected === null ? 0 : ((start - expected) * 1000) / init.timescale;
      if (Math.abs(offMs) > 1)
        yield `${name} starts ${Math.round(offMs * 10) / 10} ms off the end of what came before`;
      expected = start + duration;
    }
  },
};

const segmentStartsWithIdr: PieceRule = {
  name: 'segment-starts-with-key-frame',
  clause: 'Apple 7.4',
  level: 'must',
  *check({ name, kind, init, fragments }) {
    if (kind === 'segment' && init.kind === 'video' && fragments[0]?.sync[0] === false)
      yield `${name} does not start with a key frame`;
  },
};

const independentTrue: PieceRule = {
  name: 'part-independent',
  clause: 'bis 4.4.4.9',
  level: 'must',
  *check({ name, kind, init, fragments, independent }) {
    if (kind !== 'part' || init.kind !== 'video' || fragments.length === 0) return;
    const has = fragments.some(fragment => fragment.sync.includes(true));
    if (independent && !has) yield `part ${name} says INDEPENDENT and has no key frame`;
  },
};

const independentSaid: PieceRule = {
  name: 'part-independent-said',
  clause: 'bis 4.4.4.9',
  level: 'should',
  *check({ name, kind, init, fragments, independent }) {
    if (kind !== 'part' || init.kind !== 'video') return;
    if (!independent && fragments.some(fragment => fragment.sync.includes(true)))
      yield `part ${name} has a key frame and does not say INDEPENDENT`;
  },
};

export const pieceRules: readonly PieceRule[] = [
  mediaReadable,
  declaredDuration,
  decodeTimeContinuous,
  segmentStartsWithIdr,
  independentTrue,
  independentSaid,
];

/** A segment whose parts were all fetched too. */
export interface Parent {
  readonly msn: number;
  readonly segment: readonly Fragment[];
  readonly parts: readonly Fragment[];
}

export const partsAreSegment: Rule<Parent> = {
  name: 'parts-are-segment',
  clause: 'bis 3.1, 4.4.4.9',
  level: 'must',
  *check({ msn, segment, parts }) {
    const spans = [segment, parts].map(fragments => {
      const duration = fragments.reduce((sum, fragment) => sum + fragment.duration, 0);
      return `${duration} ticks in ${fragments.reduce((sum, fragment) => sum + fragment.samples, 0)} samples from ${fragments[0]?.start}`;
    });
    if (spans[0] !== spans[1]) yield `segment ${msn} has ${spans[0]}, its parts ${spans[1]}`;
  },
};

/** Dates against the media's own time, within one run between discontinuities. */
export interface Dated {
  readonly first: { readonly msn: number; readonly startS: number; readonly programDateMs: number };
  readonly msn: number;
  readonly startS: number;
  readonly programDateMs: number;
}

export const datesFollowMedia: Rule<Dated> = {
  name: 'program-date-follows-media',
  clause: 'bis 4.4.4.6, 6.2.1',
  level: 'must',
  *check({ first, msn, startS, programDateMs }) {
    const off = programDateMs - first.programDateMs - (startS - first.startS) * 1000;
    if (Math.abs(off) > 50)
      yield `between segments ${first.msn} and ${msn} dates and decode times part by ${Math.round(off)} ms`;
  },
};

function durationTicks({ fragments }: Pick<Piece, 'fragments'>): number {
  return fragments.reduce((sum, fragment) => sum + fragment.duration, 0);
}
