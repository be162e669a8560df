import { assert } from '#base/assert.ts';
import type { Clock } from '#base/clock.ts';
import { Refusal } from '#contract/errors.ts';
import { Backlog } from '#media/hls/backlog.ts';
import { HeldSegments, measured, missingParts } from './held-segments.ts';
import {
  BLOCK_MS_MAX,
  HELD_SEGMENTS_MAX,
  LISTED_S_MAX,
  LOST_S,
  SEGMENTS_WITH_PARTS,
  SKIP_BOUNDARY_S,
  WAITING_MAX,
} from './limits.ts';
import { advanceRefusal, describe, livePlaylist } from './live-playlist.ts';
import { Rates } from './rates.ts';
import {
  type EarlierRendition,
  type InitMedia,
  listedParts,
  type PartMedia,
  type RenditionInfo,
  type SegmentMedia,
  type VideoSink,
} from './segment.ts';
import {
  type HlsAnswer,
  type HlsBody,
  mediaBody,
  type PlaylistQuery,
  playlistOf,
  type RenditionName,
} from './source.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface RenditionDeps {
  readonly name: RenditionName;
  readonly timescale: number;
  /** Wall time of tick zero. */
  readonly epochMs: number;
  readonly clock: Clock;
  /** What there was before a restart. */
  readonly earlier?: EarlierRendition | undefined;
  /** The least number of an initialization section, and of a segment. */
  readonly firstInit: number;
  readonly firstMsn: number;
  /** The renditions beside it, for EXT-X-RENDITION-REPORT. */
  readonly siblings: () => readonly Rendition[];
  readonly onInit: (init: InitMedia) => void;
  readonly onPart: (segment: SegmentMedia) => void;
  readonly onSegment: (segment: SegmentMedia) => void;
  /** Whether the bytes of a segment that leaves memory are in the recording. */
  readonly isKept: (segment: SegmentMedia) => boolean;
  /** Players may see something new. */
  readonly onChange: () => void;
}

/** The last segments of one rendition in memory, the playlist of all, and the requests that wait for the next. */
export class Rendition implements VideoSink {
  readonly name: RenditionName;
  readonly timescale: number;
  readonly epochMs: number;
  readonly rates: Rates;
  readonly #deps: RenditionDeps;
  readonly #waiting: WaitingRoom;
  readonly #inits = new Map<number, InitMedia>();
  #backlog: Backlog;
  readonly #segments: HeldSegments;
  #nextMsn: number;
  /** Gaps that stand for the numbers before `firstMsn`, when the first segment comes. */
  #skips: number;
  /** Gaps of before the restart that are not stored yet. */
  #lost: SegmentMedia[] = [];
  #nextInit: number;
  /** The last finished segment with media in it. */
  #lastShown = Number.NEGATIVE_INFINITY;
  #independent = true;
  /** A discontinuity came since this process began. */
  #crossed = false;
  #ended = false;
  /** Texts of the current state, whole and as a delta update; null when they must be built. */
  #playlist: HlsBody | null = null;
  #delta: HlsBody | null = null;
  /** What players may see: changes become visible together. */
  #published = { segments: 0, parts: 0 };

  constructor(deps: RenditionDeps) {
    this.name = deps.name;
    this.timescale = deps.timescale;
    this.epochMs = deps.epochMs;
    this.rates = deps.earlier?.rates ?? new Rates();
    this.#deps = deps;
    this.#waiting = new WaitingRoom(deps.clock, WAITING_MAX, BLOCK_MS_MAX);
    this.#segments = new HeldSegments(deps.timescale);
    this.#nextMsn = deps.firstMsn;
    this.#skips = deps.earlier ? 0 : deps.firstMsn;
    this.#nextInit = Math.max(deps.firstInit, deps.earlier?.nextInit ?? 0);
    this.#backlog = newBacklog(deps.earlier?.discontinuitiesGone ?? 0);
    if (deps.earlier) this.#resume(deps.earlier);
  }

  /** What the newest initialization section says; null before the first. */
  get info(): RenditionInfo | null {
    return this.#inits.get(this.#nextInit - 1)?.info ?? this.#deps.earlier?.info ?? null;
  }

  /** The segments that are listed without their parts. */
  get backlog(): Backlog {
    return this.#backlog;
  }

  /** The segments after those. */
  get edge(): readonly SegmentMedia[] {
    return this.#segments.from(this.#backlog.nextMsn ?? 0);
  }

  get nextMsn(): number {
    return this.#nextMsn;
  }

  /** After a restart the next segment brings its own. */
  get nextInitNumber(): number {
    return this.#inits.size === 0 ? this.#nextInit : this.#nextInit - 1;
  }

  /** Whether a player can begin: it needs a finished segment with media in it. */
  get playable(): boolean {
    return this.#nextMsn - this.#lastShown <= HELD_SEGMENTS_MAX;
  }

  /**
   * Whether every segment began with a key frame (EXT-X-INDEPENDENT-SEGMENTS). Once one did not, the promise is gone for good;
   * where the second one does not, it was never made.
   */
  get independent(): boolean {
    return this.#independent;
  }

  get ended(): boolean {
    return this.#ended;
  }

  init(bytes: Uint8Array, info: RenditionInfo): void {
    const init = { number: this.#nextInit++, bytes, info };
    this.#inits.set(init.number, init);
    this.#deps.onInit(init);
  }

  begin(start: number, discontinuity: boolean, independent: boolean): void {
    if (!independent) this.#independent = false;
    if (discontinuity) this.#crossed = true;
    for (const gap of this.#lost.splice(0)) this.#deps.onSegment(gap);
    if (this.#skips > 0) this.#skipTo(start);
    const gone = this.#segments.begin({
      msn: this.#nextMsn++,
      start,
      duration: 0,
      initNumber: this.#initNumber,
      discontinuity,
      independent,
      parts: [],
      isListed: true,
      complete: false,
      gap: false,
    });
    for (const segment of gone) this.#forget(segment);
    this.#listWithoutParts();
  }

  joins(msn: number, discontinuitiesGone: number): void {
    this.#nextMsn = msn;
    this.#backlog = newBacklog(discontinuitiesGone);
  }

  gap(start: number, duration: number, discontinuity: boolean): void {
    this.begin(start, discontinuity, true);
    const { open } = this.#segments;
    open.duration = duration;
    open.gap = true;
    open.parts = missingParts(duration, this.timescale);
    this.end();
  }

  /** Gaps before the first segment, which begins at `start`. */
  #skipTo(start: number): void {
    const [count, duration] = [this.#skips, Math.round(LOST_S * this.timescale)];
    this.#skips = 0;
    this.#nextMsn -= count;
    for (let left = count; left > 0; left--) this.gap(start - left * duration, duration, false);
  }

  unlist(): void {
    const { open } = this.#segments;
    assert(open.parts.length === 0, 'no part is listed yet');
    open.isListed = false;
  }

  part(part: PartMedia): void {
    this.#segments.add(part);
    this.#deps.onPart(this.#segments.open);
  }

  end(): void {
    const { open } = this.#segments;
    open.complete = true;
    if (open.gap) this.rates.gap();
    else {
      this.#lastShown = open.msn;
      this.rates.add(measured(open, this.timescale));
    }
    this.#deps.onSegment(open);
  }

  publish(): void {
    const { last } = this.#segments;
    if (!last) return;
    const { segments, parts } = this.#published;
    if (!this.#ended && segments === this.#nextMsn && parts === last.parts.length) return;
    this.#published = { segments: this.#nextMsn, parts: last.parts.length };
    this.#changed();
  }

  /** Nothing more comes: whoever waits gets the last playlist, or 404. */
  finish(): void {
    this.#ended = true;
    this.#changed();
  }

  /** Nothing more comes from this process: whoever waits is told so, and the playlist does not end. */
  interrupt(refusal: Refusal): void {
    this.#waiting.close(refusal);
  }

  /** Plain requests wait for something to play; blocking ones for their part. */
  playlistAnswer(query: PlaylistQuery): HlsAnswer {
    if (query.msn === null)
      return this.#waiting.answer(() => (this.playable || this.#ended ? this.#body(query.skip) : null));
    const { msn, part } = { msn: query.msn, part: query.part ?? 0 };
    const refusal = this.#ended ? null : advanceRefusal(this, msn, part);
    if (refusal) return refusal;
    return this.#waiting.answer(() => (this.#ended || this.#has(msn, part) ? this.#body(query.skip) : null));
  }

  initAnswer(number: number): HlsAnswer {
    const init = this.#inits.get(number);
    return init ? mediaBody([init.bytes]) : notThere();
  }

  segmentAnswer(msn: number): HlsAnswer {
    const segment = this.#segments.find(msn);
    return segment?.complete && !segment.gap ? mediaBody(segment.parts.map(part => part.bytes)) : notThere();
  }

  /** A part that a preload hint names is waited for; one further ahead is not there. */
  partAnswer(msn: number, part: number): HlsAnswer {
    return this.#waiting.answer(() => {
      const segment = this.#segments.find(msn);
      const media = segment && listedParts(segment)[part];
      if (media && !segment.gap) return mediaBody([media.bytes]);
      return this.#hinted(msn, part) ? null : notThere();
    });
  }

  /**
   * Of the segment that begins. After a restart a layer may have gaps before its first picture: up to the discontinuity they
   * change nothing, behind it they have what comes with that picture, which must not change without another one.
   */
  get #initNumber(): number {
    if (this.#inits.size > 0) return this.#nextInit - 1;
    const earlier = this.#crossed ? undefined : this.#deps.earlier?.segments.at(-1);
    return earlier?.initNumber ?? this.#nextInit;
  }

  #resume({ segments }: EarlierRendition): void {
    for (const segment of segments)
      this.#backlog.append(describe(this, { ...segment, complete: true }, []), segment.msn);
    for (const segment of segments)
      if (segment.lost) this.#lost.push({ ...segment, parts: [], isListed: false, complete: true });
    this.#independent = segments.every(segment => segment.independent);
    this.#nextMsn = (segments.at(-1)?.msn ?? -1) + 1;
    // Numbers that were left out are no absence: what counts is the time that it has not been there.
    const shown = segments.findLastIndex(segment => !segment.gap);
    const absent = segments.slice(shown + 1).filter(({ duration }) => duration > 2 * LOST_S * this.timescale);
    if (shown >= 0) this.#lastShown = this.#nextMsn - 1 - absent.length;
    this.#published = { segments: this.#nextMsn, parts: 0 };
  }

  #changed(): void {
    this.#playlist = null;
    this.#delta = null;
    this.#waiting.wake();
    this.#deps.onChange();
  }

  #hinted(msn: number, part: number): boolean {
    if (this.#ended) return false;
    const { last } = this.#segments;
    return last?.isListed && !last.complete
      ? msn === last.msn && part === last.parts.length
      : msn === this.#nextMsn && part === 0;
  }

  /** A part past the end of its segment means the first of the next (RFC 8216bis section 6.2.5.2). */
  #has(msn: number, part: number): boolean {
    if (msn >= this.#nextMsn) return false;
    const segment = this.#segments.find(msn);
    if (!segment) return true;
    const parts = listedParts(segment);
    if (parts.length > part || (segment.complete && parts.length === 0)) return true;
    const next = this.#segments.find(msn + 1);
    return segment.complete && next !== undefined && (next.complete || listedParts(next).length > 0);
  }

  #body(skip = false): HlsBody {
    const build = () => playlistOf(livePlaylist(this, this.#deps.siblings(), skip));
    if (skip) this.#delta ??= build();
    else this.#playlist ??= build();
    return (skip ? this.#delta : this.#playlist)!;
  }

  /** Bytes that were not kept cannot be listed any more, nor can what comes before them, in any rendition. */
  #forget(gone: SegmentMedia): void {
    const oldestInit = this.#segments.first?.initNumber ?? 0;
    for (const number of this.#inits.keys()) if (number < oldestInit) this.#inits.delete(number);
    if (gone.gap || this.#deps.isKept(gone)) return;
    const endS = (gone.start + gone.duration) / this.timescale;
    for (const rendition of [this, ...this.#deps.siblings()]) rendition.backlog.startAt(endS);
  }

  /** Segments that are old enough are listed without their parts from now on. */
  #listWithoutParts(): void {
    for (const segment of this.edge.slice(0, -(SEGMENTS_WITH_PARTS + 1)))
      this.#backlog.append(describe(this, segment, []), this.#segments.first!.msn);
  }
}

function newBacklog(discontinuitiesGone: number): Backlog {
  return new Backlog(SKIP_BOUNDARY_S, LISTED_S_MAX, discontinuitiesGone);
}

function notThere(): Refusal {
  return new Refusal('not-found', 'This piece of the stream does not exist, or no longer.');
}
