import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Place, placeOf } from '#base/address.ts';
import { FairPlaces } from '#base/fair-places.ts';
import type { FairTurns } from '#base/fair-turns.ts';
import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Slices } from '#base/slices.ts';
import { Refusal } from '#contract/errors.ts';
import { type HlsOutcome, type HlsSource, Pending, type StoredBody } from '#live/index.ts';
import { isKnown, sendBody, sendNotModified, sendPreflight, sendRefusal, sendStored } from './respond.ts';
import { createHlsStats, type HlsStats } from './stats.ts';
import { createTargetReader, type Target } from './target.ts';

export { createHlsStats, type HlsStats } from './stats.ts';

export interface HlsDeps {
  /** The packager while live, at once; the replay after; null when there is neither. */
  readonly source: (broadcastId: BroadcastId) => HlsSource | null | Promise<HlsSource | null>;
  /** Whence a request comes; from where it is connected, unless said. */
  readonly placeOf?: (request: IncomingMessage) => Place;
  readonly log: Logger;
  /** For a burst of answers. */
  readonly slices: Slices;
  /** For blocks from the store. */
  readonly turns: FairTurns;
  /** Counted into. */
  readonly stats?: HlsStats;
}

/** Requests that wait at once, of all broadcasts. */
export const WAITING_MAX = 15_000;
/** Answers from the store at once: each holds a block of 64 KB, so 64 MB altogether. */
export const STORED_SENDING_MAX = 1000;

/** What a name stands for never changes, but it may be deleted: a cache asks again after five minutes. */
const CACHE_MEDIA = 'public, max-age=300';
/** The answer to a blocking reload never changes either, but is soon of no use. */
const CACHE_BLOCKING = 'public, max-age=8';
const CACHE_LIVE = 'public, max-age=1';
const CACHE_REPLAY = 'public, max-age=60';

/**
 * Answers every request below `/hls/`. Raw `node:http`: at eleven requests a second for each viewer this is the busiest
 * path of the server, so it builds nothing for a request that others have built already, and while live it awaits nothing.
 */
export function createHlsHandler(
  deps: HlsDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  const handler = new HlsHandler(deps);
  return (request, response) => handler.handle(request, response);
}

class HlsHandler {
  readonly #deps: HlsDeps;
  readonly #stats: HlsStats;
  readonly #read = createTargetReader();
  readonly #placeOf: (request: IncomingMessage) => Place;
  readonly #waiting = new FairPlaces<ServerResponse>(WAITING_MAX);
  readonly #sending = new FairPlaces<ServerResponse>(STORED_SENDING_MAX);

  constructor(deps: HlsDeps) {
    this.#deps = deps;
    this.#placeOf = deps.placeOf ?? (({ socket }) => placeOf(socket.remoteAddress ?? ''));
    this.#stats = deps.stats ?? createHlsStats();
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'OPTIONS') {
      sendPreflight(response);
      return;
    }
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        throw new Refusal('method-not-allowed', 'Streams are read with GET.');
      const target = this.#read(request.url ?? '');
      const source = this.#deps.source(target.broadcastId);
      if (source instanceof Promise) void this.#answerLater(request, response, target, source);
      else this.#answer(request, response, target, source);
    } catch (cause) {
      this.#failed(request, response, cause);
    }
  }

  async #answerLater(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    source: Promise<HlsSource | null>,
  ): Promise<void> {
    try {
      this.#answer(request, response, target, await source);
    } catch (cause) {
      this.#failed(request, response, cause);
    }
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    source: HlsSource | null,
  ): void {
    if (!source) throw new Refusal('not-found', 'There is no such stream, or it has not begun.');
    const answer = target.ask(source);
    if (answer instanceof Pending) this.#wait(request, response, target, source, answer);
    else this.#deliver(request, response, target, source, answer);
  }

  /** Who hangs up no longer waits. All who wait for the same thing are answered at once: thousands, so in slices. */
  #wait(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    source: HlsSource,
    pending: Pending,
  ): void {
    const entry = this.#waiting.enter(response, this.#placeOf(request));
    if (!entry.isIn) {
      pending.cancel();
      throw busy();
    }
    if (entry.evicted) sendRefusal(entry.evicted.req, entry.evicted, busy());
    this.#stats.waiting++;
    response.once('close', () => {
      this.#stats.waiting--;
      this.#waiting.leave(response);
      pending.cancel();
    });
    pending.onSettled(outcome => {
      this.#deps.slices.take('HLS answers to who waited', () => {
        try {
          // Who gave up the place has had an answer.
          if (!response.destroyed && !response.headersSent)
            this.#deliver(request, response, target, source, outcome);
        } catch (cause) {
          this.#failed(request, response, cause); // one broken connection harms nobody else who waits
        }
      });
    });
  }

  #deliver(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    source: HlsSource,
    outcome: HlsOutcome,
  ): void {
    if (outcome instanceof Refusal) throw outcome;
    this.#stats.responses[target.blocking ? 'blocking' : target.kind]++;
    this.#stats.bytes += outcome.length;
    if (target.kind === 'media' && isKnown(request)) sendNotModified(response, CACHE_MEDIA);
    else if (outcome.type === 'stored') void this.#send(request, response, outcome);
    else sendBody(request, response, outcome, cacheControl(target, source));
  }

  /** From the store, while there is room for one more: the oldest answer of the address that has most is cut for who has few. */
  async #send(request: IncomingMessage, response: ServerResponse, body: StoredBody): Promise<void> {
    try {
      const place = this.#placeOf(request);
      if (request.method !== 'HEAD') {
        const entry = this.#sending.enter(response, place);
        if (!entry.isIn) throw busy();
        entry.evicted?.destroy();
        response.once('close', () => this.#sending.leave(response));
      }
      const turn = (work: () => Promise<void>) => this.#deps.turns.run(place, work);
      await sendStored(turn, request, response, body, CACHE_MEDIA);
    } catch (cause) {
      this.#failed(request, response, cause);
    }
  }

  #failed(request: IncomingMessage, response: ServerResponse, cause: unknown): void {
    this.#stats.responses.refused++;
    if (response.headersSent) response.destroy();
    else if (cause instanceof Refusal) refuse(request, response, cause);
    else fail(this.#deps.log, request, response, cause);
  }
}

const busy = () => new Refusal('busy', 'Too many requests are being answered.', 1);

function cacheControl(target: Target, source: HlsSource): string {
  if (target.kind === 'media') return CACHE_MEDIA;
  if (!source.live) return CACHE_REPLAY;
  return target.blocking ? CACHE_BLOCKING : CACHE_LIVE;
}

/** A body that came with the request is not read, so its connection cannot be kept; nor can one to a server that stops. */
function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || refusal.code === 'unavailable') response.shouldKeepAlive = false;
  sendRefusal(request, response, refusal);
}

function fail(log: Logger, request: IncomingMessage, response: ServerResponse, cause: unknown): void {
  log.error({ err: cause, url: request.url }, 'answering a stream request failed');
  if (response.headersSent) response.destroy();
  else sendRefusal(request, response, new Refusal('internal'));
}
