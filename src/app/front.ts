import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { problemOf, Refusal } from '#contract/errors.ts';

export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** The port that people come by, bound before anything else is touched: until `open` everybody hears that it starts. */
export interface Front {
  readonly server: Server;
  /** With the port that was taken. */
  readonly url: string;
  open(listener: Listener): void;
  /** Takes no more connections; who asks on one that is open is told to come back, and so is who waits. */
  stop(): void;
  /** As `stop`, and cuts every connection. */
  close(): void;
}

/**
 * Connections that the system keeps until they are taken, as many as Linux lets a program have unless told otherwise. Where it is full, who
 * comes is silently dropped and tries again after 1, 3 and 7 s, whoever filled it.
 */
const BACKLOG_MAX = 4096;
const STARTING = 'The server is starting.';
const STOPPING = 'The server stops, or starts again.';

/** Binds. `create` makes the server with its limits. */
export async function openFront(
  host: string,
  port: number,
  create: (listener: Listener) => Server,
): Promise<Front> {
  let listener: Listener = (request, response) => refuse(request, response, STARTING);
  const server = create((request, response) => listener(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG_MAX }, resolve);
  });
  const stop = () => {
    listener = (request, response) => refuse(request, response, STOPPING);
    server.close();
    server.closeIdleConnections();
  };
  return {
    server,
    url: urlOf(host, server.address() as AddressInfo),
    open(opened) {
      listener = opened;
    },
    stop,
    close() {
      stop();
      server.closeAllConnections();
    },
  };
}

/** `/healthz` says that the process answers: one that starts slowly is no reason to kill it. */
function refuse(request: IncomingMessage, response: ServerResponse, detail: string): void {
  const isAlive = request.url === '/healthz';
  const body = isAlive ? { status: 'ok' } : problemOf(new Refusal('unavailable', detail));
  response.writeHead(isAlive ? 200 : 503, {
    'Content-Type': isAlive ? 'application/json' : 'application/problem+json',
    'Cache-Control': 'no-store',
    'Retry-After': '1',
    // Players of other origins may read why.
    'Access-Control-Allow-Origin': '*',
    Connection: 'close',
  });
  response.end(JSON.stringify(body));
}

function urlOf(host: string, address: AddressInfo): string {
  const name = host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
}
