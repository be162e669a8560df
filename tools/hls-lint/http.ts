import type { Exchange, ResourceKind } from './delivery-rules.ts';
import { ANSWER_MS_MAX, MEDIA_BYTES_MAX, PLAYLIST_BYTES_MAX } from './limits.ts';

/** Asks once, with a limit on time and bytes. Never rejects: a failure is an exchange of status 0. */
export async function get(url: string, kind: ResourceKind): Promise<Exchange> {
  const started = performance.now();
  const exchange = { kind, url, status: 0, fault: null, redirected: false };
  const nothing = { headers: new Headers(), body: new Uint8Array() };
  try {
    const headers = { 'accept-encoding': kind === 'playlist' ? 'gzip' : 'identity' };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    const body = await read(response, kind === 'playlist' ? PLAYLIST_BYTES_MAX : MEDIA_BYTES_MAX);
    const { status, redirected } = response;
    return {
      ...exchange,
      status,
      redirected,
      headers: response.headers,
      body,
      ms: performance.now() - started,
    };
  } catch (cause) {
    return { ...exchange, ...nothing, fault: faultOf(cause), ms: performance.now() - started };
  }
}

async function read(response: Response, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > most) throw new Error(`more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function faultOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return `${cause.message}${inner}`;
}
