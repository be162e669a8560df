import { Refusal } from './errors.ts';

/** What WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep-04) have in common at the level of HTTP. */

export const SDP_TYPE = 'application/sdp';
/** RFC 8840 section 9. */
export const ICE_FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';

/** Pages of any origin may publish and watch: a token or nothing opens these addresses, never a cookie (Fetch section 3.3). */
export const crossOriginHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Location, ETag, Link, Retry-After, WWW-Authenticate',
};

/** For the answer to `OPTIONS`; `verbs` are what the address takes, `types` the bodies of the first one. */
export function preflightHeaders(
  verbs: readonly string[],
  types: readonly string[],
): Readonly<Record<string, string>> {
  return {
    allow: ['OPTIONS', ...verbs].join(', '),
    'access-control-allow-methods': verbs.join(', '),
    'access-control-allow-headers': 'Authorization, Content-Type, If-Match',
    'access-control-max-age': '86400',
    // RFC 9725 section 4.2 and RFC 5789 section 3.1.
    [verbs[0] === 'POST' ? 'accept-post' : 'accept-patch']: types.join(', '),
  };
}

/** The token of an `Authorization: Bearer` header (RFC 6750 section 2.1), or null. */
export function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer +([\w.~+/=-]{1,512})$/i.exec(authorization ?? '')?.[1] ?? null;
}

/** Whether a `Content-Type` header names `type`, whatever its parameters. */
export function isOfType(type: string, contentType: string | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === type;
}

/** The body of a request that must be of `type`. */
export function bodyOfType(type: string, contentType: string | undefined, body: unknown): string {
  if (!isOfType(type, contentType) || typeof body !== 'string')
    throw new Refusal('unsupported-media-type', `Send a body of ${type}.`);
  return body;
}

/** The entity tags of an `If-Match` header, `*` for any; null without one (RFC 9110 section 13.1.1). */
export function etagsOf(ifMatch: string | undefined): readonly string[] | '*' | null {
  if (ifMatch === undefined) return null;
  const tags = ifMatch.split(',').map(tag => tag.trim());
  // RFC 9725 writes the star in quotation marks.
  return tags.includes('*') || tags.includes('"*"') ? '*' : tags;
}

/**
 * Checks `If-Match` of a trickle request (RFC 9725 section 4.3.2). `*` asks for an ICE restart, which a session that
 * only trickles answers with 422 (section 4.3.1).
 */
export function checkIfMatch(ifMatch: string | undefined, etag: string): void {
  const tags = etagsOf(ifMatch);
  if (tags === null) throw new Refusal('etag-required');
  if (tags === '*') throw noRestart();
  if (!tags.includes(etag)) throw new Refusal('etag-mismatch');
}

/**
 * Checks `If-Match` of an answer to a counter-offer. It may be absent: the draft asks for it to tell one ICE session from
 * another, and there is none yet; its own example has none.
 */
export function checkIfMatchOfAnswer(ifMatch: string | undefined, etag: string): void {
  const tags = etagsOf(ifMatch);
  if (tags !== null && tags !== '*' && !tags.includes(etag)) throw new Refusal('etag-mismatch');
}

/** What says that a fragment belongs to another ICE session than the one that was answered. */
export function noRestart(): Refusal {
  return new Refusal('trickle-malformed', 'ICE cannot be restarted here. Start a new session instead.');
}

/** The refusal of an SDP by the stable `reason` of its `MediaError`. */
export function sdpRefusal(reason: string, detail: string): Refusal {
  if (reason === 'too-large') return new Refusal('too-large', detail);
  if (reason === 'no-video') return new Refusal('picture-missing', `${capitalized(detail)}.`);
  if (reason === 'no-h264' || reason === 'no-opus')
    return new Refusal('no-common-codec', `${capitalized(detail)}.`);
  return new Refusal('invalid-sdp', `${capitalized(detail)}.`);
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
