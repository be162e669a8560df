import { setTimeout as sleep } from 'node:timers/promises';
import { changeRules, hintIsNew } from './change-rules.ts';
import { advanceLimit, exchangeRules, reloadRules } from './delivery-rules.ts';
import { deltaRules, mergeUpdate } from './delta-rules.ts';
import { get } from './http.ts';
import { MediaCollector } from './media-collector.ts';
import { parsePlaylist } from './parse-playlist.ts';
import { type MediaPlaylist, next, position } from './playlist.ts';
import { playlistRules } from './playlist-rules.ts';
import { type Rendition, reportRules } from './presentation-rules.ts';
import type { Findings } from './rule.ts';

/** Finished segments of the first live playlist that are fetched too. */
const SEGMENTS_BEFORE = 3;
/** Loads in a row without a playlist after which a rendition is given up. */
const FAILURES_MAX = 3;

/** Follows one rendition over time. */
export class RenditionWatch {
  readonly url: string;
  readonly #findings: Findings;
  readonly #media: MediaCollector;
  readonly #others: () => readonly RenditionWatch[];
  #playlist: MediaPlaylist | null = null;
  #failures = 0;
  /** The last reload asked for a delta update. */
  #skips = false;
  #firstSegment = 0;
  #firstWithParts = 0;

  constructor(url: string, findings: Findings, others: () => readonly RenditionWatch[]) {
    this.url = url;
    this.#findings = findings;
    this.#media = new MediaCollector(findings);
    this.#others = others;
  }

  get playlist(): MediaPlaylist | null {
    return this.#playlist;
  }

  /** What it comes to, or null when no playlist ever came. */
  get result(): Rendition | null {
    if (!this.#playlist) return null;
    const { inits, measured, segmentsIndependent } = this.#media;
    return { url: this.url, playlist: this.#playlist, inits, measured, segmentsIndependent };
  }

  /** The first load, before any rendition is followed. */
  async open(): Promise<void> {
    const playlist = await this.#load('');
    if (!playlist) return;
    const finished = playlist.segments.filter(segment => segment.uri !== null);
    const from = playlist.ended ? finished[0] : finished.at(-SEGMENTS_BEFORE);
    this.#firstSegment = from?.msn ?? playlist.mediaSequence;
    this.#firstWithParts = playlist.ended ? Number.POSITIVE_INFINITY : next(playlist).msn + 1;
  }

  /** Reads on until `deadlineMs` (of `performance.now`), or the end. */
  async follow(deadlineMs: number): Promise<void> {
    if (this.#playlist && !this.#playlist.ended) await this.#probe(this.#playlist);
    for (;;) {
      const playlist = this.#playlist;
      if (!playlist) return;
      await this.#media.collect(playlist, this.#firstSegment, this.#firstWithParts);
      if (playlist.ended || performance.now() > deadlineMs || this.#failures >= FAILURES_MAX) return;
      await this.#reload(playlist);
    }
  }

  async #reload(playlist: MediaPlaylist): Promise<void> {
    if (!playlist.control?.canBlockReload) {
      await sleep((playlist.targetDurationS ?? 6) * 500);
      await this.#load('');
      return;
    }
    if (playlist.partTargetS === null) await this.#load(`_HLS_msn=${position(playlist).msn + 1}`);
    else {
      this.#media.prefetch(playlist);
      const { msn, part } = next(playlist);
      await this.#load(`_HLS_msn=${msn}&_HLS_part=${part}${this.#skip(playlist)}`, { msn, part });
    }
  }

  /** Every other reload asks for a delta update where they are offered, so that it is compared with whole playlists. */
  #skip({ control }: MediaPlaylist): string {
    this.#skips = control?.canSkipUntilS != null && !this.#skips;
    return this.#skips ? '&_HLS_skip=YES' : '';
  }

  /** Directives that players send seldom: without a part, and too far ahead. */
  async #probe(playlist: MediaPlaylist): Promise<void> {
    if (!playlist.control?.canBlockReload || playlist.partTargetS === null) return;
    const far = `_HLS_msn=${position(playlist).msn + 1000}`;
    const exchange = await get(this.#withQuery(far), 'playlist');
    const text = new TextDecoder().decode(exchange.body);
    const ended = exchange.status === 200 && text.includes('#EXT-X-ENDLIST');
    this.#findings.check([advanceLimit], { query: far, status: exchange.status, ended }, this.url);
    const msn = position(playlist).msn + 1;
    await this.#load(`_HLS_msn=${msn}`, { msn, part: null });
  }

  async #load(query: string, asked?: { msn: number; part: number | null }): Promise<MediaPlaylist | null> {
    const others = this.#others().flatMap(({ url, playlist }) => (playlist ? { url, playlist } : []));
    const exchange = await get(this.#withQuery(query), 'playlist');
    this.#findings.check(exchangeRules, exchange, exchange.url);
    const parsed =
      exchange.status === 200 ? parsePlaylist(new TextDecoder().decode(exchange.body), this.url) : null;
    const answer = parsed?.kind === 'media' ? parsed : null;
    const asksSkip = query.includes('_HLS_skip');
    if (answer)
      this.#findings.check(deltaRules, { before: this.#playlist, asked: asksSkip, answer }, exchange.url);
    const playlist = answer && mergeUpdate(this.#playlist, answer);
    const { status, ms } = exchange;
    if (asked) this.#findings.check(reloadRules, { ...asked, status, ms, playlist }, exchange.url);
    this.#failures = playlist ? 0 : this.#failures + 1;
    if (!playlist) return null;
    this.#findings.check([...playlistRules, hintIsNew], playlist, this.url);
    if (this.#playlist)
      this.#findings.check(changeRules, { before: this.#playlist, after: playlist }, this.url);
    // The others move on while a blocking reload waits: compare with where they stand after it.
    const now = this.#others().flatMap(({ url, playlist: current }) =>
      current ? { url, playlist: current } : [],
    );
    this.#findings.check(reportRules, { playlist, others: now.length > 0 ? now : others }, this.url);
    this.#playlist = playlist;
    return playlist;
  }

  #withQuery(query: string): string {
    if (query === '') return this.url;
    return `${this.url}${this.url.includes('?') ? '&' : '?'}${query}`;
  }
}
