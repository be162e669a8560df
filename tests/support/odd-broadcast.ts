import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/log.ts';
import { createPackager, type Packager } from '#live/packager/packager.ts';
import { Stream } from '#live/stream/stream.ts';
import { parseRtcp } from '#media/rtp/rtcp.ts';
import type { RtcEvents } from '#ports/rtc.ts';
import { WhipSession } from '#servers/whip/session.ts';
import { OddPublisher, oddOffer } from './odd-publisher.ts';
import { silentTranscoder } from './silent-transcoder.ts';
import { SourceLint } from './source-lint.ts';

/** One broadcast from the packets to the playlists on a clock of its own: everything but the network. */
export class OddBroadcast {
  readonly clock = new FakeClock();
  readonly publisher: OddPublisher;
  readonly stream: Stream;
  session!: WhipSession;
  lint: SourceLint | null = null;
  /** A key frame was asked for and has not been sent. */
  keyframeWanted = true;
  /** Whether the network loses the next packet. */
  loses: () => boolean = () => false;
  #packager: Packager | null = null;
  #network!: RtcEvents;
  readonly #watched: boolean;

  private constructor(watched: boolean) {
    this.#watched = watched;
    this.publisher = new OddPublisher(bytes => {
      if (!this.loses()) this.#network.packet(bytes);
    });
    this.stream = new Stream({
      clock: this.clock,
      log: silentLogger,
      events: {
        mediaArrived: () => this.#startPackager(),
        publisherLeft() {},
      },
    });
  }

  /** `watched`: whether the rules of the linter are held against its playlists. */
  static async open(watched = true): Promise<OddBroadcast> {
    const broadcast = new OddBroadcast(watched);
    await broadcast.#connect();
    return broadcast;
  }

  /** Time passes, and whoever watches looks at what came of it. */
  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.lint?.look();
  }

  /** Sends a picture; a key frame when one was asked for, unless that is said. */
  picture(timestamp: number, key = this.keyframeWanted, bytes?: number): void {
    if (key) this.keyframeWanted = false;
    this.publisher.picture(timestamp, key, bytes);
  }

  async end(): Promise<void> {
    this.session.end();
    await this.#packager?.finish();
    await this.lint?.close();
  }

  async #connect(): Promise<void> {
    this.session = await WhipSession.open({
      id: 'session',
      etag: '"1"',
      broadcastId: 'b',
      offer: oddOffer,
      publisher: this.stream.publish(),
      connected() {},
      ssrc: 7,
      rtc: {
        openTransports: 1,
        accept: async (_remote, _direction, events) => {
          this.#network = events;
          const local = { ...oddOffer.remote, setup: 'passive', candidates: [] } as const;
          return { local, isReached: true, send: bytes => this.#rtcp(bytes), close() {} };
        },
        offer: () => Promise.reject(new Error('a publisher is offered nothing')),
        close: async () => {},
      },
      clock: this.clock,
      log: silentLogger,
      closed() {},
    });
    this.#network.state('connected');
  }

  #rtcp(bytes: Uint8Array): boolean {
    if (parseRtcp(bytes).some(report => report.kind === 'pli')) this.keyframeWanted = true;
    return true;
  }

  #startPackager(): void {
    if (this.#packager) return;
    const { stream } = this;
    this.#packager = createPackager({
      epochMs: stream.epochMs!,
      tracks: stream.tracks,
      clock: this.clock,
      log: silentLogger,
      transcoder: silentTranscoder,
      keyframeWanted: () => stream.requestKeyframe(),
      recording: null,
    });
    if (this.#watched) this.lint = new SourceLint(this.#packager.source);
    stream.read(this.#packager);
  }
}
