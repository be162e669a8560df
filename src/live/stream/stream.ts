import type { Clock } from '#base/clock.ts';
import type { Closer } from '#base/dispose.ts';
import type { Logger } from '#base/log.ts';
import type { RtpPacket } from '#media/rtp/packet.ts';
import type { Track } from '#media/track.ts';
import type { Unit } from '#media/unit.ts';
import { Throttle } from '../room/throttle.ts';
import type { TrackPacket } from './gop-cache.ts';
import { type LayerState, Layers } from './layers.ts';
import type { NeverThere, Publisher, PublisherLeave, PublisherTrouble } from './publisher.ts';
import type { StreamReader } from './reader.ts';
import { type Seat, SeatedPublisher } from './seated-publisher.ts';

/** A publisher that sent nothing for this long is gone, as far as one who takes over is concerned. */
export const PUBLISHER_QUIET_MS = 2_000;
/** When one who sits was heard that has sent nothing yet. */
const NEVER_MS = Number.NEGATIVE_INFINITY;
/** Least time between two requests for a key frame, whatever viewers ask. */
export const KEYFRAME_REQUEST_MS = 1_000;

/** What a stream tells the one who keeps it. */
export interface StreamEvents {
  /** The first key frame of a publisher came: of the first one, or of one that came back or took over. */
  mediaArrived(): void;
  /** The publisher left by itself. Not told when another took over, or when the stream ended. */
  publisherLeft(reason: PublisherLeave): void;
  /** `troubles` may have changed. */
  troubled?(): void;
}

/** The media that another process had of this stream, milliseconds. */
export interface EarlierMedia {
  /** Wall time of timestamp 0. */
  readonly epochMs: number;
  /** Where it ends, since the epoch. */
  readonly endMs: number;
}

export interface StreamOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: StreamEvents;
  /** A stream that goes on after a restart keeps its epoch, and its timeline never runs backwards. */
  readonly earlier?: EarlierMedia | undefined;
}

/** Counts since the start. */
export interface StreamStats {
  packets: number;
  bytes: number;
  units: number;
  keyframes: number;
  /** Readers that threw and were dropped. */
  readersDropped: number;
  /** Caches that outgrew their bounds before the next key frame. */
  gopsCut: number;
  keyframesAsked: number;
  /** Publishers so far. */
  publishers: number;
}

/** The media of one broadcast: one publisher at a time, any number of readers. */
export class Stream {
  readonly stats: StreamStats;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: StreamEvents;
  readonly #layers = new Layers();
  readonly #readers = new Set<StreamReader>();
  readonly #keyframeRequests: Throttle;
  #publisher: SeatedPublisher | null = null;
  /** Who takes over with its first key frame; until then viewers keep the pictures of the one before. */
  #waiting: SeatedPublisher | null = null;
  /** Why the last one who wanted to publish never came; null once another one tries. */
  #neverThere: NeverThere | null = null;
  #heardMs = NEVER_MS;
  #tracks: readonly Track[] = [];
  #epoch: { readonly wallMs: number; readonly monotonicMs: number } | null = null;
  /** Where the media seen so far ends, milliseconds since the epoch. */
  #lastMs = 0;
  #ended = false;

  constructor(options: StreamOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#events = options.events;
    this.#keyframeRequests = new Throttle(options.clock, KEYFRAME_REQUEST_MS, () => this.#askForKeyframe());
    this.stats = {
      packets: 0,
      bytes: 0,
      units: 0,
      keyframes: 0,
      readersDropped: 0,
      gopsCut: 0,
      keyframesAsked: 0,
      publishers: options.earlier ? 1 : 0,
    };
    if (options.earlier) this.#resume(options.earlier);
  }

  /** Wall time of timestamp 0, milliseconds since the Unix epoch; null before the first key frame. */
  get epochMs(): number | null {
    return this.#epoch?.wallMs ?? null;
  }

  get tracks(): readonly Track[] {
    return this.#tracks;
  }

  get readers(): number {
    return this.#readers.size;
  }

  get isPublished(): boolean {
    return this.#publisher !== null;
  }

  /** Of who publishes, of who waits to take over, and of who never came. */
  get troubles(): readonly PublisherTrouble[] {
    const there = [this.#publisher, this.#waiting].flatMap(one => [...(one?.troubles ?? [])]);
    return [...new Set(this.#neverThere ? [...there, this.#neverThere] : there)];
  }

  /** Whether its pictures come in another order than they are shown in: nobody can watch the packets. */
  get isReordered(): boolean {
    return this.#publisher?.troubles.has('reordered-pictures') ?? false;
  }

  /** Whether a publisher sends now. */
  get isHeard(): boolean {
    return this.isPublished && this.#clock.monotonicMs() - this.#heardMs < PUBLISHER_QUIET_MS;
  }

  /**
   * Seats a new publisher: with its first key frame where another one has sent, so that who only tries to come back does not hide
   * that nothing comes; else at once. The one that sat there is told that it is closed. `seated` hears whether that one was heard.
   */
  publish(seated: (wasHeard: boolean) => void = () => {}): Publisher {
    const seat = this.#seat(this.stats.publishers++, seated);
    const publisher = new SeatedPublisher(seat);
    this.#waiting?.dismiss();
    this.#waiting = publisher;
    this.#neverThere = null;
    if (this.#ended) publisher.dismiss();
    else if (this.#publisher === null || this.#heardMs === NEVER_MS) publisher.sit();
    else this.#events.troubled?.();
    return publisher;
  }

  /** From now on the reader gets everything; what came since the last key frame is in `gop`. */
  read(reader: StreamReader): Closer {
    if (this.#ended) this.#tellEnded(reader);
    else this.#readers.add(reader);
    return { close: () => void this.#readers.delete(reader) };
  }

  /** Packets since the last key frame of a video track began, in arrival order; valid until the next packet comes. */
  gop(trackId = 'video'): readonly TrackPacket[] {
    return this.#layers.gop(trackId);
  }

  /** The video tracks that the publisher has sent so far, and how much of each it sends. */
  get layers(): readonly LayerState[] {
    return this.#layers.states;
  }

  /** Asks the publisher for a key frame: now, or once when a second has passed since the last request. */
  requestKeyframe(): void {
    if (this.#publisher) this.#keyframeRequests.ask();
  }

  /** Dismisses the publisher and tells every reader that no more comes. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#keyframeRequests.cancel();
    this.#waiting?.dismiss();
    this.#waiting = null;
    this.#publisher?.dismiss();
    this.#publisher = null;
    this.#neverThere = null;
    this.#layers.clear();
    for (const reader of this.#readers) this.#tellEnded(reader);
    this.#readers.clear();
    this.#events.troubled?.();
  }

  #resume({ epochMs, endMs }: EarlierMedia): void {
    const ageMs = Math.max(this.#clock.nowMs() - epochMs, endMs);
    this.#epoch = { wallMs: epochMs, monotonicMs: this.#clock.monotonicMs() - ageMs };
    this.#lastMs = endMs;
  }

  #seat(number: number, seated: (wasHeard: boolean) => void): Seat {
    return {
      clock: this.#clock,
      number,
      taken: publisher => this.#seated(publisher, seated),
      shiftMs: epochMs => this.#shiftOf(epochMs),
      tracks: tracks => {
        this.#tracks = tracks;
      },
      arrived: monotonicMs => this.#arrived(monotonicMs),
      packet: (track, packet) => this.#packet(track, packet),
      unit: (track, unit) => this.#unit(track, unit),
      troubled: () => this.#events.troubled?.(),
      left: (publisher, reason, why) => this.#left(publisher, reason, why),
    };
  }

  #seated(publisher: SeatedPublisher, seated: (wasHeard: boolean) => void): void {
    const wasHeard = this.isHeard;
    const before = this.#publisher;
    this.#waiting = null;
    this.#publisher = publisher;
    this.#heardMs = NEVER_MS;
    this.#layers.clear();
    before?.dismiss();
    seated(wasHeard);
    this.#events.troubled?.();
  }

  /** By how much a publisher's timeline must be shifted: to where it began, but never before what others have seen. */
  #shiftOf(epochMs: number): number {
    if (this.#epoch === null) return 0;
    return Math.max(Math.round(epochMs - this.#epoch.monotonicMs), Math.floor(this.#lastMs) + 1);
  }

  #arrived(monotonicMs: number): void {
    const sinceMs = this.#clock.monotonicMs() - monotonicMs;
    this.#epoch ??= { wallMs: Math.round(this.#clock.nowMs() - sinceMs), monotonicMs };
    this.#events.mediaArrived();
  }

  #packet(track: Track, packet: RtpPacket): void {
    this.stats.packets++;
    this.stats.bytes += packet.payload.length;
    this.#heardMs = this.#clock.monotonicMs();
    if (this.#layers.add(track, packet, this.#heardMs) === 'cut') {
      this.stats.gopsCut++;
      this.requestKeyframe();
    }
    for (const reader of this.#readers) {
      try {
        reader.packet?.(track, packet);
      } catch (cause) {
        this.#drop(reader, cause);
      }
    }
  }

  #unit(track: Track, unit: Unit): void {
    this.stats.units++;
    this.#heardMs = this.#clock.monotonicMs();
    this.#lastMs = Math.max(this.#lastMs, endMs(track, unit));
    if (unit.kind === 'video' && unit.key) {
      this.stats.keyframes++;
      this.#keyframeRequests.cancel();
    }
    for (const reader of this.#readers) {
      try {
        reader.unit?.(track, unit);
      } catch (cause) {
        this.#drop(reader, cause);
      }
    }
  }

  /** Who ends it while another one takes over only leaves: the broadcast goes on with that one. */
  #left(publisher: SeatedPublisher, reason: PublisherLeave, why: NeverThere | null): void {
    if (publisher === this.#waiting) {
      this.#waiting = null;
      this.#events.troubled?.();
      return;
    }
    this.#publisher = null;
    this.#neverThere = why;
    this.#events.troubled?.();
    this.#layers.clear();
    this.#keyframeRequests.cancel();
    this.#events.publisherLeft(this.#waiting ? 'lost' : reason);
  }

  #askForKeyframe(): void {
    this.stats.keyframesAsked++;
    this.#publisher?.askForKeyframe();
  }

  #tellEnded(reader: StreamReader): void {
    try {
      reader.ended();
    } catch (cause) {
      this.#drop(reader, cause);
    }
  }

  #drop(reader: StreamReader, cause: unknown): void {
    this.#readers.delete(reader);
    this.stats.readersDropped++;
    this.#log.error({ err: cause }, 'a reader threw and was dropped');
  }
}

function endMs(track: Track, unit: Unit): number {
  const end = unit.kind === 'audio' ? unit.pts + unit.duration : unit.pts;
  return (end * 1000) / track.timescale;
}
