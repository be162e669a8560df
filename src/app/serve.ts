import { createServer, type IncomingMessage, type Server } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Accounts } from '#accounts/index.ts';
import { Callers } from '#base/callers.ts';
import type { Clock } from '#base/clock.ts';
import type { Disposer } from '#base/dispose.ts';
import { FairTurns, type FairTurnsDeps } from '#base/fair-turns.ts';
import type { BroadcastId, Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Slices } from '#base/slices.ts';
import type { Live } from '#live/index.ts';
import type { Answers } from '#ports/answers.ts';
import type { Blobs } from '#ports/blobs.ts';
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
import { Connections, IN_WORK_MAX, TURN_MS } from '#servers/http/index.ts';
import { OPENINGS } from '#servers/signalling/index.ts';
import { createSocketServer, isSocketRequest } from '#servers/socket/index.ts';
import { registerWeb } from '#servers/web/index.ts';
import { registerWhep } from '#servers/whep/index.ts';
import { registerWhip } from '#servers/whip/index.ts';
import type { Social } from '#social/index.ts';
import { type Config, trustedNetworks } from './config.ts';
import { connectionsMax } from './files.ts';
import type { Front, Listener } from './front.ts';
import { registerHealth } from './health.ts';
import {
  measureConnections,
  measureHls,
  measureLive,
  measureSockets,
  measureViewers,
  measureWhep,
  measureWhip,
} from './instruments.ts';
import type { Labels } from './labels.ts';
import { createLoadMeter } from './load.ts';
import type { Metrics } from './metrics.ts';
import { createStorageProbe } from './storage-probe.ts';

/** A request's head must arrive within this time. */
const HEADERS_TIMEOUT_MS = 10_000;
/** A whole request with its body must, and how often that is looked at. The largest body is small. */
const REQUEST_TIMEOUT_MS = 20_000;
const TIMEOUTS_CHECK_MS = 2_000;
/** Between two requests of a connection; longer than a proxy in front keeps its own. */
const KEEP_ALIVE_MS = 75_000;

export interface ServeDeps {
  readonly config: Config;
  readonly front: Front;
  readonly log: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly accounts: Accounts;
  readonly social: Social;
  readonly live: Live;
  readonly rtc: Rtc;
  readonly bus: Bus;
  readonly db: Db;
  readonly blobs: Blobs;
  readonly answers: Answers;
  readonly secret: string;
  readonly metrics: Metrics;
  readonly labels: Labels;
  readonly slices: Slices;
  readonly webDirectory: string;
  readonly disposer: Disposer;
}

/**
 * Opens the front: `/hls` past the framework, `/socket` to WebSockets, the rest to Fastify. What is closed last is added
 * first: rooms hear that their broadcast is interrupted before their sockets close.
 */
export async function serve(deps: ServeDeps): Promise<void> {
  const { config, front, disposer } = deps;
  const callers = new Callers(trustedNetworks(config));
  const stats = createHlsStats();
  const { log, slices, labels } = deps;
  const source = (id: BroadcastId) => deps.live.hls(id);
  const placeOf = (request: IncomingMessage) => callers.placeOf(request);
  const turns = newTurns({ clock: deps.clock, inWorkMax: IN_WORK_MAX, turnMs: TURN_MS });
  const hls = labels.listener('HLS', createHlsHandler({ source, placeOf, log, slices, turns, stats }));
  const fastify = Fastify({
    forceCloseConnections: true,
    // A machine that is slow now is no reason not to start.
    pluginTimeout: 0,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 100 },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    // Bound already, so that `listen` is never called.
    serverFactory: () => front.server,
  });
  disposer.add('http', () => fastify.close());
  const sockets = createSocketServer({ ...deps, callers });
  disposer.add('sockets', () => sockets.close());
  measureSockets(deps.metrics, sockets);
  registerRoutes(fastify, deps, callers, stats);
  await fastify.ready();
  const connections = new Connections(front.server, {
    callers,
    clock: deps.clock,
    turns,
    max: await connectionsMax(),
  });
  measureConnections(deps.metrics, connections);
  disposer.add('connections', () => connections.close());
  disposer.add('broadcasts', () => deps.live.drain());
  front.server.on('upgrade', (request, socket, head) => {
    connections.upgraded(request.socket);
    sockets.handleUpgrade(request, socket, head);
  });
  front.open((request, response) => {
    const listener = request.url?.startsWith('/hls/') ? hls : fastify.routing;
    connections.take(request, response, () => listener(request, response));
  });
}

function newTurns(bounds: Pick<FairTurnsDeps, 'clock' | 'inWorkMax' | 'turnMs'>): FairTurns {
  // What was asked for in a microtask comes when there are none left.
  const afterWork = (run: () => void) => queueMicrotask(() => process.nextTick(run));
  return new FairTurns({ ...bounds, afterInput: setImmediate, afterWork });
}

function registerRoutes(fastify: FastifyInstance, deps: ServeDeps, callers: Callers, hls: HlsStats): void {
  const { accounts, social, live, clock, ids, log, rtc, metrics, disposer } = deps;
  deps.labels.routes(fastify);
  installProblems(fastify, log);
  installSecurityHeaders(fastify, deps.config.publicUrl);
  registerHealth(fastify, {
    metrics,
    callers,
    log,
    probe: createStorageProbe(deps),
    metricsToken: deps.config.metricsToken,
  });
  registerApi(fastify, {
    handlers: [...accountHandlers, ...socialHandlers, ...liveHandlers],
    services: { accounts, social, live },
    answers: deps.answers,
    secret: deps.secret,
    log,
    clock,
    callers,
    publicUrl: deps.config.publicUrl,
  });
  const openings = newTurns({ clock, ...OPENINGS });
  const whip = registerWhip(fastify, { live, rtc, ids, clock, callers, openings, log });
  const load = createLoadMeter();
  disposer.add('load', () => load.close());
  const whep = registerWhep(fastify, {
    live,
    rtc,
    ids,
    clock,
    slices: deps.slices,
    callers,
    openings,
    log,
    load: load.read,
  });
  disposer.add('whip', () => whip.close());
  disposer.add('whep', () => whep.close());
  measureLive(metrics, live);
  measureWhip(metrics, whip);
  measureWhep(metrics, whep);
  measureHls(metrics, hls);
  measureViewers(metrics, whep, hls);
  registerWeb(fastify, { directory: deps.webDirectory });
}

/** With the limits of what may be asked, and of how long that may take. */
export function createHttpServer(listener: Listener): Server {
  return createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUTS_CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
      // Elsewhere the wish for another protocol is left aside, as RFC 9110 section 7.8 allows.
      shouldUpgradeCallback: isSocketRequest,
    },
    listener,
  );
}
