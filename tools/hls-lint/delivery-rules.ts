import { has, type MediaPlaylist } from './playlist.ts';
import type { Rule } from './rule.ts';

export type ResourceKind = 'playlist' | 'init' | 'segment' | 'part';

/** One request and what came back. */
export interface Exchange {
  readonly kind: ResourceKind;
  readonly url: string;
  /** 0 when there was no answer; then `fault` says why. */
  readonly status: number;
  readonly fault: string | null;
  readonly headers: Headers;
  /** Decoded. */
  readonly body: Uint8Array;
  readonly redirected: boolean;
  readonly ms: number;
}

type ExchangeRule = Rule<Exchange>;
const answered = (exchange: Exchange) => exchange.status === 200 || exchange.status === 206;

export const reachable: ExchangeRule = {
  name: 'reachable',
  clause: 'bis 6.2.1',
  level: 'must',
  *check(exchange) {
    if (!answered(exchange)) yield `${exchange.kind} is answered ${exchange.fault ?? exchange.status}`;
    else if (exchange.body.length === 0) yield `${exchange.kind} is empty`;
  },
};

const notRedirected: ExchangeRule = {
  name: 'not-redirected',
  clause: 'Apple 8.18',
  level: 'must',
  *check({ redirected, kind }) {
    if (redirected && kind !== 'playlist') yield `${kind} is redirected`;
  },
};

export const playlistType: ExchangeRule = {
  name: 'playlist-content-type',
  clause: 'bis 4, Apple 10.4',
  level: 'must',
  *check(exchange) {
    if (exchange.kind !== 'playlist' || !answered(exchange)) return;
    const type = mediaType(exchange);
    if (!['application/vnd.apple.mpegurl', 'audio/mpegurl'].includes(type)) yield `Content-Type is "${type}"`;
  },
};

const MEDIA_TYPES = ['video/mp4', 'audio/mp4', 'video/iso.segment', 'audio/iso.segment', 'application/mp4'];

const mediaContentType: ExchangeRule = {
  name: 'media-content-type',
  clause: 'Apple 10.4',
  level: 'should',
  *check(exchange) {
    if (exchange.kind === 'playlist' || !answered(exchange)) return;
    const type = mediaType(exchange);
    if (!MEDIA_TYPES.includes(type)) yield `Content-Type of ${exchange.kind} is "${type}"`;
  },
};

export const gzip: ExchangeRule = {
  name: 'playlist-gzip',
  clause: 'Apple 10.1, bis B.1',
  level: 'must',
  *check(exchange) {
    if (exchange.kind !== 'playlist' || !answered(exchange)) return;
    if (exchange.headers.get('content-encoding') !== 'gzip') yield 'gzip is accepted and not used';
  },
};

export const cacheControl: ExchangeRule = {
  name: 'cache-control',
  clause: 'bis 6.2.2, B.1',
  level: 'should',
  *check(exchange) {
    if (!answered(exchange)) return;
    const value = exchange.headers.get('cache-control');
    if (value === null) yield `${exchange.kind} has no Cache-Control`;
    else if (exchange.kind !== 'playlist' && /no-store|no-cache|max-age=0\b/.test(value))
      yield `${exchange.kind} never changes, but caches are told "${value}"`;
  },
};

export const exchangeRules: readonly ExchangeRule[] = [
  reachable,
  notRedirected,
  playlistType,
  mediaContentType,
  gzip,
  cacheControl,
];

/** A blocking reload (bis section 6.2.5.2). */
export interface Reload {
  readonly msn: number;
  /** Null: `_HLS_part` was not sent. */
  readonly part: number | null;
  readonly status: number;
  readonly ms: number;
  /** Null when no playlist came. */
  readonly playlist: MediaPlaylist | null;
}

type ReloadRule = Rule<Reload>;

/** A server that does not block answers at once with a playlist that lacks what was asked for. */
const reloadBlocks: ReloadRule = {
  name: 'reload-blocks',
  clause: 'bis 6.2.5.2',
  level: 'must',
  *check({ msn, part, playlist, ms }) {
    if (part === null || !playlist || playlist.ended || has(playlist, msn, part)) return;
    yield `_HLS_msn=${msn}&_HLS_part=${part} was answered after ${Math.round(ms)} ms without that part`;
  },
};

/** Safari asks for the next segment without a part. */
const reloadWithoutPart: ReloadRule = {
  name: 'reload-without-part',
  clause: 'bis 6.2.5.2',
  level: 'must',
  *check({ msn, part, playlist, status }) {
    if (part !== null) return;
    if (!playlist) yield `_HLS_msn=${msn} without _HLS_part was answered ${status}`;
    else if (!playlist.ended && !has(playlist, msn, 0))
      yield `_HLS_msn=${msn} was answered without that segment`;
  },
};

const reloadTimely: ReloadRule = {
  name: 'reload-timely',
  clause: 'bis 6.2.5.2',
  level: 'should',
  *check({ playlist, ms }) {
    const targetS = playlist?.targetDurationS ?? null;
    if (targetS !== null && ms > 3000 * targetS) yield `a blocking reload took ${Math.round(ms)} ms`;
  },
};

export const reloadRules: readonly ReloadRule[] = [reloadBlocks, reloadWithoutPart, reloadTimely];

/** What was answered to directives that must be refused. */
export interface Refused {
  readonly query: string;
  readonly status: number;
  readonly ended: boolean;
}

export const advanceLimit: Rule<Refused> = {
  name: 'advance-limit',
  clause: 'bis 6.2.5.2',
  level: 'should',
  *check({ query, status, ended }) {
    if (!ended && status !== 400) yield `${query} was answered ${status}, not 400`;
  },
};

function mediaType({ headers }: Exchange): string {
  return (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
}
