import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { problemOf, type Refusal } from '#contract/errors.ts';
import type { HlsBody } from '#live/index.ts';
import { gzipped } from './gzip.ts';
import { parseRange, slice } from './range.ts';

const TYPES = { playlist: 'application/vnd.apple.mpegurl', media: 'video/mp4' } as const;

/** Sends a body, whole or the range that was asked for. */
export function sendBody(
  request: IncomingMessage,
  response: ServerResponse,
  body: HlsBody,
  cacheControl: string,
): void {
  const headers: OutgoingHttpHeaders = {
    'content-type': TYPES[body.type],
    'cache-control': cacheControl,
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
  };
  if (body.type === 'playlist') sendPlaylist(request, response, body, headers);
  else sendMedia(request, response, body, headers);
}

function sendPlaylist(
  request: IncomingMessage,
  response: ServerResponse,
  body: HlsBody,
  headers: OutgoingHttpHeaders,
): void {
  headers.vary = 'accept-encoding';
  if (!acceptsGzip(request.headers['accept-encoding'])) {
    write(request, response, 200, headers, body.chunks, body.length);
    return;
  }
  const bytes = gzipped(body);
  headers['content-encoding'] = 'gzip';
  write(request, response, 200, headers, [bytes], bytes.length);
}

function sendMedia(
  request: IncomingMessage,
  response: ServerResponse,
  body: HlsBody,
  headers: OutgoingHttpHeaders,
): void {
  headers['accept-ranges'] = 'bytes';
  const range = parseRange(request.headers.range, body.length);
  if (!range) {
    write(request, response, 200, headers, body.chunks, body.length);
    return;
  }
  headers['content-range'] = `bytes ${range.start}-${range.end}/${body.length}`;
  write(request, response, 206, headers, slice(body.chunks, range), range.end - range.start + 1);
}

export function sendRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const problem = problemOf(refusal);
  const bytes = new TextEncoder().encode(JSON.stringify(problem));
  const headers: OutgoingHttpHeaders = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
  };
  if (refusal.retryAfterS !== undefined) headers['retry-after'] = String(refusal.retryAfterS);
  if (problem.status === 405) headers.allow = 'GET, HEAD';
  write(request, response, problem.status, headers, [bytes], bytes.length);
}

function write(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  chunks: readonly Uint8Array[],
  length: number,
): void {
  headers['content-length'] = length;
  response.writeHead(status, headers);
  if (request.method === 'HEAD' || chunks.length === 0) {
    response.end();
    return;
  }
  response.cork(); // one write to the socket for the head and all chunks
  for (let i = 0; i < chunks.length - 1; i++) response.write(chunks[i]);
  response.end(chunks[chunks.length - 1]);
  response.uncork();
}

/** Whether `Accept-Encoding` (RFC 9110 section 12.5.3) lists gzip and does not give it weight zero. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  if (typeof header !== 'string') return false;
  const match = /(?:^|,)\s*gzip\s*(?:;\s*q=([\d.]+))?\s*(?:,|$)/i.exec(header);
  return match !== null && Number(match[1] ?? 1) > 0;
}
