import type { IncomingMessage, ServerResponse } from 'node:http';
import { acceptedEncodings } from '#base/accept-encoding.ts';
import { problemOf, type Refusal } from '#contract/errors.ts';
import type { HlsBody } from '#live/index.ts';
import { gzipped } from './gzip.ts';
import { parseRange, slice } from './range.ts';

/** Of every answer. Header lines are raw lists of names and values, which `node:http` writes as they are. */
const COMMON = ['Access-Control-Allow-Origin', '*', 'X-Content-Type-Options', 'nosniff'];
const PLAYLIST = [...COMMON, 'Content-Type', 'application/vnd.apple.mpegurl', 'Vary', 'accept-encoding'];
const PLAYLIST_GZIP = [...PLAYLIST, 'Content-Encoding', 'gzip'];
const MEDIA = [...COMMON, 'Content-Type', 'video/mp4', 'Accept-Ranges', 'bytes'];
const PROBLEM = [...COMMON, 'Content-Type', 'application/problem+json', 'Cache-Control', 'no-store'];

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
  const lines = [...MEDIA, 'Cache-Control', cacheControl];
  const range = parseRange(request.headers.range, body.length);
  if (!range) {
    write(request, response, 200, lines, body.chunks, body.length);
    return;
  }
  lines.push('Content-Range', `bytes ${range.start}-${range.end}/${body.length}`);
  write(request, response, 206, lines, slice(body.chunks, range), range.end - range.start + 1);
}

export function sendRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const problem = problemOf(refusal);
  const bytes = new TextEncoder().encode(JSON.stringify(problem));
  const lines = [...PROBLEM];
  if (refusal.retryAfterS !== undefined) lines.push('Retry-After', String(refusal.retryAfterS));
  if (problem.status === 405) lines.push('Allow', 'GET, HEAD');
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
