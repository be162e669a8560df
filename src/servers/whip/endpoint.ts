import type { Callers } from '#base/callers.ts';
import type { Clock } from '#base/clock.ts';
import type { FairTurns } from '#base/fair-turns.ts';
import { type BroadcastId, type Ids, isSecret } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Allowance } from '#base/token-bucket.ts';
import { Totals } from '#base/totals.ts';
import { Refusal } from '#contract/errors.ts';
import { bearerToken, etagsOf } from '#contract/webrtc-http.ts';
import type { Claim, Publisher } from '#live/index.ts';
import { writeAnswer } from '#media/sdp/answer.ts';
import type { Offer } from '#media/sdp/offer.ts';
import type { Rtc } from '#ports/rtc.ts';
import {
  type Arrival,
  type Asked,
  type Opened,
  type Protocol,
  Signalling,
  type SignallingStats,
} from '#servers/signalling/index.ts';
import { WhipSession } from './session.ts';

/** Publishers that are connected at once, whatever the machine could bear. */
export const WHIP_SESSIONS_MAX = 1000;

/** Offers from one address. A studio behind one address reconnects all its encoders at once. */
export const WHIP_OFFERS: Allowance = { burst: 30, perSecond: 1 };

/** Publishers that are not connected yet. */
export const WHIP_AWAITED_MAX = 200;

export interface WhipDeps {
  readonly live: {
    /** Refuses an unknown broadcast, a wrong token, a broadcast that is over, one that another publisher took over. */
    publish(broadcastId: BroadcastId, token: string, claim: Claim): Promise<Publisher>;
  };
  readonly rtc: Rtc;
  readonly ids: Ids;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly openings: FairTurns;
  readonly log: Logger;
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
  'reordered',
] as const;
export type WhipReceived = Readonly<Record<(typeof RECEIVED)[number], number>>;

export interface WhipServer {
  readonly stats: Readonly<SignallingStats>;
  /** Of all sessions since the start. */
  readonly received: WhipReceived;
  readonly sessions: number;
  /** Interrupts every publisher. */
  close(): void;
}

/** What `/whip` does with an offer. */
export class Whip implements WhipServer, Protocol<WhipSession> {
  readonly path = '/whip';
  readonly offer = { role: 'publisher', simulcast: true } as const;
  readonly offers = WHIP_OFFERS;
  readonly awaitedMax = WHIP_AWAITED_MAX;
  readonly signalling: Signalling<WhipSession>;
  readonly #deps: WhipDeps;
  readonly #received = new Totals(RECEIVED);

  constructor(deps: WhipDeps) {
    this.#deps = deps;
    this.signalling = new Signalling(this, deps);
  }

  get stats(): Readonly<SignallingStats> {
    return this.signalling.stats;
  }

  get sessions(): number {
    return this.signalling.sessions.size;
  }

  get received(): WhipReceived {
    return this.#received.sum(this.signalling.sessions.values().map(session => session.stats));
  }

  close(): void {
    for (const session of [...this.signalling.sessions.values()]) session.interrupt();
  }

  admit({ authorization }: Asked): void {
    if (this.signalling.connected >= WHIP_SESSIONS_MAX)
      throw new Refusal('at-capacity', `At most ${WHIP_SESSIONS_MAX} publish at once.`, 10);
    tokenOf(authorization);
  }

  async open(arrival: Arrival, offer: Offer): Promise<Opened<WhipSession>> {
    const { live, rtc, clock, log } = this.#deps;
    const { broadcastId, id, etag, client } = arrival;
    const token = tokenOf(arrival.authorization);
    const claim = { client, session: etag, after: etagsOf(arrival.ifMatch) };
    const publisher = await live.publish(broadcastId, token, claim);
    const session = await WhipSession.open({
      id,
      etag,
      broadcastId,
      offer,
      publisher,
      ssrc: 1,
      rtc,
      clock,
      log,
      connected: session => this.signalling.arrived(session),
      closed: gone => {
        this.signalling.forget(gone);
        this.#received.leave(gone.stats);
      },
    });
    const { local } = session;
    if (local === null) throw new Refusal('broadcast-over', 'It ended, or another publisher took over.');
    this.signalling.remember(session);
    return { session, sdp: writeAnswer(offer, local) };
  }
}

/** What cannot be a publish token is not looked for. */
function tokenOf(authorization: string | undefined): string {
  const token = bearerToken(authorization);
  if (token === null)
    throw new Refusal('wrong-publish-token', 'Send the publish token as Authorization: Bearer.');
  if (!isSecret(token)) throw new Refusal('wrong-publish-token');
  return token;
}
