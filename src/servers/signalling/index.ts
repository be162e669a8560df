import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Place } from '#base/address.ts';
import { assert } from '#base/assert.ts';
import type { Callers } from '#base/callers.ts';
import type { Clock } from '#base/clock.ts';
import { FairPlaces } from '#base/fair-places.ts';
import type { FairTurns } from '#base/fair-turns.ts';
import type { Ids } from '#base/ids.ts';
import { PlaceBuckets } from '#base/place-buckets.ts';
import type { Allowance } from '#base/token-bucket.ts';
import { Refusal } from '#contract/errors.ts';
import {
  bodyOfType,
  checkIfMatch,
  checkIfMatchOfAnswer,
  crossOriginHeaders,
  ICE_FRAGMENT_TYPE,
  isOfType,
  noRestart,
  preflightHeaders,
  SDP_TYPE,
} from '#contract/webrtc-http.ts';
import { SDP_BYTES_MAX } from '#media/sdp/limits.ts';
import type { Answer, Offer } from '#media/sdp/offer.ts';
import type { OfferOptions } from '#media/sdp/parse-offer.ts';
import { readAnswer, readFragmentUfrag, readOffer } from './read.ts';

/** Addresses whose offers are counted. */
export const ADDRESSES_MAX = 10_000;

/**
 * Reading an offer and opening something native for it takes milliseconds of the event loop at a stroke: the next one begins in the
 * same turn only where the one before was quick, and few wait for the database in between.
 */
export const OPENINGS = { inWorkMax: 4, turnMs: 0.5 } as const;

export interface SignallingSession {
  readonly id: string;
  readonly etag: string;
  readonly broadcastId: string;
  /** The other side's; another one in a fragment would be an ICE restart. Null until it has answered an offer of ours. */
  readonly iceUfrag: string | null;
  /** Takes the answer to an offer of ours; to be called once. */
  answered?(answer: Answer): void;
  /** The other side wants no more. Idempotent. */
  end(): void;
  /** It is given up; the other side may come back. Idempotent. */
  interrupt(): void;
}

/** What the head of an offer shows. */
export interface Asked {
  readonly broadcastId: string;
  readonly place: Place;
  readonly authorization: string | undefined;
}

/** Who offers, and the names of the session that it may become. */
export interface Arrival {
  readonly broadcastId: string;
  readonly id: string;
  readonly etag: string;
  /** Address and program of who asks. */
  readonly client: string;
  readonly authorization: string | undefined;
  readonly ifMatch: string | undefined;
}

export interface Opened<Session> {
  readonly session: Session;
  /** Our answer, or our offer. */
  readonly sdp: string;
}

/** What one protocol does of its own. */
export interface Protocol<Session extends SignallingSession> {
  readonly path: '/whip' | '/whep';
  readonly offer: OfferOptions;
  /** Offers from one address. */
  readonly offers: Allowance;
  /** Sessions that are not connected yet, of everybody. */
  readonly awaitedMax: number;
  /** Refuses before the offer is read, for what the head shows: at once or when there was no room for a while. `reply` is there for headers that go with the refusal. */
  admit(asked: Asked, reply: FastifyReply): void | Promise<void>;
  /** Opens a session and has it remembered, or refuses and leaves nothing behind. */
  open(arrival: Arrival, offer: Offer): Promise<Opened<Session>>;
  /** The same with an offer of ours, for an offer that is refused for its media. Without this it is refused. */
  counter?(arrival: Arrival): Promise<Opened<Session>>;
}

export interface SignallingDeps {
  readonly ids: Ids;
  readonly callers: Callers;
  readonly clock: Clock;
  /** For what is opened, of all protocols together. */
  readonly openings: FairTurns;
}

/** Counts since the start, for the metrics. */
export interface SignallingStats {
  accepted: number;
  /** Met with an offer of ours. */
  countered: number;
  refused: number;
}

interface Resource {
  readonly broadcastId: string;
}
interface SessionResource extends Resource {
  readonly sessionId: string;
}
type Request<Params> = FastifyRequest<{ Params: Params }>;

/** The endpoint and the sessions of one protocol. */
export class Signalling<Session extends SignallingSession> {
  readonly stats: SignallingStats = { accepted: 0, countered: 0, refused: 0 };
  readonly #protocol: Protocol<Session>;
  readonly #ids: Ids;
  readonly #callers: Callers;
  readonly #openings: FairTurns;
  readonly #offers: PlaceBuckets;
  readonly #sessions = new Map<string, Session>();
  /** Ids of those that are not connected yet: they have places of their own, and take none of those that are. */
  readonly #awaited: FairPlaces<string>;

  constructor(protocol: Protocol<Session>, { ids, clock, callers, openings }: SignallingDeps) {
    this.#protocol = protocol;
    this.#ids = ids;
    this.#callers = callers;
    this.#openings = openings;
    this.#offers = new PlaceBuckets(clock, protocol.offers, ADDRESSES_MAX);
    this.#awaited = new FairPlaces(protocol.awaitedMax, { equalsYield: true });
  }

  get sessions(): ReadonlyMap<string, Session> {
    return this.#sessions;
  }

  /** How many have connected. */
  get connected(): number {
    return Math.max(0, this.#sessions.size - this.#awaited.size);
  }

  /** To be called when a session is connected. */
  arrived(session: Session): void {
    this.#awaited.leave(session.id);
  }

  /** To be called for a session that is open, at once: it may be over at any time after. */
  remember(session: Session): void {
    this.#sessions.set(session.id, session);
  }

  /** To be called for a session that is over, whoever ended it. */
  forget(session: Session): void {
    this.#sessions.delete(session.id);
    this.#awaited.leave(session.id);
  }

  get #counters(): boolean {
    return this.#protocol.counter !== undefined;
  }

  /** The problem handler comes first, on the same instance. */
  mount(fastify: FastifyInstance): void {
    const endpoint = `${this.#protocol.path}/:broadcastId`;
    const resource = `${endpoint}/:sessionId`;
    fastify.register(async scope => {
      scope.removeAllContentTypeParsers();
      const parse = { parseAs: 'string', bodyLimit: SDP_BYTES_MAX } as const;
      scope.addContentTypeParser([SDP_TYPE, ICE_FRAGMENT_TYPE], parse, (_request, body, done) =>
        done(null, body),
      );
      scope.addHook('onRequest', async (_request, reply) => {
        reply.headers(crossOriginHeaders);
      });
      const offered = preflightHeaders(['POST'], [SDP_TYPE]);
      const patched = [...(this.#counters ? [SDP_TYPE] : []), ICE_FRAGMENT_TYPE];
      const kept = preflightHeaders(['PATCH', 'DELETE'], patched);
      scope.options(endpoint, (_request, reply) => reply.headers(offered).send());
      scope.options(resource, (_request, reply) => reply.headers(kept).send());
      const onRequest = async (request: Request<Resource>, reply: FastifyReply) =>
        this.#admit(request, reply);
      scope.post<{ Params: Resource }>(endpoint, { onRequest }, (request, reply) =>
        this.#post(request, reply),
      );
      scope.patch<{ Params: SessionResource }>(resource, (request, reply) => this.#patch(request, reply));
      scope.delete<{ Params: SessionResource }>(resource, (request, reply) => this.#delete(request, reply));
      // RFC 9725 section 4.1: neither has a representation.
      scope.get(endpoint, (_request, reply) => reply.code(204).send());
      scope.get<{ Params: SessionResource }>(resource, (request, reply) => {
        this.#find(request.params);
        return reply.code(204).send();
      });
    });
  }

  async #admit(request: Request<Resource>, reply: FastifyReply): Promise<void> {
    try {
      const place = this.#callers.placeOf(request.raw);
      const waitS = this.#offers.take(place);
      if (waitS > 0) throw new Refusal('too-many-requests', 'Too many offers from one address.', waitS);
      const { authorization } = request.headers;
      await this.#protocol.admit({ broadcastId: request.params.broadcastId, place, authorization }, reply);
    } catch (cause) {
      this.stats.refused++;
      throw cause;
    }
  }

  async #post(request: Request<Resource>, reply: FastifyReply): Promise<FastifyReply> {
    try {
      const body = bodyOfType(SDP_TYPE, request.headers['content-type'], request.body);
      const place = this.#callers.placeOf(request.raw);
      const { session, sdp, isCountered } = await this.#openings.run(place, async () => {
        const offer = readOffer(body, this.#protocol.offer, this.#counters);
        return { ...(await this.#openAwaited(request, place, offer)), isCountered: offer === null };
      });
      this.stats[isCountered ? 'countered' : 'accepted']++;
      return reply
        .code(isCountered ? 406 : 201)
        .headers({
          location: `${this.#protocol.path}/${session.broadcastId}/${session.id}`,
          etag: session.etag,
        })
        .type(SDP_TYPE)
        .send(sdp);
    } catch (cause) {
      this.stats.refused++;
      throw cause;
    }
  }

  /** With a place among those that are not connected yet; the oldest of the address that has most gives one up. */
  async #openAwaited(
    request: Request<Resource>,
    place: Place,
    offer: Offer | null,
  ): Promise<Opened<Session>> {
    const arrival = this.#arrivalOf(request);
    const entry = this.#awaited.enter(arrival.id, place);
    if (!entry.isIn) throw tooManyAwaited();
    if (entry.evicted !== null) this.#sessions.get(entry.evicted)?.interrupt();
    try {
      const opened = await this.#open(arrival, offer);
      if (this.#awaited.has(arrival.id)) return opened;
      opened.session.interrupt();
      throw tooManyAwaited();
    } catch (cause) {
      this.#awaited.leave(arrival.id);
      throw cause;
    }
  }

  #open(arrival: Arrival, offer: Offer | null): Promise<Opened<Session>> {
    const { counter } = this.#protocol;
    if (offer) return this.#protocol.open(arrival, offer);
    assert(counter !== undefined, 'only who counters is asked to');
    return counter.call(this.#protocol, arrival);
  }

  #arrivalOf({ params, headers, raw }: Request<Resource>): Arrival {
    return {
      broadcastId: params.broadcastId,
      id: this.#ids.secret(),
      etag: `"${this.#ids.next()}"`,
      client: `${this.#callers.addressOf(raw)} ${headers['user-agent'] ?? ''}`,
      authorization: headers.authorization,
      ifMatch: headers['if-match'],
    };
  }

  async #patch(request: Request<SessionResource>, reply: FastifyReply): Promise<FastifyReply> {
    const session = this.#find(request.params);
    if (session.answered && isOfType(SDP_TYPE, request.headers['content-type']))
      await this.#takeAnswer(session, request);
    else this.#takeCandidates(session, request);
    return reply.code(204).send();
  }

  async #takeAnswer(session: Session, { headers, body, raw }: Request<SessionResource>): Promise<void> {
    const text = bodyOfType(SDP_TYPE, headers['content-type'], body);
    checkIfMatchOfAnswer(headers['if-match'], session.etag);
    await this.#openings.run(this.#callers.placeOf(raw), async () => {
      if (session.iceUfrag !== null) throw new Refusal('answer-unexpected');
      if (!this.#sessions.has(session.id)) throw over();
      session.answered?.(readAnswer(text));
    });
  }

  /** They are read and left out: the other side's checks tell us where it is (RFC 9725 section 4.3.2 allows that). */
  #takeCandidates(session: Session, { headers, body }: Request<SessionResource>): void {
    const text = bodyOfType(ICE_FRAGMENT_TYPE, headers['content-type'], body);
    checkIfMatch(headers['if-match'], session.etag);
    if (session.iceUfrag === null) throw new Refusal('answer-missing');
    if (readFragmentUfrag(text) !== session.iceUfrag) throw noRestart();
  }

  async #delete(request: Request<SessionResource>, reply: FastifyReply): Promise<FastifyReply> {
    this.#find(request.params).end();
    return reply.code(200).send();
  }

  #find({ broadcastId, sessionId }: SessionResource): Session {
    const session = this.#sessions.get(sessionId);
    if (session?.broadcastId !== broadcastId) throw over();
    return session;
  }
}

const over = () => new Refusal('not-found', 'This session is over, or never was.');

function tooManyAwaited(): Refusal {
  return new Refusal('busy', 'Too many connections are being made, many of them from your address.', 2);
}
