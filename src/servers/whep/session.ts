import type { Clock } from '#base/clock.ts';
import type { Closer } from '#base/dispose.ts';
import type { Logger } from '#base/log.ts';
import type { Stream, StreamReader } from '#live/index.ts';
import { LayerChoice } from '#media/rtp/layer-choice.ts';
import type { RtpPacket } from '#media/rtp/packet.ts';
import { ViewerRtp } from '#media/rtp/viewer.ts';
import type { SendingSsrcs } from '#media/sdp/answer.ts';
import type { Offer } from '#media/sdp/offer.ts';
import type { Track } from '#media/track.ts';
import type { Rtc, RtcLocal, RtcState, RtcTransport } from '#ports/rtc.ts';

export interface WhepSessionOptions {
  readonly id: string;
  readonly etag: string;
  readonly broadcastId: string;
  readonly offer: Offer;
  readonly stream: Stream;
  readonly ssrcs: SendingSsrcs;
  readonly rtc: Rtc;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told once, when the session is over, whoever ended it. */
  closed(session: WhepSession): void;
}

/** One viewer's connection: packets from the stream through `ViewerRtp` to the transport. */
export class WhepSession implements StreamReader {
  readonly id: string;
  readonly etag: string;
  readonly broadcastId: string;
  readonly iceUfrag: string;
  readonly #options: WhepSessionOptions;
  readonly #rtp: ViewerRtp;
  readonly #choice = new LayerChoice();
  #transport: RtcTransport | null = null;
  #reading: Closer | null = null;
  #isClosed = false;

  private constructor(options: WhepSessionOptions) {
    this.id = options.id;
    this.etag = options.etag;
    this.broadcastId = options.broadcastId;
    this.iceUfrag = options.offer.remote.iceUfrag;
    this.#options = options;
    const { video, audio } = options.offer;
    this.#rtp = new ViewerRtp(
      { video, audio, ssrcs: options.ssrcs },
      {
        send: bytes => void this.#transport?.send(bytes),
        keyframeWanted: () => options.stream.requestKeyframe(),
      },
    );
  }

  static async open(options: WhepSessionOptions): Promise<WhepSession> {
    const session = new WhepSession(options);
    session.#transport = await options.rtc.accept(options.offer.remote, 'sendonly', {
      packet: bytes => session.#receive(bytes),
      state: state => session.#transportChanged(state),
    });
    return session;
  }

  /** Our half of ICE and DTLS, for the answer. Null once the session is over. */
  get local(): RtcLocal | null {
    return this.#isClosed ? null : (this.#transport?.local ?? null);
  }

  get stats(): ViewerRtp['stats'] {
    return this.#rtp.stats;
  }

  packet(track: Track, packet: RtpPacket): void {
    try {
      this.#rtp.packet(track, packet, this.#options.clock.monotonicMs());
    } catch (cause) {
      this.#drop(cause);
    }
  }

  /** The stream's end is the session's. */
  ended(): void {
    this.end();
  }

  tick(nowMs: number): void {
    if (!this.#reading) return;
    try {
      this.#rtp.tick(nowMs);
      this.#chooseLayer(nowMs);
    } catch (cause) {
      this.#drop(cause);
    }
  }

  /** Idempotent. */
  end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    void this.#reading?.close();
    this.#transport?.close();
    this.#options.closed(this);
  }

  /** As a throw of `#receive` does by the transport: this session ends, no other and not the process. */
  #drop(cause: unknown): void {
    this.#options.log.error({ err: cause, broadcastId: this.broadcastId }, 'a viewer was dropped');
    this.end();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#reading) this.#rtp.receive(bytes, this.#options.clock.monotonicMs());
  }

  #transportChanged(state: RtcState): void {
    if (state === 'closed') this.end();
    if (state === 'connected' && !this.#isClosed) this.#join();
  }

  /** One layer for this viewer, or sound alone, by what it can receive. */
  #chooseLayer(nowMs: number): void {
    const { layers } = this.#options.stream;
    if (layers.length === 0) return;
    const offers = layers.map(({ track, bitrateBps, lastMs }) => ({ id: track.id, bitrateBps, lastMs }));
    this.#rtp.select(this.#choice.choose(offers, this.#rtp.stats, nowMs));
  }

  /** What came since the last key frame goes out at once, then everything as it comes: nothing arrives in between. */
  #join(): void {
    const { stream, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#chooseLayer(nowMs);
    const { trackId } = this.#rtp.stats;
    this.#rtp.join(trackId === null ? [] : stream.gop(trackId), nowMs);
    this.#reading = stream.read(this);
  }
}
