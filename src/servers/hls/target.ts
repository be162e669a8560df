import { type BroadcastId, isId } from '#base/ids.ts';
import { Refusal } from '#contract/errors.ts';
import type { HlsAnswer, HlsSource, PlaylistQuery, RenditionName } from '#live/index.ts';

/** What a URL below `/hls/` names. */
export interface Target {
  readonly broadcastId: BroadcastId;
  readonly kind: 'playlist' | 'media';
  /** A blocking reload: its answer belongs to its msn and part, and may be cached. */
  readonly blocking: boolean;
  ask(source: HlsSource): HlsAnswer;
}

/** Longest path with its query. Players add what they measure (CMCD, CTA-5004), several kilobytes of it; none of that is read. */
export const URL_MAX = 8192;
/** Longer ones are read each time: what players add differs with each request. */
const KNOWN_URL_MAX = 256;

/** What stands before `_` only keeps caches from taking one segment for another. */
const PATH =
  /^\/hls\/([0-9a-z]{26})\/(?:(index\.m3u8)|(video(?:-[2-9])?|audio)\/(?:(index|replay)\.m3u8|init-(\d{1,9})\.mp4|(?:\d{1,10}_)?(\d{1,9})(?:\.(\d{1,4})|-(\d{1,9}))?\.m4s))$/;

/** URLs of which the target is kept: everybody asks for the same few at the live edge. */
const KNOWN_MAX = 4096;

/** `parseTarget` with a memory. */
export function createTargetReader(): (url: string) => Target {
  const known = new Map<string, Target>();
  return url => {
    let target = known.get(url);
    if (!target) {
      target = parseTarget(url);
      if (url.length > KNOWN_URL_MAX) return target;
      if (known.size >= KNOWN_MAX) known.clear();
      known.set(url, target);
    }
    return target;
  };
}

/** Reads a URL. Throws `not-found` for what is not one of our names, `invalid-request` for wrong delivery directives. */
export function parseTarget(url: string): Target {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  if (url.length > URL_MAX)
    throw new Refusal('address-too-long', `An address of a stream has at most ${URL_MAX} characters.`);
  const match = PATH.exec(path);
  const [, broadcastId, multivariant, rendition, playlist, init, msn, part, last] = match ?? [];
  if (broadcastId === undefined || !isId(broadcastId)) throw new Refusal('not-found');
  if (multivariant !== undefined)
    return { broadcastId, kind: 'playlist', blocking: false, ask: source => source.multivariant() };
  const name = rendition as RenditionName;
  if (playlist === 'replay')
    return { broadcastId, kind: 'playlist', blocking: false, ask: source => source.replay(name) };
  if (playlist !== undefined) {
    const query = parseQuery(mark < 0 ? '' : url.slice(mark + 1));
    const blocking = query.msn !== null;
    return { broadcastId, kind: 'playlist', blocking, ask: source => source.playlist(name, query) };
  }
  const ask = (source: HlsSource): HlsAnswer => {
    if (init !== undefined) return source.init(name, Number(init));
    if (last !== undefined) return source.merged(name, Number(msn), Number(last));
    if (part !== undefined) return source.part(name, Number(msn), Number(part));
    return source.segment(name, Number(msn));
  };
  return { broadcastId, kind: 'media', blocking: false, ask };
}

const NO_DIRECTIVES: PlaylistQuery = { msn: null, part: null, skip: false };

/** Delivery directives (RFC 8216bis section 6.2.5). */
function parseQuery(query: string): PlaylistQuery {
  if (query === '') return NO_DIRECTIVES;
  const parameters = new URLSearchParams(query);
  const msn = parseNumber(parameters, '_HLS_msn', 9);
  const part = parseNumber(parameters, '_HLS_part', 4);
  if (part !== null && msn === null)
    throw new Refusal('invalid-request', '_HLS_part needs _HLS_msn beside it.');
  return { msn, part, skip: parseSkip(parameters) };
}

/** `v2` leaves out old date ranges as well, of which there are none. */
function parseSkip(parameters: URLSearchParams): boolean {
  const values = parameters.getAll('_HLS_skip');
  if (values.length > 1 || values.some(value => value !== 'YES' && value !== 'v2'))
    throw new Refusal('invalid-request', '_HLS_skip is YES or v2.');
  return values.length > 0;
}

function parseNumber(parameters: URLSearchParams, name: string, digitsMax: number): number | null {
  const values = parameters.getAll(name);
  if (values.length === 0) return null;
  const [value] = values;
  if (values.length > 1 || value === undefined || !/^\d+$/.test(value) || value.length > digitsMax)
    throw new Refusal('invalid-request', `${name} is one whole number of at most ${digitsMax} digits.`);
  return Number(value);
}
