import type { IncomingMessage } from 'node:http';

/**
 * Calls `then` when the whole body came, or as much as is taken before somebody reads it, and at once where there is none: a body
 * that drips takes nobody's turn. Whoever reads it afterwards gets all of it.
 */
export function afterBody(request: IncomingMessage, then: () => void): void {
  if (!hasBody(request) || isThere(request)) {
    then();
    return;
  }
  const look = (): void => {
    if (!isThere(request)) return;
    request.off('readable', look);
    then();
  };
  // Of a stream that nobody reads it is told at each chunk, and at the end.
  request.on('readable', look);
}

/** RFC 9112 section 6.3. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isThere(request: IncomingMessage): boolean {
  return request.complete || request.readableLength >= request.readableHighWaterMark;
}
