import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '#base/log.ts';
import { problemOf, Refusal } from '#contract/errors.ts';
import { DatabaseLocked } from '#ports/database-locked.ts';
import { StorageFull } from '#ports/storage-full.ts';
import { RouteTable } from './route-table.ts';

/** Request bodies, unless a route names its own limit. */
export const BODY_BYTES_MAX = 64 * 1024;
/** All header lines of a request together; for `http.createServer({ maxHeaderSize })`. */
export const HEADER_BYTES_MAX = 16 * 1024;
/** As much of a body that nobody wants is taken from the wire and dropped. */
const DROPPED_BYTES_MAX = 64 * 1024 * 1024;
/** Whoever holds the database has most likely let go by then. */
const LOCKED_RETRY_S = 5;

/**
 * The one place where errors become answers (RFC 9457). Install it once on the Fastify instance, before any route:
 * whatever is mounted there inherits it.
 */
export function installProblems(fastify: FastifyInstance, log: Logger): void {
  const routes = new RouteTable();
  fastify.addHook('onRoute', route => routes.add(route.method, route.url));
  fastify.addHook('onRequest', async request => {
    // No address of ours holds U+0000, and PostgreSQL fails on one.
    if (request.url.includes('%00'))
      throw new Refusal('invalid-request', 'The address must not hold the NUL character.');
  });
  fastify.setErrorHandler((error, request, reply) => answer(error, request, reply, log));
  fastify.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    const verbs = routes.verbsOf(path);
    if (verbs.length === 0)
      return sendProblem(reply, new Refusal('not-found', `Nothing is at ${shorten(path)}.`));
    reply.header('allow', verbs.join(', '));
    const detail = `${shorten(path)} takes ${verbs.join(', ')}, not ${request.method}.`;
    return sendProblem(reply, new Refusal('method-not-allowed', detail));
  });
}

function answer(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  const refusal = refusalOf(error, request.routeOptions.bodyLimit);
  if (refusal.code === 'too-large') reply.removeHeader('connection');
  // Who was refused by the head alone may be in the middle of a body without end.
  if (!request.raw.complete) dropBody(request.raw);
  const fields = { err: error, verb: request.method, url: request.url };
  if (refusal.code === 'internal') log.error(fields, 'a request failed');
  if (error instanceof StorageFull || error instanceof DatabaseLocked)
    log.error(fields, `nothing can be saved: ${error.message}`);
  return sendProblem(reply, refusal);
}

/**
 * Closing at once would reset the connection under a caller that still writes, who would never read why (RFC 9112,
 * section 9.6): the rest is taken and dropped, and the connection cut if there is no end to it.
 */
function dropBody(request: IncomingMessage): void {
  let dropped = 0;
  request.on('data', (chunk: Uint8Array) => {
    dropped += chunk.length;
    if (dropped > DROPPED_BYTES_MAX) request.destroy();
  });
}

export function sendProblem(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const problem = problemOf(refusal);
  if (refusal.retryAfterS !== undefined)
    reply.header('retry-after', String(Math.max(1, Math.ceil(refusal.retryAfterS))));
  // RFC 9110 section 11.6.1: a 401 names a scheme. Bearer makes no browser open its password window.
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="skylark"');
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .serializer((text: unknown) => String(text))
    .send(JSON.stringify(problem));
}

/** What an error is to the caller. Anything that is not known to be the caller's doing is `internal`. */
export function refusalOf(error: unknown, bodyBytesMax = BODY_BYTES_MAX): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StorageFull) return new Refusal('storage-full');
  if (error instanceof DatabaseLocked)
    return new Refusal('unavailable', 'Nothing can be saved at the moment.', LOCKED_RETRY_S);
  const { code, statusCode, validation, message } = error as Partial<FastifyError>;
  if (validation) return new Refusal('invalid-request', `The request does not fit: ${message}.`);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' || statusCode === 413)
    return new Refusal('too-large', `The body is larger than ${bodyBytesMax} bytes.`);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || statusCode === 415)
    return new Refusal(
      'unsupported-media-type',
      'The body has a content type that this address does not take.',
    );
  if (code === 'FST_ERR_BAD_URL') return new Refusal('invalid-request', 'The address is not well encoded.');
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return new Refusal('not-found', 'Nothing is at so long an address.');
  if (statusCode === 404) return new Refusal('not-found');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Refusal('invalid-request', 'The body cannot be read: it is not well-formed.');
  return new Refusal('internal');
}

/** For Fastify's `frameworkErrors`: what fails before routing, like an address that is not well encoded. */
export function answerFrameworkError(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, refusalOf(error));
}

/** For the HTTP server's `clientError`: bytes that are not HTTP, or headers past the limit. The connection ends. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    // Browsers open connections ahead of need, and repeat by themselves what such an answer meets (RFC 9110 section 15.5.9).
    socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  const problem = problemOf(clientRefusal(error.code));
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.status === 413 ? 'Content Too Large' : 'Bad Request'}\r\n` +
      `Connection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function clientRefusal(code: string | undefined): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Refusal('too-large', `The headers are larger than ${HEADER_BYTES_MAX} bytes.`);
  return new Refusal('invalid-request', 'This is not HTTP.');
}

const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
