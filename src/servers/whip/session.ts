import type { Clock, Timer } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { NeverThere, Publisher } from '#live/index.ts';
import { PublisherRtp } from '#media/rtp/publisher.ts';
import type { Offer } from '#media/sdp/offer.ts';
import type { Rtc, RtcFailure, RtcLocal, RtcState, RtcTransport } from '#ports/rtc.ts';

/** How often feedback, retransmission requests and reports are looked after. */
export const WHIP_TICK_MS = 20;
/** A connected publisher that sends nothing for this long is lost. */
export const WHIP_SILENCE_MS = 5_000;

/**
 * A broadcaster that cannot secure the connection may say goodbye before we have noticed why: for so long we listen for that. It
 * was 20 ms with FFmpeg on a busy machine.
 */
export const VERDICT_MS = 500;

/** What the owner is told of a transport that never connected. */
const NEVER_THERE: Readonly<Record<RtcFailure, NeverThere>> = {
  unreached: 'not-reached',
  handshake: 'not-secured',
};

export interface WhipSessionOptions {
  readonly id: string;
  readonly etag: string;
  readonly broadcastId: string;
  readonly offer: Offer;
  readonly publisher: Publisher;
  /** What we send feedback as. */
  readonly ssrc: number;
  readonly rtc: Rtc;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told once, when packets can come. */
  connected(session: WhipSession): void;
  /** Told once, when the session is over, whoever ended it. */
  closed(session: WhipSession): void;
}

/** One publisher's connection: packets from the transport through `PublisherRtp` into the stream. */
export class WhipSession {
  readonly id: string;
  readonly etag: string;
  readonly broadcastId: string;
  readonly iceUfrag: string;
  readonly #options: WhipSessionOptions;
  readonly #rtp: PublisherRtp;
  #transport: RtcTransport | null = null;
  #timer: Timer | null = null;
  #lastPacketMs = 0;
  #hasEpoch = false;
  #isConnected = false;
  #isEnding = false;
  #isClosed = false;

  private constructor(options: WhipSessionOptions) {
    this.id = options.id;
    this.etag = options.etag;
    this.broadcastId = options.broadcastId;
    this.iceUfrag = options.offer.remote.iceUfrag;
    this.#options = options;
    this.#rtp = this.#receiver();
    const { publisher, clock } = options;
    publisher.tracks(this.#rtp.tracks);
    publisher.onKeyframeWanted(() => this.#rtp.requestKeyframe(clock.monotonicMs()));
    publisher.onClosed(() => this.#release());
  }

  /** Takes the publisher over: whatever fails, it is closed. */
  static async open(options: WhipSessionOptions): Promise<WhipSession> {
    const session = new WhipSession(options);
    try {
      const transport = await options.rtc.accept(options.offer.remote, 'recvonly', {
        packet: bytes => session.#receive(bytes),
        state: (state, failure) => session.#transportChanged(state, failure),
      });
      session.#transport = transport;
      // Another publisher may have taken over while this one waited.
      if (session.#isClosed) transport.close();
    } catch (cause) {
      session.#leave('lost');
      throw cause;
    }
    return session;
  }

  /** Our half of ICE and DTLS, for the answer. Null once the session is over. */
  get local(): RtcLocal | null {
    return this.#isClosed ? null : (this.#transport?.local ?? null);
  }

  get stats(): PublisherRtp['stats'] {
    return this.#rtp.stats;
  }

  /** The broadcaster wants no more. Idempotent. */
  end(): void {
    if (this.#isConnected || !this.#transport?.isReached) this.#leave('ended');
    else if (!this.#isClosed && !this.#isEnding) {
      this.#isEnding = true;
      this.#timer = this.#options.clock.after(VERDICT_MS, () => this.#leave('ended'));
    }
  }

  /** The server stops; the broadcaster may come back. Idempotent. */
  interrupt(): void {
    this.#leave('lost');
  }

  #receiver(): PublisherRtp {
    const { offer, ssrc, publisher } = this.#options;
    return new PublisherRtp(
      { video: offer.video, audio: offer.audio, ssrc },
      {
        packet: (track, packet) => publisher.packet(track, packet),
        unit: (track, unit) => {
          if (!this.#hasEpoch) this.#tellEpoch();
          publisher.unit(track, unit);
        },
        rtcp: bytes => void this.#transport?.send(bytes),
      },
    );
  }

  #tellEpoch(): void {
    const { epochMs } = this.#rtp;
    if (epochMs === null) return;
    this.#hasEpoch = true;
    this.#options.publisher.epoch(epochMs);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#lastPacketMs = this.#options.clock.monotonicMs();
    this.#rtp.receive(bytes, this.#lastPacketMs);
  }

  #transportChanged(state: RtcState, failure?: RtcFailure): void {
    if (state === 'closed') this.#leave('lost', failure && NEVER_THERE[failure]);
    if (state !== 'connected' || this.#isClosed) return;
    this.#isConnected = true;
    if (this.#isEnding) this.#leave('ended');
    else this.#begin();
  }

  #begin(): void {
    this.#options.connected(this);
    this.#lastPacketMs = this.#options.clock.monotonicMs();
    this.#timer = this.#options.clock.every(WHIP_TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#lastPacketMs >= WHIP_SILENCE_MS) {
      this.#options.log.info({ broadcastId: this.broadcastId }, 'a publisher fell silent');
      this.#leave('lost');
      return;
    }
    try {
      this.#rtp.tick(nowMs);
      this.#options.publisher.reordersPictures(this.#rtp.reorders);
    } catch (cause) {
      // As a throw of `#receive` does by the transport: this session ends, no other and not the process.
      this.#options.log.error({ err: cause, broadcastId: this.broadcastId }, 'a publisher was dropped');
      this.#leave('lost');
    }
  }

  #leave(reason: 'ended' | 'lost', why?: NeverThere): void {
    if (this.#isClosed) return;
    this.#release();
    this.#options.publisher.close(reason, why);
  }

  #release(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#transport?.close();
    this.#options.closed(this);
  }
}
