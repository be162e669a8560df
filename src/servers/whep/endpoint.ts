import { randomInt } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Callers } from '#base/callers.ts';
import type { Clock, Timer } from '#base/clock.ts';
import type { FairTurns } from '#base/fair-turns.ts';
import type { BroadcastId, Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Slices } from '#base/slices.ts';
import type { Allowance } from '#base/token-bucket.ts';
import { Totals } from '#base/totals.ts';
import { Refusal } from '#contract/errors.ts';
import type { Stream } from '#live/index.ts';
import { type SendingSsrcs, writeAnswer } from '#media/sdp/answer.ts';
import { COUNTER_OFFER, writeCounterOffer } from '#media/sdp/counter-offer.ts';
import type { Offer, Terms } from '#media/sdp/offer.ts';
import type { Rtc, RtcLocal } from '#ports/rtc.ts';
import {
  type Arrival,
  type Asked,
  type Opened,
  type Protocol,
  Signalling,
  type SignallingStats,
} from '#servers/signalling/index.ts';
import { type Load, MeasuredCapacity } from './capacity.ts';
import { WhepSession, type WhepSessionOptions } from './session.ts';

/** Viewers that are connected at once, whatever the machine could bear. */
export const WHEP_SESSIONS_MAX = 4000;
/** Offers from one address. A lecture hall behind one address joins all at once. */
export const WHEP_OFFERS: Allowance = { burst: 300, perSecond: 30 };
/** Viewers that are not connected yet. */
export const WHEP_AWAITED_MAX = 500;
/** How often reports of all sessions are looked after. */
export const WHEP_TICK_MS = 100;

export interface WhepDeps {
  readonly live: {
    /** Refuses an unknown broadcast, one that is over, one that sends nothing now, or nothing that can be watched so. */
    watch(broadcastId: BroadcastId): Promise<Stream>;
  };
  readonly rtc: Rtc;
  readonly ids: Ids;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly slices: Slices;
  readonly openings: FairTurns;
  readonly log: Logger;
  /** Measures how busy this process is; asked at even intervals. */
  readonly load: () => Load;
}

/** What is summed over all sessions: `ViewerRtpStats` says what each means. */
const SENT = ['packets', 'bytes', 'nacked', 'resent', 'keyframesAsked'] as const;
export type WhepSent = Readonly<Record<(typeof SENT)[number], number>>;

export interface WhepServer {
  readonly stats: Readonly<SignallingStats>;
  /** To all sessions since the start. */
  readonly sent: WhepSent;
  /** The mean over all viewers of the share of packets lost that each reported last, 0 to 1. */
  readonly lossRatio: number;
  readonly sessions: number;
  /** Of these, the ones for which no layer fits. */
  readonly soundAlone: number;
  /** Whether new viewers are sent to HLS. */
  readonly isFull: boolean;
  /** Offers that wait a moment for room. */
  readonly waiting: number;
  /** How busy the process was lately, 0 to 1; smoothed. */
  readonly busy: number;
  /** Ends every session and takes no more offers. */
  close(): void;
}

/** What `/whep` does with an offer. */
export class Whep implements WhepServer, Protocol<WhepSession> {
  readonly path = '/whep';
  readonly offer = { role: 'viewer' } as const;
  readonly offers = WHEP_OFFERS;
  readonly awaitedMax = WHEP_AWAITED_MAX;
  readonly signalling: Signalling<WhepSession>;
  readonly #deps: WhepDeps;
  readonly #sent = new Totals(SENT);
  readonly #capacity: MeasuredCapacity;
  #timer: Timer | null = null;
  #isClosed = false;

  constructor(deps: WhepDeps) {
    this.#deps = deps;
    this.signalling = new Signalling(this, deps);
    this.#capacity = new MeasuredCapacity(deps.clock, deps.load, () => this.signalling.connected);
  }

  get stats(): Readonly<SignallingStats> {
    return this.signalling.stats;
  }

  get sessions(): number {
    return this.signalling.sessions.size;
  }

  get soundAlone(): number {
    const sessions = this.signalling.sessions.values();
    return sessions.reduce((count, session) => count + Number(session.stats.trackId === null), 0);
  }

  get sent(): WhepSent {
    return this.#sent.sum(this.signalling.sessions.values().map(session => session.stats));
  }

  get lossRatio(): number {
    const sessions = this.signalling.sessions.values();
    const sum = sessions.reduce((sum, session) => sum + session.stats.lossRatio, 0);
    return sum / Math.max(this.sessions, 1);
  }

  get busy(): number {
    return this.#capacity.busy;
  }

  get waiting(): number {
    return this.#capacity.waiting;
  }

  get isFull(): boolean {
    return this.#capacity.isFull;
  }

  close(): void {
    this.#isClosed = true;
    this.#capacity.close();
    for (const session of [...this.signalling.sessions.values()]) session.end();
  }

  async admit({ broadcastId, place }: Asked, reply: FastifyReply): Promise<void> {
    if (this.#isClosed) throw new Refusal('unavailable');
    // Whoever is refused for whatever reason, and whoever may be later, knows the other way.
    const hls = `/hls/${encodeURIComponent(broadcastId)}/index.m3u8`;
    reply.header('link', `<${hls}>; rel="alternate"; type="application/vnd.apple.mpegurl"`);
    const waitS = this.signalling.connected >= WHEP_SESSIONS_MAX ? 30 : await this.#capacity.join(place);
    if (this.#isClosed) throw new Refusal('unavailable');
    if (waitS === 0) return;
    throw new Refusal('at-capacity', `Watch by HLS at ${hls}.`, waitS);
  }

  async open(arrival: Arrival, offer: Offer): Promise<Opened<WhepSession>> {
    const options = await this.#optionsOf(arrival, offer);
    const session = await WhepSession.open(options, offer.remote);
    return { session, sdp: writeAnswer(offer, this.#keep(session), options.ssrcs) };
  }

  async counter(arrival: Arrival): Promise<Opened<WhepSession>> {
    const options = await this.#optionsOf(arrival, COUNTER_OFFER);
    const session = await WhepSession.offer(options);
    return { session, sdp: writeCounterOffer(this.#keep(session), options.ssrcs) };
  }

  async #optionsOf({ broadcastId, id, etag }: Arrival, terms: Terms): Promise<WhepSessionOptions> {
    const { live, rtc, clock, slices, log } = this.#deps;
    const stream = await live.watch(broadcastId);
    const ssrcs = randomSsrcs(terms);
    const connected = (session: WhepSession) => this.signalling.arrived(session);
    const closed = (gone: WhepSession) => this.#forget(gone);
    return { id, etag, broadcastId, terms, stream, ssrcs, rtc, clock, slices, log, connected, closed };
  }

  /** Gives our half of ICE and DTLS. */
  #keep(session: WhepSession): RtcLocal {
    const { local } = session;
    if (local === null) throw new Refusal('unavailable');
    this.signalling.remember(session);
    this.#timer ??= this.#deps.clock.every(WHEP_TICK_MS, () => this.#tick());
    return local;
  }

  #tick(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const session of this.signalling.sessions.values()) session.tick(nowMs);
  }

  #forget(session: WhepSession): void {
    this.signalling.forget(session);
    this.#sent.leave(session.stats);
    if (this.sessions > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }
}

/** Random, so that a viewer who joins again is not taken for the one before (RFC 3550 section 8.1). */
function randomSsrcs({ video }: Terms): SendingSsrcs {
  const base = randomInt(1, 2 ** 32 - 3);
  return { video: base, audio: base + 1, videoRtx: video.rtxPayloadType === null ? null : base + 2 };
}
