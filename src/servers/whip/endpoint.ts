import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '#base/clock.ts';
import type { BroadcastId, Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { type Allowance, TokenBuckets } from '#base/token-bucket.ts';
import { Totals } from '#base/totals.ts';
import { Refusal } from '#contract/errors.ts';
import {
  bearerToken,
  bodyOfType,
  checkIfMatch,
  ICE_FRAGMENT_TYPE,
  noRestart,
  SDP_TYPE,
  sdpRefusal,
} from '#contract/webrtc-http.ts';
import type { Publisher } from '#live/index.ts';
import { writeAnswer } from '#media/sdp/answer.ts';
import { parseIceFragment } from '#media/sdp/ice-fragment.ts';
import type { Offer } from '#media/sdp/offer.ts';
import { parseOffer } from '#media/sdp/parse-offer.ts';
import { MediaError } from '#media/unit.ts';
import type { Rtc } from '#ports/rtc.ts';
import { WhipSession } from './session.ts';

/** Publishers at once; each costs about three hundredths of a core. */
export const WHIP_SESSIONS_MAX = 200;
/** Offers from one address. A studio behind one address reconnects all its encoders at once. */
export const WHIP_OFFERS: Allowance = { burst: 20, perSecond: 1 };
/** Addresses remembered for that. */
export const WHIP_ADDRESSES_MAX = 10_000;

export interface WhipDeps {
  readonly live: {
    /** Refuses an unknown broadcast, a wrong token, a broadcast that is over. */
    publish(broadcastId: BroadcastId, token: string): Promise<Publisher>;
  };
  readonly rtc: Rtc;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Counts since the start, for the metrics. */
export interface WhipStats {
  accepted: number;
  refused: number;
}

/** What is summed over all sessions: `PublisherRtpStats` says what each means. */
const RECEIVED = [
  'packets',
  'bytes',
  'nacked',
  'recovered',
  'lost',
  'unitsDropped',
  'keyframes',
  'keyframesAsked',
] as const;
export type WhipReceived = Readonly<Record<(typeof RECEIVED)[number], number>>;

export interface WhipServer {
  readonly stats: Readonly<WhipStats>;
  /** Of all sessions since the start. */
  readonly received: WhipReceived;
  readonly sessions: number;
  /** Interrupts every publisher. */
  close(): void;
}

export interface Place {
  readonly broadcastId: string;
}
export interface SessionPlace extends Place {
  readonly sessionId: string;
}

/** What `/whip` answers. */
export class Whip implements WhipServer {
  readonly stats: WhipStats = { accepted: 0, refused: 0 };
  readonly #deps: WhipDeps;
  readonly #sessions = new Map<string, WhipSession>();
  readonly #offers: TokenBuckets;
  readonly #received = new Totals(RECEIVED);

  constructor(deps: WhipDeps) {
    this.#deps = deps;
    this.#offers = new TokenBuckets(deps.clock, WHIP_OFFERS, WHIP_ADDRESSES_MAX);
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get received(): WhipReceived {
    return this.#received.sum(this.#sessions.values().map(session => session.stats));
  }

  close(): void {
    for (const session of [...this.#sessions.values()]) session.interrupt();
  }

  async post(request: FastifyRequest<{ Params: Place }>, reply: FastifyReply): Promise<FastifyReply> {
    try {
      const { session, answer } = await this.#open(request);
      this.stats.accepted++;
      return reply
        .code(201)
        .headers({ location: `/whip/${session.broadcastId}/${session.id}`, etag: session.etag })
        .type(SDP_TYPE)
        .send(answer);
    } catch (cause) {
      this.stats.refused++;
      throw cause;
    }
  }

  /** Candidates are read and left out: the publisher's checks tell us where it is (RFC 9725 section 4.3.2 allows that). */
  async patch(request: FastifyRequest<{ Params: SessionPlace }>, reply: FastifyReply): Promise<FastifyReply> {
    const session = this.#find(request.params);
    const body = bodyOfType(ICE_FRAGMENT_TYPE, request.headers['content-type'], request.body);
    checkIfMatch(request.headers['if-match'], session.etag);
    if (fragmentUfrag(body) !== session.iceUfrag) throw noRestart();
    return reply.code(204).send();
  }

  async delete(
    request: FastifyRequest<{ Params: SessionPlace }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    this.#find(request.params).end();
    return reply.code(200).send();
  }

  async #open(request: FastifyRequest<{ Params: Place }>): Promise<{ session: WhipSession; answer: string }> {
    const { live, rtc, ids, clock, log } = this.#deps;
    const waitS = this.#offers.take(request.ip);
    if (waitS > 0) throw new Refusal('too-many-requests', 'Too many offers from one address.', waitS);
    if (this.#sessions.size >= WHIP_SESSIONS_MAX)
      throw new Refusal('too-many-requests', `At most ${WHIP_SESSIONS_MAX} publish at once.`, 10);
    const token = bearerToken(request.headers.authorization);
    if (token === null)
      throw new Refusal('wrong-publish-token', 'Send the publish token as Authorization: Bearer.');
    const offer = readOffer(bodyOfType(SDP_TYPE, request.headers['content-type'], request.body));
    const { broadcastId } = request.params;
    const publisher = await live.publish(broadcastId, token);
    const session = await WhipSession.open({
      id: ids.secret(),
      etag: `"${ids.next()}"`,
      broadcastId,
      offer,
      publisher,
      ssrc: 1,
      rtc,
      clock,
      log,
      closed: gone => {
        this.#sessions.delete(gone.id);
        this.#received.leave(gone.stats);
      },
    });
    const { local } = session;
    if (local === null) throw new Refusal('broadcast-over', 'It ended, or another publisher took over.');
    this.#sessions.set(session.id, session);
    return { session, answer: writeAnswer(offer, local) };
  }

  #find({ broadcastId, sessionId }: SessionPlace): WhipSession {
    const session = this.#sessions.get(sessionId);
    if (session?.broadcastId !== broadcastId)
      throw new Refusal('not-found', 'This WHIP session is over, or never was.');
    return session;
  }
}

function readOffer(text: string): Offer {
  try {
    return parseOffer(text, { role: 'publisher', simulcast: true });
  } catch (cause) {
    if (cause instanceof MediaError) throw sdpRefusal(cause.reason, cause.message);
    throw cause;
  }
}

function fragmentUfrag(text: string): string {
  try {
    return parseIceFragment(text).iceUfrag;
  } catch (cause) {
    if (cause instanceof MediaError) throw new Refusal('trickle-malformed', cause.message);
    throw cause;
  }
}
