import type { IncomingMessage, ServerResponse } from 'node:http';
import { acceptedEncodings } from '#base/accept-encoding.ts';
import { problemOf, Refusal } from '#contract/errors.ts';
import type { HlsBody, StoredBody } from '#live/index.ts';
import { gzipped } from './gzip.ts';
import { parseRange, type Range, slice } from './range.ts';

/** Of every answer. Header lines are raw lists of names and values, which `node:http` writes as they are. */
const COMMON = [
  ...['Access-Control-Allow-Origin', '*', 'X-Content-Type-Options', 'nosniff'],
  ...['Access-Control-Expose-Headers', 'Content-Length, Content-Range, Date, Retry-After'],
];
/** The star is not known to older browsers, and means no `Authorization` (Fetch section 3.3.4). */
const ALLOWED_HEADERS = '*, Authorization, Range, CMCD-Object, CMCD-Request, CMCD-Session, CMCD-Status';
const PREFLIGHT = [
  ...COMMON,
  ...['Access-Control-Allow-Methods', 'GET, HEAD', 'Access-Control-Allow-Headers', ALLOWED_HEADERS],
  ...['Access-Control-Max-Age', '86400', 'Allow', 'GET, HEAD, OPTIONS'],
];
const PLAYLIST = [...COMMON, 'Content-Type', 'application/vnd.apple.mpegurl', 'Vary', 'accept-encoding'];
const PLAYLIST_GZIP = [...PLAYLIST, 'Content-Encoding', 'gzip'];
/** What a name stands for never changes, so that one tag says of every piece that it is still the same, if it is still there. */
const TAG = '"1"';
const MEDIA = [...COMMON, 'Content-Type', 'video/mp4', 'Accept-Ranges', 'bytes', 'ETag', TAG];
const NOT_MODIFIED = [...COMMON, 'ETag', TAG];
const PROBLEM = [...COMMON, 'Content-Type', 'application/problem+json', 'Cache-Control', 'no-store'];

/** What a browser asks before it asks for a stream of another origin with headers of its own. */
export function sendPreflight(response: ServerResponse): void {
  response.writeHead(204, PREFLIGHT);
  response.end();
}

/** Whether who asks for a piece has it and wants to know only whether it is still there (RFC 9110 section 13.1.2). */
export function isKnown(request: IncomingMessage): boolean {
  const tags = request.headers['if-none-match'];
  return tags !== undefined && (tags === '*' || tags.includes(TAG));
}

export function sendNotModified(response: ServerResponse, cacheControl: string): void {
  response.writeHead(304, [...NOT_MODIFIED, 'Cache-Control', cacheControl]);
  response.end();
}

/** Sends a body, whole or the range that was asked for. */
export function sendBody(
  request: IncomingMessage,
  response: ServerResponse,
  body: HlsBody,
  cacheControl: string,
): void {
  if (body.type === 'playlist') sendPlaylist(request, response, body, cacheControl);
  else sendMedia(request, response, body, cacheControl);
}

function sendPlaylist(
  request: IncomingMessage,
  response: ServerResponse,
  body: HlsBody,
  cacheControl: string,
): void {
  const { 'accept-encoding': encodings } = request.headers;
  const small = acceptedEncodings(typeof encodings === 'string' ? encodings : undefined).has('gzip')
    ? gzipped(body)
    : null;
  const lines = [...(small ? PLAYLIST_GZIP : PLAYLIST), 'Cache-Control', cacheControl];
  if (small) write(request, response, 200, lines, [small], small.length);
  else write(request, response, 200, lines, body.chunks, body.length);
}

function sendMedia(
  request: IncomingMessage,
  response: ServerResponse,
  body: HlsBody,
  cacheControl: string,
): void {
  const range = parseRange(request.headers.range, body.length);
  const { status, lines, start, end } = mediaHead(range, body.length, cacheControl);
  write(request, response, status, lines, range ? slice(body.chunks, range) : body.chunks, end - start);
}

/** Resolves as `work` does, which waits for its turn. */
export type Turn = (work: () => Promise<void>) => Promise<void>;

/**
 * Block by block, each once the one before it was taken and in a turn of its own: a slow reader holds one block, one address that
 * asks for thousands waits behind itself, and nothing is read for `HEAD`.
 */
export async function sendStored(
  turn: Turn,
  request: IncomingMessage,
  response: ServerResponse,
  body: StoredBody,
  cacheControl: string,
): Promise<void> {
  const range = parseRange(request.headers.range, body.length);
  const { status, lines, start, end } = mediaHead(range, body.length, cacheControl);
  lines.push('Content-Length', String(end - start));
  if (request.method === 'HEAD' || start === end) {
    response.writeHead(status, lines).end();
    return;
  }
  let at = start;
  let isTaken = true;
  const sendBlock = async (): Promise<void> => {
    if (response.destroyed) return;
    const bytes = await body.read(at, end);
    if (bytes.length === 0) throw new Refusal('not-found', 'This piece of the recording does not exist.');
    at += bytes.length;
    if (response.destroyed) return;
    if (!response.headersSent) response.writeHead(status, lines);
    if (at >= end) response.end(bytes);
    else isTaken = response.write(bytes);
  };
  while (at < end && !response.destroyed) {
    await turn(sendBlock);
    if (!isTaken) await taken(response);
  }
}

/** Resolves when everything written was taken, or nothing will be any more. */
function taken(response: ServerResponse): Promise<void> {
  // It may have been before this was asked.
  if (!response.writableNeedDrain || response.destroyed) return Promise.resolve();
  return new Promise(resolve => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** `end` is not included. */
function mediaHead(range: Range | null, length: number, cacheControl: string) {
  const lines = [...MEDIA, 'Cache-Control', cacheControl];
  if (!range) return { status: 200, lines, start: 0, end: length };
  lines.push('Content-Range', `bytes ${range.start}-${range.end}/${length}`);
  return { status: 206, lines, start: range.start, end: range.end + 1 };
}

export function sendRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const problem = problemOf(refusal);
  const bytes = new TextEncoder().encode(JSON.stringify(problem));
  const lines = [...PROBLEM];
  if (refusal.retryAfterS !== undefined) lines.push('Retry-After', String(refusal.retryAfterS));
  if (problem.status === 405) lines.push('Allow', 'GET, HEAD, OPTIONS');
  write(request, response, problem.status, lines, [bytes], bytes.length);
}

function write(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  lines: string[],
  chunks: readonly Uint8Array[],
  length: number,
): void {
  lines.push('Content-Length', String(length));
  response.writeHead(status, lines);
  if (request.method === 'HEAD' || chunks.length === 0) {
    response.end();
    return;
  }
  if (chunks.length > 1) response.cork(); // one write to the socket for the head and all chunks
  for (let i = 0; i < chunks.length - 1; i++) response.write(chunks[i]);
  response.end(chunks[chunks.length - 1]);
  if (chunks.length > 1) response.uncork();
}
