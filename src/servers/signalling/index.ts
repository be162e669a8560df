import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '#base/clock.ts';
import type { Ids } from '#base/ids.ts';
import { type Allowance, TokenBuckets } from '#base/token-bucket.ts';
import { Refusal } from '#contract/errors.ts';
import {
  bodyOfType,
  checkIfMatch,
  crossOriginHeaders,
  ICE_FRAGMENT_TYPE,
  noRestart,
  preflightHeaders,
  SDP_TYPE,
} from '#contract/webrtc-http.ts';
import { SDP_BYTES_MAX } from '#media/sdp/limits.ts';
import type { Offer } from '#media/sdp/offer.ts';
import type { OfferOptions } from '#media/sdp/parse-offer.ts';
import { readFragmentUfrag, readOffer } from './read.ts';

/** Addresses whose offers are counted. */
export const ADDRESSES_MAX = 10_000;

export interface SignallingSession {
  readonly id: string;
  readonly etag: string;
  readonly broadcastId: string;
  /** The other side's; another one in a fragment would be an ICE restart. */
  readonly iceUfrag: string;
  /** The other side wants no more. Idempotent. */
  end(): void;
}

/** One offer, read and found usable, with the names of the session that it may become. */
export interface Arrival {
  readonly broadcastId: string;
  readonly offer: Offer;
  readonly id: string;
  readonly etag: string;
  /** Address and program of who asks. */
  readonly client: string;
  readonly authorization: string | undefined;
  readonly ifMatch: string | undefined;
}

/** What one protocol does of its own. */
export interface Protocol<Session extends SignallingSession> {
  readonly path: '/whip' | '/whep';
  readonly offer: OfferOptions;
  /** Offers from one address. */
  readonly offers: Allowance;
  /** Refuses before the offer is read. `reply` is there for headers that go with the refusal. */
  admit(broadcastId: string, reply: FastifyReply): void;
  /** Opens a session and has it remembered, or refuses and leaves nothing behind. */
  open(arrival: Arrival): Promise<{ session: Session; answer: string }>;
}

export interface SignallingDeps {
  readonly ids: Ids;
  readonly clock: Clock;
}

/** Counts since the start, for the metrics. */
export interface SignallingStats {
  accepted: number;
  refused: number;
}

interface Place {
  readonly broadcastId: string;
}
interface SessionPlace extends Place {
  readonly sessionId: string;
}
type Request<Params> = FastifyRequest<{ Params: Params }>;

/** The endpoint and the sessions of one protocol. */
export class Signalling<Session extends SignallingSession> {
  readonly stats: SignallingStats = { accepted: 0, refused: 0 };
  readonly #protocol: Protocol<Session>;
  readonly #ids: Ids;
  readonly #offers: TokenBuckets;
  readonly #sessions = new Map<string, Session>();

  constructor(protocol: Protocol<Session>, { ids, clock }: SignallingDeps) {
    this.#protocol = protocol;
    this.#ids = ids;
    this.#offers = new TokenBuckets(clock, protocol.offers, ADDRESSES_MAX);
  }

  get sessions(): ReadonlyMap<string, Session> {
    return this.#sessions;
  }

  /** To be called for a session that is open, at once: it may be over at any time after. */
  remember(session: Session): void {
    this.#sessions.set(session.id, session);
  }

  /** To be called for a session that is over, whoever ended it. */
  forget(session: Session): void {
    this.#sessions.delete(session.id);
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
      scope.options(endpoint, (_request, reply) => reply.headers(preflightHeaders(['POST'])).send());
      scope.options(resource, (_request, reply) =>
        reply.headers(preflightHeaders(['PATCH', 'DELETE'])).send(),
      );
      const onRequest = async (request: Request<Place>, reply: FastifyReply) => this.#admit(request, reply);
      scope.post<{ Params: Place }>(endpoint, { onRequest }, (request, reply) => this.#post(request, reply));
      scope.patch<{ Params: SessionPlace }>(resource, (request, reply) => this.#patch(request, reply));
      scope.delete<{ Params: SessionPlace }>(resource, (request, reply) => this.#delete(request, reply));
      // RFC 9725 section 4.1: neither has a representation.
      scope.get(endpoint, (_request, reply) => reply.code(204).send());
      scope.get<{ Params: SessionPlace }>(resource, (request, reply) => {
        this.#find(request.params);
        return reply.code(204).send();
      });
    });
  }

  #admit(request: Request<Place>, reply: FastifyReply): void {
    try {
      const waitS = this.#offers.take(request.ip);
      if (waitS > 0) throw new Refusal('too-many-requests', 'Too many offers from one address.', waitS);
      this.#protocol.admit(request.params.broadcastId, reply);
    } catch (cause) {
      this.stats.refused++;
      throw cause;
    }
  }

  async #post(request: Request<Place>, reply: FastifyReply): Promise<FastifyReply> {
    try {
      const { session, answer } = await this.#protocol.open(this.#arrivalOf(request));
      this.stats.accepted++;
      return reply
        .code(201)
        .headers({
          location: `${this.#protocol.path}/${session.broadcastId}/${session.id}`,
          etag: session.etag,
        })
        .type(SDP_TYPE)
        .send(answer);
    } catch (cause) {
      this.stats.refused++;
      throw cause;
    }
  }

  #arrivalOf({ params, headers, body, ip }: Request<Place>): Arrival {
    return {
      broadcastId: params.broadcastId,
      offer: readOffer(bodyOfType(SDP_TYPE, headers['content-type'], body), this.#protocol.offer),
      id: this.#ids.secret(),
      etag: `"${this.#ids.next()}"`,
      client: `${ip} ${headers['user-agent'] ?? ''}`,
      authorization: headers.authorization,
      ifMatch: headers['if-match'],
    };
  }

  /** Candidates are read and left out: the other side's checks tell us where it is (RFC 9725 section 4.3.2 allows that). */
  async #patch(request: Request<SessionPlace>, reply: FastifyReply): Promise<FastifyReply> {
    const session = this.#find(request.params);
    const body = bodyOfType(ICE_FRAGMENT_TYPE, request.headers['content-type'], request.body);
    checkIfMatch(request.headers['if-match'], session.etag);
    if (readFragmentUfrag(body) !== session.iceUfrag) throw noRestart();
    return reply.code(204).send();
  }

  async #delete(request: Request<SessionPlace>, reply: FastifyReply): Promise<FastifyReply> {
    this.#find(request.params).end();
    return reply.code(200).send();
  }

  #find({ broadcastId, sessionId }: SessionPlace): Session {
    const session = this.#sessions.get(sessionId);
    if (session?.broadcastId !== broadcastId)
      throw new Refusal('not-found', 'This session is over, or never was.');
    return session;
  }
}
