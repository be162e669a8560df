import { randomInt } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock, Timer } from '#base/clock.ts';
import type { BroadcastId, Ids } from '#base/ids.ts';
import { type Allowance, TokenBuckets } from '#base/token-bucket.ts';
import { Totals } from '#base/totals.ts';
import { Refusal } from '#contract/errors.ts';
import {
  bodyOfType,
  checkIfMatch,
  ICE_FRAGMENT_TYPE,
  noRestart,
  SDP_TYPE,
  sdpRefusal,
} from '#contract/webrtc-http.ts';
import type { Stream } from '#live/index.ts';
import { type SendingSsrcs, writeAnswer } from '#media/sdp/answer.ts';
import { parseIceFragment } from '#media/sdp/ice-fragment.ts';
import type { Offer } from '#media/sdp/offer.ts';
import { parseOffer } from '#media/sdp/parse-offer.ts';
import { MediaError } from '#media/unit.ts';
import type { Rtc } from '#ports/rtc.ts';
import { WhepSession } from './session.ts';

/** Viewers at once: what one core forwards at 2 Mbit/s. Everybody else watches by HLS. */
export const WHEP_SESSIONS_MAX = 300;
/** Offers from one address. A lecture hall behind one address joins all at once. */
export const WHEP_OFFERS: Allowance = { burst: 100, perSecond: 10 };
/** Addresses remembered for that. */
export const WHEP_ADDRESSES_MAX = 10_000;
/** How often reports of all sessions are looked after. */
export const WHEP_TICK_MS = 100;

export interface WhepDeps {
  readonly live: {
    /** Refuses an unknown broadcast, one that is over, one that sends nothing now. */
    watch(broadcastId: BroadcastId): Promise<Stream>;
  };
  readonly rtc: Rtc;
  readonly ids: Ids;
  readonly clock: Clock;
}

/** Counts since the start, for the metrics. */
export interface WhepStats {
  accepted: number;
  refused: number;
}

/** What is summed over all sessions: `ViewerRtpStats` says what each means. */
const SENT = ['packets', 'bytes', 'nacked', 'resent', 'keyframesAsked'] as const;
export type WhepSent = Readonly<Record<(typeof SENT)[number], number>>;

export interface WhepServer {
  readonly stats: Readonly<WhepStats>;
  /** To all sessions since the start. */
  readonly sent: WhepSent;
  /** The mean over all viewers of the share of packets lost that each reported last, 0 to 1. */
  readonly lossRatio: number;
  readonly sessions: number;
  /** Ends every session and takes no more offers. */
  close(): void;
}

export interface Place {
  readonly broadcastId: string;
}
export interface SessionPlace extends Place {
  readonly sessionId: string;
}

/** What `/whep` answers. */
export class Whep implements WhepServer {
  readonly stats: WhepStats = { accepted: 0, refused: 0 };
  readonly #deps: WhepDeps;
  readonly #sessions = new Map<string, WhepSession>();
  readonly #offers: TokenBuckets;
  readonly #sent = new Totals(SENT);
  #timer: Timer | null = null;
  #isClosed = false;

  constructor(deps: WhepDeps) {
    this.#deps = deps;
    this.#offers = new TokenBuckets(deps.clock, WHEP_OFFERS, WHEP_ADDRESSES_MAX);
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get sent(): WhepSent {
    return this.#sent.sum(this.#sessions.values().map(session => session.stats));
  }

  get lossRatio(): number {
    const sum = this.#sessions.values().reduce((sum, session) => sum + session.stats.lossRatio, 0);
    return sum / Math.max(this.#sessions.size, 1);
  }

  close(): void {
    this.#isClosed = true;
    for (const session of [...this.#sessions.values()]) session.close();
  }

  async post(request: FastifyRequest<{ Params: Place }>, reply: FastifyReply): Promise<FastifyReply> {
    try {
      const { session, answer } = await this.#open(request);
      this.stats.accepted++;
      return reply
        .code(201)
        .headers({ location: `/whep/${session.broadcastId}/${session.id}`, etag: session.etag })
        .type(SDP_TYPE)
        .send(answer);
    } catch (cause) {
      this.stats.refused++;
      throw cause;
    }
  }

  /** Candidates are read and left out: the viewer's checks tell us where it is. */
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
    this.#find(request.params).close();
    return reply.code(200).send();
  }

  async #open(request: FastifyRequest<{ Params: Place }>): Promise<{ session: WhepSession; answer: string }> {
    const { live, rtc, ids, clock } = this.#deps;
    this.#checkRoom(request.ip);
    const offer = readOffer(bodyOfType(SDP_TYPE, request.headers['content-type'], request.body));
    const { broadcastId } = request.params;
    const stream = await live.watch(broadcastId);
    const ssrcs = randomSsrcs(offer);
    const session = await WhepSession.open({
      id: ids.secret(),
      etag: `"${ids.next()}"`,
      broadcastId,
      offer,
      stream,
      ssrcs,
      rtc,
      clock,
      closed: gone => this.#forget(gone),
    });
    const { local } = session;
    if (local === null) throw new Refusal('unavailable');
    this.#remember(session);
    return { session, answer: writeAnswer(offer, local, ssrcs) };
  }

  #checkRoom(address: string): void {
    if (this.#isClosed) throw new Refusal('unavailable');
    const waitS = this.#offers.take(address);
    if (waitS > 0) throw new Refusal('too-many-requests', 'Too many offers from one address.', waitS);
    if (this.#sessions.size >= WHEP_SESSIONS_MAX)
      throw new Refusal('too-many-requests', `${WHEP_SESSIONS_MAX} watch by WebRTC already: use HLS.`, 30);
  }

  #remember(session: WhepSession): void {
    this.#sessions.set(session.id, session);
    this.#timer ??= this.#deps.clock.every(WHEP_TICK_MS, () => {
      const nowMs = this.#deps.clock.monotonicMs();
      for (const one of this.#sessions.values()) one.tick(nowMs);
    });
  }

  #forget(session: WhepSession): void {
    this.#sessions.delete(session.id);
    this.#sent.leave(session.stats);
    if (this.#sessions.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #find({ broadcastId, sessionId }: SessionPlace): WhepSession {
    const session = this.#sessions.get(sessionId);
    if (session?.broadcastId !== broadcastId)
      throw new Refusal('not-found', 'This WHEP session is over, or never was.');
    return session;
  }
}

function readOffer(text: string): Offer {
  try {
    return parseOffer(text, { role: 'viewer' });
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

/** Random, so that a viewer who joins again is not taken for the one before (RFC 3550 section 8.1). */
function randomSsrcs(offer: Offer): SendingSsrcs {
  const base = randomInt(1, 2 ** 32 - 3);
  return { video: base, audio: base + 1, videoRtx: offer.video.rtxPayloadType === null ? null : base + 2 };
}
