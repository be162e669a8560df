import { exchangeRules } from './delivery-rules.ts';
import { get } from './http.ts';
import { RENDITIONS_MAX } from './limits.ts';
import { parsePlaylist } from './parse-playlist.ts';
import type { MultivariantPlaylist } from './playlist.ts';
import { playlistSyntax, versionEnough } from './playlist-rules.ts';
import { presentationRules } from './presentation-rules.ts';
import { RenditionWatch } from './rendition-watch.ts';
import { type Finding, Findings } from './rule.ts';

export interface Verdict {
  readonly url: string;
  /** False when there was nothing to read: then `findings` says why. */
  readonly read: boolean;
  readonly live: boolean;
  readonly renditions: readonly {
    readonly url: string;
    readonly segments: number;
    readonly lastMsn: number | null;
  }[];
  readonly findings: readonly Finding[];
}

/** Follows a live stream for `seconds`, or reads a recording whole, and says what is wrong with it. */
export async function lint(url: string, seconds: number): Promise<Verdict> {
  const findings = new Findings();
  const multivariant = await openMultivariant(url, findings);
  if (!multivariant) return { url, read: false, live: false, renditions: [], findings: findings.list };
  const watches: RenditionWatch[] = [];
  for (const target of renditionUrls(multivariant).slice(0, RENDITIONS_MAX))
    watches.push(new RenditionWatch(target, findings, () => watches.filter(watch => watch.url !== target)));
  await Promise.all(watches.map(watch => watch.open()));
  const live = watches.some(watch => watch.playlist?.ended === false);
  const deadlineMs = performance.now() + seconds * 1000;
  await Promise.all(watches.map(watch => watch.follow(deadlineMs)));
  const renditions = watches.flatMap(watch => watch.result ?? []);
  findings.check(presentationRules, { multivariant, renditions }, url);
  return {
    url,
    read: renditions.length > 0,
    live,
    renditions: renditions.map(({ url: of, measured, playlist }) => ({
      url: of,
      segments: measured.length,
      lastMsn: playlist.segments.at(-1)?.msn ?? null,
    })),
    findings: findings.list,
  };
}

async function openMultivariant(url: string, findings: Findings): Promise<MultivariantPlaylist | null> {
  const exchange = await get(url, 'playlist');
  findings.check(exchangeRules, exchange, url);
  if (exchange.status !== 200) return null;
  const playlist = parsePlaylist(new TextDecoder().decode(exchange.body), url);
  if (playlist.kind === 'multivariant') {
    findings.check([playlistSyntax, versionEnough], playlist, url);
    return playlist;
  }
  // A media playlist alone is a presentation of one rendition; it is loaded again as such.
  return { ...emptyMultivariant, url, variants: [{ uri: url, attributes: declaredByNobody }] };
}

const emptyMultivariant: Omit<MultivariantPlaylist, 'url' | 'variants'> = {
  kind: 'multivariant',
  version: null,
  independentSegments: false,
  media: [],
  tags: new Set(),
  problems: [],
};

/** Stands for the declarations that a bare media playlist cannot have, so that none is missed. */
const declaredByNobody: ReadonlyMap<string, string> = new Map([
  ['BANDWIDTH', 'Infinity'],
  ['AVERAGE-BANDWIDTH', '0'],
  ['FRAME-RATE', '0'],
]);

function renditionUrls({ url, variants, media }: MultivariantPlaylist): string[] {
  const uris = [...variants.map(variant => variant.uri), ...media.flatMap(tag => tag.get('URI') ?? [])];
  return [...new Set(uris.flatMap(uri => (URL.canParse(uri, url) ? new URL(uri, url).href : [])))];
}
