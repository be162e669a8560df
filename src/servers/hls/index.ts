import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { HlsOutcome, HlsSource } from '#live/index.ts';
import { sendBody, sendRefusal } from './respond.ts';
import type { HlsStats } from './stats.ts';
import { parseTarget, type Target } from './target.ts';

export { createHlsStats, type HlsStats } from './stats.ts';

export interface HlsDeps {
  /** The packager while live, the replay after; null when there is neither. */
  readonly source: (broadcastId: BroadcastId) => Promise<HlsSource | null>;
  readonly log: Logger;
  /** Counted into. */
  readonly stats?: HlsStats;
}

/** What a name stands for never changes. A day, so that what was deleted does not stay in caches for good. */
const CACHE_MEDIA = 'public, max-age=86400, immutable';
/** The answer to a blocking reload never changes either, but is soon of no use. */
const CACHE_BLOCKING = 'public, max-age=8';
const CACHE_LIVE = 'public, max-age=1';
const CACHE_REPLAY = 'public, max-age=60';

/**
 * Answers every request below `/hls/`. Raw `node:http`: at eleven requests a second for each viewer this is the busiest
 * path of the server, so it builds nothing for a request that others have built already.
 */
export function createHlsHandler(
  deps: HlsDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    handle(deps, request, response).catch((cause: unknown) => {
      if (deps.stats) deps.stats.responses.refused++;
      if (cause instanceof Refusal) refuse(request, response, cause);
      else fail(deps.log, request, response, cause);
    });
  };
}

async function handle(deps: HlsDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new Refusal('method-not-allowed', 'Streams are read with GET.');
  const target = parseTarget(request.url ?? '');
  const source = await deps.source(target.broadcastId);
  if (!source) throw new Refusal('not-found', 'There is no such stream, or it has not begun.');
  const answer = target.ask(source);
  if (!('onSettled' in answer)) {
    if (deps.stats) count(deps.stats, target, answer);
    deliver(request, response, answer, cacheControl(target, source));
    return;
  }
  if (deps.stats) countWaiting(deps.stats, response);
  response.once('close', () => answer.cancel());
  answer.onSettled(outcome => {
    try {
      if (deps.stats) count(deps.stats, target, outcome);
      deliver(request, response, outcome, cacheControl(target, source));
    } catch (cause) {
      fail(deps.log, request, response, cause); // one broken connection harms nobody else who waits
    }
  });
}

function count(stats: HlsStats, target: Target, outcome: HlsOutcome): void {
  if (outcome instanceof Refusal) {
    stats.responses.refused++;
    return;
  }
  stats.responses[target.blocking ? 'blocking' : target.kind]++;
  stats.bytes += outcome.length;
}

/** Whoever is answered, or hangs up, waits no longer. */
function countWaiting(stats: HlsStats, response: ServerResponse): void {
  stats.waiting++;
  response.once('close', () => stats.waiting--);
}

function deliver(
  request: IncomingMessage,
  response: ServerResponse,
  outcome: HlsOutcome,
  cache: string,
): void {
  if (outcome instanceof Refusal) refuse(request, response, outcome);
  else sendBody(request, response, outcome, cache);
}

function cacheControl(target: Target, source: HlsSource): string {
  if (target.kind === 'media') return CACHE_MEDIA;
  if (!source.live) return CACHE_REPLAY;
  return target.blocking ? CACHE_BLOCKING : CACHE_LIVE;
}

/** A body that came with the request is not read, so its connection cannot be kept. */
function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') response.shouldKeepAlive = false;
  sendRefusal(request, response, refusal);
}

function fail(log: Logger, request: IncomingMessage, response: ServerResponse, cause: unknown): void {
  log.error({ err: cause, url: request.url }, 'answering a stream request failed');
  if (response.headersSent) response.destroy();
  else sendRefusal(request, response, new Refusal('internal'));
}
