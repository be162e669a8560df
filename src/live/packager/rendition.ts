import { assert } from '#base/assert.ts';
import type { Clock } from '#base/clock.ts';
import { Refusal } from '#contract/errors.ts';
import { BLOCK_MS_MAX, HELD_SEGMENTS_MAX, WAITING_MAX } from './limits.ts';
import { advanceRefusal, livePlaylist } from './live-playlist.ts';
import type { InitMedia, PartMedia, RenditionInfo, SegmentMedia, VideoSink } from './segment.ts';
import {
  type HlsAnswer,
  type HlsBody,
  mediaBody,
  type PlaylistQuery,
  playlistBody,
  type RenditionName,
} from './source.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface RenditionDeps {
  readonly name: RenditionName;
  readonly timescale: number;
  /** Wall time of tick zero. */
  readonly epochMs: number;
  readonly clock: Clock;
  /** The renditions beside it, for EXT-X-RENDITION-REPORT. */
  readonly siblings: () => readonly Rendition[];
  readonly onInit: (init: InitMedia) => void;
  readonly onSegment: (segment: SegmentMedia) => void;
  /** Players may see something new. */
  readonly onChange: () => void;
}

interface OpenSegment extends SegmentMedia {
  duration: number;
  parts: PartMedia[];
  complete: boolean;
  gap: boolean;
}

/** The last segments of one rendition in memory, and the requests that wait for the next. */
export class Rendition implements VideoSink {
  readonly name: RenditionName;
  readonly timescale: number;
  readonly epochMs: number;
  readonly #deps: RenditionDeps;
  readonly #waiting: WaitingRoom;
  readonly #inits = new Map<number, InitMedia>();
  #segments: OpenSegment[] = [];
  #nextMsn = 0;
  #nextInit = 0;
  /** Discontinuities of segments that are no longer held. */
  #discontinuitiesGone = 0;
  #ended = false;
  /** Text of the current state; null when it must be built. */
  #playlist: HlsBody | null = null;
  /** What players may see: changes become visible together. */
  #published = { segments: 0, parts: 0 };

  constructor(deps: RenditionDeps) {
    this.name = deps.name;
    this.timescale = deps.timescale;
    this.epochMs = deps.epochMs;
    this.#deps = deps;
    this.#waiting = new WaitingRoom(deps.clock, WAITING_MAX, BLOCK_MS_MAX);
  }

  /** What the newest initialization section says; null before the first. */
  get info(): RenditionInfo | null {
    return this.#inits.get(this.#nextInit - 1)?.info ?? null;
  }

  get segments(): readonly SegmentMedia[] {
    return this.#segments;
  }

  get discontinuitiesGone(): number {
    return this.#discontinuitiesGone;
  }

  /** Whether a player can begin: it needs a finished segment. */
  get playable(): boolean {
    return this.#segments[0]?.complete ?? false;
  }

  get ended(): boolean {
    return this.#ended;
  }

  init(bytes: Uint8Array, info: RenditionInfo): void {
    const init = { number: this.#nextInit++, bytes, info };
    this.#inits.set(init.number, init);
    this.#deps.onInit(init);
  }

  begin(start: number, discontinuity: boolean): void {
    assert(this.#segments.at(-1)?.complete !== false, 'one segment at a time');
    assert(this.#nextInit > 0, 'a segment has an initialization section');
    this.#segments.push({
      msn: this.#nextMsn++,
      start,
      duration: 0,
      initNumber: this.#nextInit - 1,
      discontinuity,
      parts: [],
      complete: false,
      gap: false,
    });
    if (this.#segments.length > HELD_SEGMENTS_MAX) this.#forgetOldest();
  }

  gap(start: number, duration: number, discontinuity: boolean): void {
    this.begin(start, discontinuity);
    const open = this.#open();
    open.duration = duration;
    open.complete = true;
    open.gap = true;
  }

  part(part: PartMedia): void {
    const open = this.#open();
    open.parts.push(part);
    open.duration += part.duration;
  }

  end(): void {
    const open = this.#open();
    open.complete = true;
    this.#deps.onSegment(open);
  }

  publish(): void {
    const last = this.#segments.at(-1);
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

  /** Plain requests wait for something to play; blocking ones for their part. */
  playlistAnswer(query: PlaylistQuery): HlsAnswer {
    if (query.msn === null)
      return this.#waiting.answer(() => (this.playable || this.#ended ? this.#body() : null));
    const { msn, part } = { msn: query.msn, part: query.part ?? 0 };
    const refusal = this.#ended ? null : advanceRefusal(this.#segments, msn, part);
    if (refusal) return refusal;
    return this.#waiting.answer(() => (this.#ended || this.#has(msn, part) ? this.#body() : null));
  }

  initAnswer(number: number): HlsAnswer {
    const init = this.#inits.get(number);
    return init ? mediaBody([init.bytes]) : notThere();
  }

  segmentAnswer(msn: number): HlsAnswer {
    const segment = this.#find(msn);
    return segment?.complete && !segment.gap ? mediaBody(segment.parts.map(part => part.bytes)) : notThere();
  }

  /** A part that a preload hint names is waited for; one further ahead is not there. */
  partAnswer(msn: number, part: number): HlsAnswer {
    return this.#waiting.answer(() => {
      const segment = this.#find(msn);
      const media = segment?.parts[part];
      if (media) return mediaBody([media.bytes]);
      return this.#hinted(msn, part) ? null : notThere();
    });
  }

  #changed(): void {
    this.#playlist = null;
    this.#waiting.wake();
    this.#deps.onChange();
  }

  #hinted(msn: number, part: number): boolean {
    if (this.#ended) return false;
    const last = this.#segments.at(-1);
    if (!last) return msn === 0 && part === 0;
    return last.complete
      ? msn === last.msn + 1 && part === 0
      : msn === last.msn && part === last.parts.length;
  }

  /** A part past the end of its segment means the first of the next (RFC 8216bis section 6.2.5.2). */
  #has(msn: number, part: number): boolean {
    const last = this.#segments.at(-1);
    if (!last || msn > last.msn) return false;
    const segment = this.#find(msn);
    if (!segment || segment.gap) return true;
    if (segment.parts.length > part) return true;
    return segment.complete && segment !== last && (this.#find(msn + 1)?.parts.length ?? 0) > 0;
  }

  #body(): HlsBody {
    this.#playlist ??= playlistBody(livePlaylist(this, this.#deps.siblings()));
    return this.#playlist;
  }

  #find(msn: number): OpenSegment | undefined {
    const first = this.#segments[0];
    return first && this.#segments[msn - first.msn];
  }

  #open(): OpenSegment {
    const last = this.#segments.at(-1);
    assert(last && !last.complete, 'a segment is open');
    return last;
  }

  #forgetOldest(): void {
    const gone = this.#segments.shift();
    if (gone?.discontinuity) this.#discontinuitiesGone++;
    const oldestInit = this.#segments[0]?.initNumber ?? 0;
    for (const number of this.#inits.keys()) if (number < oldestInit) this.#inits.delete(number);
  }
}

function notThere(): Refusal {
  return new Refusal('not-found', 'This piece of the stream does not exist, or no longer.');
}
