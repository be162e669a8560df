import { type Exchange, exchangeRules, type ResourceKind } from './delivery-rules.ts';
import { get } from './http.ts';
import { datesFollowMedia, initReadable, type Piece, partsAreSegment, pieceRules } from './media-rules.ts';
import { type Fragment, type Init, Mp4Error, readFragments, readInit } from './mp4.ts';
import type { MediaPlaylist, Part, Segment } from './playlist.ts';
import type { Measured } from './presentation-rules.ts';
import type { Findings } from './rule.ts';

/** Fetches what the playlists of one rendition name, and checks it as it comes. */
export class MediaCollector {
  readonly measured: Measured[] = [];
  segmentsIndependent = true;
  readonly #findings: Findings;
  readonly #fetch: typeof get;
  readonly #inits = new Map<string, Init | null>();
  /** Requests for hinted parts, by URL. */
  readonly #hinted = new Map<string, Promise<Exchange>>();
  readonly #parts = new Map<string, readonly Fragment[]>();
  /** Where each segment, and the newest part, ended. */
  readonly #segmentEnds = new Map<number, number>();
  #partEnd: { msn: number; part: number; end: number } | null = null;
  #run: { msn: number; startS: number; programDateMs: number } | null = null;

  /** `fetch` asks for what is not behind HTTP. */
  constructor(findings: Findings, fetch: typeof get = get) {
    this.#findings = findings;
    this.#fetch = fetch;
  }

  get inits(): Init[] {
    return [...this.#inits.values()].filter(init => init !== null);
  }

  /** Asks for the hinted part before it is there, as players may. */
  prefetch(playlist: MediaPlaylist): void {
    const hint = playlist.hints.find(candidate => candidate.type === 'PART');
    if (!hint) return;
    const url = new URL(hint.uri, playlist.url).href;
    if (!this.#hinted.has(url)) this.#hinted.set(url, this.#fetch(url, 'part'));
  }

  /** Fetches the segments from `first` on, and their parts from `firstWithParts` on, that were not fetched yet. */
  async collect(playlist: MediaPlaylist, first: number, firstWithParts: number): Promise<void> {
    for (const segment of playlist.segments) {
      if (segment.msn < first || segment.gap || segment.byteRange !== null) continue;
      const init = await this.#init(playlist, segment);
      if (segment.msn >= firstWithParts)
        for (const [i, part] of segment.parts.entries()) await this.#part(playlist, segment, i, part, init);
      if (segment.uri !== null && !this.#segmentEnds.has(segment.msn))
        await this.#segment(playlist, segment, segment.uri, init, firstWithParts);
    }
  }

  async #segment(
    playlist: MediaPlaylist,
    segment: Segment,
    uri: string,
    init: Init | null,
    firstWithParts: number,
  ): Promise<void> {
    const { msn, durationS, programDateMs, discontinuity } = segment;
    this.#segmentEnds.set(msn, Number.NaN);
    const exchange = await this.#get(new URL(uri, playlist.url).href, 'segment');
    if (exchange.status !== 200) return;
    this.measured.push({ msn, durationS: durationS ?? 0, bytes: exchange.body.length });
    if (!init) return;
    const expected = discontinuity ? undefined : this.#segmentEnds.get(msn - 1);
    const piece = this.#check(exchange, init, {
      name: `${msn}`,
      kind: 'segment',
      declaredS: durationS ?? 0,
      independent: false,
      expectedStart: expected === undefined || Number.isNaN(expected) ? null : expected,
      programDateMs,
    });
    const last = piece.fragments.at(-1);
    if (!last) return;
    if (piece.fragments[0]?.sync[0] !== true) this.segmentsIndependent = false;
    this.#segmentEnds.set(msn, last.start + last.duration);
    this.#date(segment, piece.fragments[0]!.start / init.timescale);
    this.#compareWithParts(segment, piece.fragments, msn >= firstWithParts);
  }

  async #part(
    playlist: MediaPlaylist,
    segment: Segment,
    i: number,
    part: Part,
    init: Init | null,
  ): Promise<void> {
    const name = `${segment.msn}.${i}`;
    if (this.#parts.has(name) || part.gap || part.byteRange !== null) return;
    this.#parts.set(name, []);
    const exchange = await this.#get(new URL(part.uri, playlist.url).href, 'part');
    if (exchange.status !== 200 || !init) return;
    const before = this.#partEnd;
    const follows =
      before !== null &&
      (before.msn === segment.msn ? before.part === i - 1 : i === 0 && before.msn === segment.msn - 1);
    const piece = this.#check(exchange, init, {
      name,
      kind: 'part',
      declaredS: part.durationS,
      independent: part.independent,
      expectedStart: follows && !(i === 0 && segment.discontinuity) ? before.end : null,
      programDateMs: null,
    });
    this.#parts.set(name, piece.fragments);
    const last = piece.fragments.at(-1);
    if (last) this.#partEnd = { msn: segment.msn, part: i, end: last.start + last.duration };
  }

  #check(
    exchange: Exchange,
    init: Init,
    known: Omit<Piece, 'init' | 'fragments' | 'problem' | 'bytes'>,
  ): Piece {
    let fragments: Fragment[] = [];
    let problem: string | null = null;
    try {
      fragments = readFragments(exchange.body, init);
    } catch (cause) {
      if (!(cause instanceof Mp4Error)) throw cause;
      problem = cause.message;
    }
    const piece: Piece = { ...known, init, fragments, problem, bytes: exchange.body.length };
    this.#findings.check(pieceRules, piece, exchange.url);
    return piece;
  }

  #compareWithParts(segment: Segment, fragments: readonly Fragment[], whole: boolean): void {
    const parts = segment.parts.map((_, i) => this.#parts.get(`${segment.msn}.${i}`) ?? []);
    for (const [i] of segment.parts.entries()) this.#parts.set(`${segment.msn}.${i}`, []);
    if (!whole || parts.length === 0 || parts.some(list => list.length === 0)) return;
    const subject = { msn: segment.msn, segment: fragments, parts: parts.flat() };
    this.#findings.check([partsAreSegment], subject, `segment ${segment.msn}`);
  }

  #date({ msn, programDateMs, discontinuity }: Segment, startS: number): void {
    if (discontinuity) this.#run = null;
    if (programDateMs === null) return;
    this.#run ??= { msn, startS, programDateMs };
    this.#findings.check(
      [datesFollowMedia],
      { first: this.#run, msn, startS, programDateMs },
      `segment ${msn}`,
    );
  }

  async #init(playlist: MediaPlaylist, segment: Segment): Promise<Init | null> {
    if (segment.map === null) return null;
    const url = new URL(segment.map, playlist.url).href;
    const known = this.#inits.get(url);
    if (known !== undefined) return known;
    const exchange = await this.#get(url, 'init');
    const init = exchange.status === 200 ? this.#readInit(exchange) : null;
    this.#inits.set(url, init);
    return init;
  }

  #readInit(exchange: Exchange): Init | null {
    try {
      return readInit(exchange.body);
    } catch (cause) {
      if (!(cause instanceof Mp4Error)) throw cause;
      this.#findings.check([initReadable], cause.message, exchange.url);
      return null;
    }
  }

  async #get(url: string, kind: ResourceKind): Promise<Exchange> {
    const exchange = await (this.#hinted.get(url) ?? this.#fetch(url, kind));
    this.#hinted.delete(url);
    this.#findings.check(exchangeRules, exchange, url);
    return exchange;
  }
}
