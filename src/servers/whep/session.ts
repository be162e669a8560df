import { assert } from '#base/assert.ts';
import type { Clock } from '#base/clock.ts';
import type { Closer } from '#base/dispose.ts';
import type { Logger } from '#base/log.ts';
import type { Slices } from '#base/slices.ts';
import type { Stream, StreamReader } from '#live/index.ts';
import { LayerChoice } from '#media/rtp/layer-choice.ts';
import type { RtpPacket } from '#media/rtp/packet.ts';
import { ViewerRtp } from '#media/rtp/viewer.ts';
import type { SendingSsrcs } from '#media/sdp/answer.ts';
import type { Answer, RemoteParameters, Terms } from '#media/sdp/offer.ts';
import type { Track } from '#media/track.ts';
import type { Rtc, RtcEvents, RtcLocal, RtcOffered, RtcState, RtcTransport } from '#ports/rtc.ts';

/** Packets that wait for the end of a viewer's first burst: many seconds of them. */
export const JOINING_PACKETS_MAX = 4096;

export interface WhepSessionOptions {
  readonly id: string;
  readonly etag: string;
  readonly broadcastId: string;
  /** What the viewer's offer came to, or what ours proposes. */
  readonly terms: Terms;
  readonly stream: Stream;
  readonly ssrcs: SendingSsrcs;
  readonly rtc: Rtc;
  readonly clock: Clock;
  readonly slices: Slices;
  readonly log: Logger;
  /** Told once, when packets can go. */
  connected(session: WhepSession): void;
  /** Told once, when the session is over, whoever ended it. */
  closed(session: WhepSession): void;
}

/** One viewer's connection: packets from the stream through `ViewerRtp` to the transport. */
export class WhepSession implements StreamReader {
  readonly id: string;
  readonly etag: string;
  readonly broadcastId: string;
  readonly #options: WhepSessionOptions;
  #rtp: ViewerRtp;
  readonly #choice = new LayerChoice();
  #iceUfrag: string | null = null;
  /** The transport, while it awaits the answer to our offer. */
  #offered: RtcOffered | null = null;
  #transport: RtcTransport | null = null;
  #reading: Closer | null = null;
  /** Pictures that come while the first burst is on its way; null after it. */
  #behind: { track: Track; packet: RtpPacket }[] | null = null;
  #isClosed = false;

  private constructor(options: WhepSessionOptions) {
    this.id = options.id;
    this.etag = options.etag;
    this.broadcastId = options.broadcastId;
    this.#options = options;
    this.#rtp = this.#sender(options.terms);
  }

  static async open(options: WhepSessionOptions, remote: RemoteParameters): Promise<WhepSession> {
    const session = new WhepSession(options);
    session.#iceUfrag = remote.iceUfrag;
    session.#transport = await options.rtc.accept(remote, 'sendonly', session.#events());
    return session;
  }

  /** With an offer of ours: `answered` is to follow. */
  static async offer(options: WhepSessionOptions): Promise<WhepSession> {
    const session = new WhepSession(options);
    session.#offered = await options.rtc.offer('sendonly', session.#events());
    session.#transport = session.#offered;
    return session;
  }

  /** The viewer's; null while its answer is awaited. */
  get iceUfrag(): string | null {
    return this.#iceUfrag;
  }

  /** Our half of ICE and DTLS, for the answer or the offer. Null once the session is over. */
  get local(): RtcLocal | null {
    return this.#isClosed ? null : (this.#transport?.local ?? null);
  }

  get stats(): ViewerRtp['stats'] {
    return this.#rtp.stats;
  }

  /** The viewer may have left out a part of what was offered, such as retransmissions. */
  answered(answer: Answer): void {
    assert(this.#offered !== null, 'an offer is answered once');
    this.#iceUfrag = answer.remote.iceUfrag;
    this.#rtp = this.#sender(answer);
    this.#offered.answered(answer.remote);
    this.#offered = null;
  }

  packet(track: Track, packet: RtpPacket): void {
    try {
      // Sound has an order of its own, and its bytes are not ours to keep: the transcoder takes them.
      const isBehind = this.#behind !== null && track.kind === 'video';
      if (!isBehind) this.#rtp.packet(track, packet, this.#options.clock.monotonicMs());
      else if (this.#behind!.push({ track, packet }) > JOINING_PACKETS_MAX) this.end();
    } catch (cause) {
      this.#drop(cause);
    }
  }

  /** The stream's end is the session's. */
  ended(): void {
    this.end();
  }

  tick(nowMs: number): void {
    // A browser shows packets in the order they come: this viewer is better off with HLS.
    if (this.#options.stream.isReordered) this.end();
    if (!this.#reading || this.#behind || this.#isClosed) return;
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

  /** A viewer that is given up is gone. */
  interrupt(): void {
    this.end();
  }

  #sender({ video, audio }: Terms): ViewerRtp {
    const { ssrcs, stream } = this.#options;
    return new ViewerRtp(
      { video, audio, ssrcs },
      {
        send: bytes => void this.#transport?.send(bytes),
        keyframeWanted: () => stream.requestKeyframe(),
      },
    );
  }

  #events(): RtcEvents {
    return {
      packet: bytes => this.#receive(bytes),
      state: state => this.#transportChanged(state),
    };
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
    if (state !== 'connected' || this.#isClosed) return;
    this.#options.connected(this);
    this.#join();
  }

  /** One layer for this viewer, or sound alone, by what it can receive. */
  #chooseLayer(nowMs: number): void {
    const { layers } = this.#options.stream;
    if (layers.length === 0) return;
    const offers = layers.map(({ track, bitrateBps, lastMs }) => ({ id: track.id, bitrateBps, lastMs }));
    this.#rtp.select(this.#choice.choose(offers, this.#rtp.stats, nowMs));
  }

  /**
   * What came since the last key frame goes out first, then everything as it comes. It may be a thousand packets, and many may
   * join at once, so it goes in slices; what comes meanwhile waits for its end.
   */
  #join(): void {
    const { stream, clock, slices } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#chooseLayer(nowMs);
    const { trackId } = this.#rtp.stats;
    const burst = this.#rtp.joining(trackId === null ? [] : [...stream.gop(trackId)], nowMs);
    this.#behind = [];
    this.#reading = stream.read(this);
    slices
      .each('viewers who join', this.#catchUp(burst, this.#behind), () => {})
      .catch(cause => this.#drop(cause));
  }

  *#catchUp(burst: Iterable<void>, behind: readonly { track: Track; packet: RtpPacket }[]): Generator<void> {
    const steps = burst[Symbol.iterator]();
    while (!this.#isClosed && !steps.next().done) yield;
    if (this.#isClosed) return;
    const nowMs = this.#options.clock.monotonicMs();
    for (const { track, packet } of behind) this.#rtp.packet(track, packet, nowMs);
    this.#behind = null;
  }
}
