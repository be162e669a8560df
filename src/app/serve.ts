import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Accounts } from '#accounts/index.ts';
import { Callers } from '#base/callers.ts';
import type { Clock } from '#base/clock.ts';
import type { Disposer } from '#base/dispose.ts';
import type { Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Live } from '#live/index.ts';
import type { Bus } from '#ports/bus.ts';
import type { Db } from '#ports/db.ts';
import type { Rtc } from '#ports/rtc.ts';
import { accountHandlers } from '#servers/api/accounts/index.ts';
import {
  answerClientError,
  answerFrameworkError,
  BODY_BYTES_MAX,
  HEADER_BYTES_MAX,
  installProblems,
  installSecurityHeaders,
  registerApi,
} from '#servers/api/index.ts';
import { liveHandlers } from '#servers/api/live/index.ts';
import { socialHandlers } from '#servers/api/social/index.ts';
import { createHlsHandler, createHlsStats, type HlsStats } from '#servers/hls/index.ts';
import { createSocketServer } from '#servers/socket/index.ts';
import { registerWeb } from '#servers/web/index.ts';
import { registerWhep } from '#servers/whep/index.ts';
import { registerWhip } from '#servers/whip/index.ts';
import type { Social } from '#social/index.ts';
import { type Config, trustedNetworks } from './config.ts';
import { registerHealth } from './health.ts';
import {
  measureHls,
  measureLive,
  measureSockets,
  measureViewers,
  measureWhep,
  measureWhip,
} from './instruments.ts';
import { createLoadMeter } from './load.ts';
import type { Metrics } from './metrics.ts';

/** A request's head must arrive within this time. */
const HEADERS_TIMEOUT_MS = 10_000;
/** A whole request with its body must, and how often that is looked at. The largest body is small. */
const REQUEST_TIMEOUT_MS = 20_000;
const TIMEOUTS_CHECK_MS = 2_000;
/** Between two requests of a connection; longer than a proxy in front keeps its own. */
const KEEP_ALIVE_MS = 75_000;

export interface ServeDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly accounts: Accounts;
  readonly social: Social;
  readonly live: Live;
  readonly rtc: Rtc;
  readonly bus: Bus;
  readonly db: Db;
  readonly metrics: Metrics;
  readonly webDirectory: string;
  readonly disposer: Disposer;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Opens the one HTTP server: `/hls` past the framework, `/socket` to WebSockets, the rest to Fastify. Gives its URL. */
export async function serve(deps: ServeDeps): Promise<string> {
  const { config, disposer } = deps;
  const callers = new Callers(trustedNetworks(config));
  const stats = createHlsStats();
  const hls = createHlsHandler({ source: id => deps.live.hls(id), log: deps.log, stats });
  let server: Server | null = null;
  const fastify = Fastify({
    forceCloseConnections: true,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 100 },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    serverFactory: listener => {
      server = createHttpServer(listener, hls);
      return server;
    },
  });
  registerRoutes(fastify, deps, callers, stats);
  const sockets = createSocketServer({ ...deps, callers });
  measureSockets(deps.metrics, sockets);
  await fastify.ready();
  server!.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  disposer.add('http', () => fastify.close());
  disposer.add('sockets', () => sockets.close());
  disposer.add('listener', () => stopListening(server!));
  await fastify.listen({ host: config.host, port: config.port });
  return urlOf(config.host, server!.address() as AddressInfo);
}

function registerRoutes(fastify: FastifyInstance, deps: ServeDeps, callers: Callers, hls: HlsStats): void {
  const { accounts, social, live, clock, ids, log, rtc, metrics, disposer } = deps;
  installProblems(fastify, log);
  installSecurityHeaders(fastify);
  registerHealth(fastify, deps);
  registerApi(fastify, {
    handlers: [...accountHandlers, ...socialHandlers, ...liveHandlers],
    services: { accounts, social, live },
    clock,
    callers,
    publicUrl: deps.config.publicUrl,
  });
  const whip = registerWhip(fastify, { live, rtc, ids, clock, callers, log });
  const load = createLoadMeter();
  disposer.add('load', () => load.close());
  const whep = registerWhep(fastify, { live, rtc, ids, clock, callers, log, load: load.read });
  disposer.add('whip', () => whip.close());
  disposer.add('whep', () => whep.close());
  measureLive(metrics, live);
  measureWhip(metrics, whip);
  measureWhep(metrics, whep);
  measureHls(metrics, hls);
  measureViewers(metrics, whep, hls);
  registerWeb(fastify, { directory: deps.webDirectory });
}

function createHttpServer(listener: Listener, hls: Listener): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUTS_CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    (request, response) => {
      if (request.url?.startsWith('/hls/')) hls(request, response);
      else listener(request, response);
    },
  );
  return server;
}

/** Takes no more connections and cuts those that wait or idle; WebSockets are closed by their own server after it. */
function stopListening(server: Server): void {
  server.close();
  server.closeAllConnections();
}

function urlOf(host: string, address: AddressInfo): string {
  const name = host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
}
