import { Refusal } from '#contract/errors.ts';
import { type HlsAnswer, type HlsSource, Pending } from '#live/packager/source.ts';
import { parseTarget } from '#servers/hls/target.ts';
import { changeRules, hintIsNew } from '../../tools/hls-lint/change-rules.ts';
import type { Exchange, ResourceKind } from '../../tools/hls-lint/delivery-rules.ts';
import { MediaCollector } from '../../tools/hls-lint/media-collector.ts';
import { parsePlaylist } from '../../tools/hls-lint/parse-playlist.ts';
import type { MediaPlaylist } from '../../tools/hls-lint/playlist.ts';
import { playlistRules } from '../../tools/hls-lint/playlist-rules.ts';
import { presentationRules, reportRules } from '../../tools/hls-lint/presentation-rules.ts';
import { type Finding, Findings } from '../../tools/hls-lint/rule.ts';
import { hlsBytes } from './hls-bytes.ts';

const ROOT = `http://source/hls/${'0'.repeat(26)}/`;
const TYPES: Readonly<Record<ResourceKind, string>> = {
  playlist: 'application/vnd.apple.mpegurl',
  init: 'video/mp4',
  segment: 'video/mp4',
  part: 'video/mp4',
};

/** One rendition as it was seen last. */
class WatchedRendition {
  readonly url: string;
  readonly collector: MediaCollector;
  playlist: MediaPlaylist | null = null;
  text = '';

  constructor(
    url: string,
    findings: Findings,
    fetch: (url: string, kind: ResourceKind) => Promise<Exchange>,
  ) {
    this.url = url;
    this.collector = new MediaCollector(findings, fetch);
  }
}

/** Holds every rule of `tools/hls-lint` against a source in this process, as often as `look` is called. */
export class SourceLint {
  readonly #source: HlsSource;
  readonly #fetched: (path: string, body: Uint8Array) => void;
  readonly #findings = new Findings();
  #renditions: readonly WatchedRendition[] = [];

  /** `fetched` is told of every piece of media that was read, by its path below the source. */
  constructor(source: HlsSource, fetched: (path: string, body: Uint8Array) => void = () => {}) {
    this.#source = source;
    this.#fetched = fetched;
  }

  get findings(): readonly Finding[] {
    return this.#findings.list;
  }

  /** The playlist of a rendition as it was seen last, by its folder. */
  playlist(folder: string): MediaPlaylist | null {
    return this.#renditions.find(({ url }) => url.startsWith(`${ROOT}${folder}/`))?.playlist ?? null;
  }

  /** Reads what changed since the last look, and everything that is new in it. */
  async look(): Promise<void> {
    if (this.#renditions.length === 0 && !this.#open()) return;
    const changed = this.#renditions.filter(rendition => this.#reload(rendition));
    for (const { url, playlist } of changed) {
      const others = this.#renditions.flatMap(other =>
        other.url !== url && other.playlist ? { url: other.url, playlist: other.playlist } : [],
      );
      if (playlist) this.#findings.check(reportRules, { playlist, others }, url);
    }
    for (const { collector, playlist } of changed) if (playlist) await collector.collect(playlist, 0, 0);
  }

  /** The last look, at everything together. */
  async close(): Promise<void> {
    await this.look();
    const multivariant = parsePlaylist(this.#text(`${ROOT}index.m3u8`) ?? '', `${ROOT}index.m3u8`);
    if (multivariant.kind !== 'multivariant') return;
    const renditions = this.#renditions.flatMap(({ url, playlist, collector }) => {
      const { inits, measured, segmentsIndependent } = collector;
      return playlist ? { url, playlist, inits, measured, segmentsIndependent } : [];
    });
    this.#findings.check(presentationRules, { multivariant, renditions }, ROOT);
  }

  #open(): boolean {
    const text = this.#text(`${ROOT}index.m3u8`);
    if (text === null) return false;
    const uris = [...text.matchAll(/^([^#\n]+\.m3u8)$|URI="([^"]+\.m3u8)"/gm)].map(([, a, b]) => a ?? b!);
    this.#renditions = [...new Set(uris)].map(
      uri =>
        new WatchedRendition(new URL(uri, ROOT).href, this.#findings, (url, kind) => this.#fetch(url, kind)),
    );
    return true;
  }

  #reload(rendition: WatchedRendition): boolean {
    const text = this.#text(rendition.url);
    if (text === null || text === rendition.text) return false;
    rendition.text = text;
    const parsed = parsePlaylist(text, rendition.url);
    if (parsed.kind !== 'media') throw new Error(`not a media playlist: ${text}`);
    this.#findings.check([...playlistRules, hintIsNew], parsed, rendition.url);
    if (rendition.playlist)
      this.#findings.check(changeRules, { before: rendition.playlist, after: parsed }, rendition.url);
    rendition.playlist = parsed;
    return true;
  }

  #text(url: string): string | null {
    const answer = this.#ask(url);
    if (answer instanceof Pending) answer.cancel();
    return 'chunks' in answer ? Buffer.concat(answer.chunks).toString() : null;
  }

  /** Media that is listed: from memory at once, from the recording when it was read. */
  async #fetch(url: string, kind: ResourceKind): Promise<Exchange> {
    const answer = this.#ask(url);
    const found = await hlsBytes(answer).catch(cause => {
      if (cause instanceof Refusal) return null;
      throw cause;
    });
    if (found) this.#fetched(url.slice(ROOT.length), found);
    return {
      kind,
      url,
      status: found ? 200 : 404,
      fault: null,
      headers: new Headers({
        'content-type': TYPES[kind],
        'content-encoding': 'gzip',
        'cache-control': 'public, max-age=1',
      }),
      body: found ?? new Uint8Array(),
      redirected: false,
      ms: 0,
    };
  }

  #ask(url: string): HlsAnswer {
    return parseTarget(new URL(url).pathname).ask(this.#source);
  }
}
