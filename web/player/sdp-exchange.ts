/** How long a server may take over one WHIP or WHEP request. */
const REQUEST_TIMEOUT_MS = 8_000;

/** What a WHIP or WHEP server gave for an offer (RFC 9725 section 4.2). */
export interface MediaResource {
  readonly answer: string;
  /** Absolute address of the session: `DELETE` ends it. */
  readonly location: string;
  readonly etag: string | null;
  /** The server's clock minus this device's, 0 where they agree within the `Date` header's second. */
  readonly clockOffsetMs: number;
}

/** The server answered, and said no. `code` is of the error catalogue where the server sent one. */
export class ExchangeRefused extends Error {
  override readonly name = 'ExchangeRefused';
  readonly status: number;
  readonly code: string | null;
  /** What `Retry-After` asks for; 0 without it. */
  readonly retryAfterMs: number;

  constructor(status: number, code: string | null, detail: string, retryAfterMs = 0) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ExchangeOptions {
  readonly token?: string;
  /** The session that this one replaces, by its ETag; `*` for whichever there is. */
  readonly ifMatch?: string;
  readonly signal: AbortSignal;
}

/** Posts an SDP offer; throws `ExchangeRefused` for a refusal and whatever `fetch` throws when nobody answers. */
export async function exchangeSdp(
  url: string,
  offer: string,
  options: ExchangeOptions,
): Promise<MediaResource> {
  const headers = new Headers({ 'content-type': 'application/sdp' });
  if (options.token !== undefined) headers.set('authorization', `Bearer ${options.token}`);
  if (options.ifMatch !== undefined) headers.set('if-match', options.ifMatch);
  const sentAt = Date.now();
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: offer,
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  if (response.status !== 201) throw await refusalOf(response);
  const location = response.headers.get('location');
  if (location === null) throw new ExchangeRefused(response.status, null, 'The server named no session');
  return {
    answer: await response.text(),
    location: new URL(location, response.url).href,
    etag: response.headers.get('etag'),
    clockOffsetMs: clockOffsetMs(response.headers.get('date'), sentAt, Date.now()),
  };
}

/** Ends a session. Survives the page; a server that is away finds out by itself, so nothing is thrown. */
export async function deleteResource(location: string, token?: string): Promise<void> {
  const headers = new Headers();
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  try {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    await fetch(location, { method: 'DELETE', headers, keepalive: true, signal });
  } catch {
    // The server notices by ICE consent (RFC 7675) that nobody is there any more.
  }
}

/**
 * How far the server's clock is ahead. The `Date` header counts whole seconds, so it only bounds the difference: a device
 * whose clock fits the bounds is believed, any other is put at the nearest bound.
 */
export function clockOffsetMs(dateHeader: string | null, sentAtMs: number, receivedAtMs: number): number {
  const serverMs = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  if (Number.isNaN(serverMs)) return 0;
  const lowest = serverMs - receivedAtMs;
  const highest = serverMs + 999 - sentAtMs;
  return Math.min(Math.max(0, lowest), highest);
}

async function refusalOf(response: Response): Promise<ExchangeRefused> {
  const problem: unknown = await response.json().catch(() => null);
  const text = (key: string): string | null => {
    const value = (problem as Record<string, unknown> | null)?.[key];
    return typeof value === 'string' ? value : null;
  };
  const retryAfterS = Number(response.headers.get('retry-after') ?? 0);
  const retryAfterMs = retryAfterS > 0 ? retryAfterS * 1000 : 0;
  return new ExchangeRefused(
    response.status,
    text('code'),
    text('detail') ?? response.statusText,
    retryAfterMs,
  );
}
