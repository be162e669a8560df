import type { Clock, Timer } from '#base/clock.ts';
import { hasParameterSets } from '#media/h264/depacketizer.ts';
import type { RtpPacket } from '#media/rtp/packet.ts';
import type { Track } from '#media/track.ts';
import type { Unit } from '#media/unit.ts';
import type { NeverThere, Publisher, PublisherLeave, PublisherTrouble } from './publisher.ts';

/** A publisher that sends has its first key frame within this time, or is told of. */
export const PICTURE_WAIT_MS = 3_000;

/** What the stream lends to the one publisher that sits in it. */
export interface Seat {
  readonly clock: Clock;
  /** Publishers before this one. */
  readonly number: number;
  /** What to add to the timestamps of a publisher whose own zero arrived at `epochMs`, whole milliseconds. */
  shiftMs(epochMs: number): number;
  /** It sits down: the one before it leaves. */
  taken(publisher: SeatedPublisher): void;
  tracks(tracks: readonly Track[]): void;
  arrived(epochMs: number): void;
  packet(track: Track, packet: RtpPacket): void;
  unit(track: Track, unit: Unit): void;
  /** Its troubles changed. */
  troubled(): void;
  left(publisher: SeatedPublisher, reason: PublisherLeave, why: NeverThere | null): void;
}

/** Odd, so that no two publishers of a stream get the same. */
const SSRC_SPREAD = 0x9e3779b1;

/**
 * Puts one publisher's timeline onto the stream's: the first one's zero is the stream's, later ones are shifted. One that takes
 * over sits down with its first key frame; what it sent before nobody could have shown.
 */
export class SeatedPublisher implements Publisher {
  readonly #seat: Seat;
  #tracks: readonly Track[] = [];
  #isSeated = false;
  #epochMs: number | null = null;
  /** Whole milliseconds, so that it is whole ticks of every track. Null before the first key frame. */
  #shiftMs: number | null = null;
  #keyframeWanted: () => void = () => {};
  #closed: () => void = () => {};
  #isClosed = false;
  #pictureWait: Timer | null = null;
  readonly #troubles = new Set<PublisherTrouble>();

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  get troubles(): ReadonlySet<PublisherTrouble> {
    return this.#troubles;
  }

  tracks(tracks: readonly Track[]): void {
    this.#tracks = tracks;
    if (this.#isSeated && !this.#isClosed) this.#seat.tracks(tracks);
  }

  sit(): void {
    if (this.#isSeated) return;
    this.#isSeated = true;
    this.#seat.taken(this);
    this.#seat.tracks(this.#tracks);
  }

  epoch(monotonicMs: number): void {
    this.#epochMs ??= monotonicMs;
  }

  packet(track: Track, packet: RtpPacket): void {
    if (this.#isClosed) return;
    this.#waitForPicture();
    if (!this.#isAtKeyFrame(track, packet)) return;
    this.#seat.packet(track, this.#seat.number === 0 ? packet : this.#placed(packet));
  }

  unit(track: Track, unit: Unit): void {
    if (this.#isClosed) return;
    if (this.#shiftMs === null) {
      // Nothing can be decoded before a key frame, and nothing may stand before the stream's zero.
      if (unit.kind !== 'video' || !unit.key) return;
      this.sit();
      this.#begin();
    }
    this.#seat.unit(track, this.#shiftMs ? shiftUnit(track, unit, this.#shiftMs) : unit);
  }

  reordersPictures(does: boolean): void {
    if (does) this.#troubled('reordered-pictures');
    else if (!this.#isClosed && this.#troubles.delete('reordered-pictures')) this.#seat.troubled();
  }

  onKeyframeWanted(handler: () => void): void {
    this.#keyframeWanted = handler;
  }

  onClosed(handler: () => void): void {
    this.#closed = handler;
    if (this.#isClosed) handler();
  }

  close(reason: PublisherLeave, why?: NeverThere): void {
    if (this.#isClosed) return;
    this.#over();
    this.#closed = () => {};
    this.#seat.left(this, reason, why ?? null);
  }

  askForKeyframe(): void {
    if (!this.#isClosed) this.#keyframeWanted();
  }

  /** The stream's side of `close`. */
  dismiss(): void {
    if (this.#isClosed) return;
    this.#over();
    this.#closed();
  }

  #over(): void {
    this.#isClosed = true;
    this.#pictureWait?.cancel();
  }

  #waitForPicture(): void {
    if (this.#shiftMs !== null) return;
    this.#pictureWait ??= this.#seat.clock.after(PICTURE_WAIT_MS, () => this.#troubled('no-picture'));
  }

  #troubled(trouble: PublisherTrouble): void {
    if (this.#isClosed || this.#troubles.has(trouble)) return;
    this.#troubles.add(trouble);
    this.#seat.troubled();
  }

  /** Whether a packet is for the readers: all are, once it sits; it does so with parameter sets, which every key frame has in front. */
  #isAtKeyFrame(track: Track, packet: RtpPacket): boolean {
    if (this.#isSeated) return true;
    if (track.kind === 'video' && hasParameterSets(packet.payload)) this.sit();
    else this.#keyframeWanted();
    return this.#isSeated;
  }

  /** Readers tell sources apart by SSRC, so one that comes back with the same SSRC and other numbers gets another. */
  #placed(packet: RtpPacket): RtpPacket {
    const ssrc = (packet.ssrc ^ Math.imul(this.#seat.number, SSRC_SPREAD)) >>> 0;
    return { ...packet, ssrc, mediaTimeMs: packet.mediaTimeMs + (this.#shiftMs ?? 0) };
  }

  #begin(): void {
    const epochMs = this.#epochMs ?? this.#seat.clock.monotonicMs();
    this.#shiftMs = this.#seat.shiftMs(epochMs);
    this.#seat.arrived(epochMs);
    this.#pictureWait?.cancel();
    if (this.#troubles.delete('no-picture')) this.#seat.troubled();
  }
}

function shiftUnit(track: Track, unit: Unit, shiftMs: number): Unit {
  const ticks = Math.round((shiftMs * track.timescale) / 1000);
  if (unit.kind === 'audio') return { ...unit, pts: unit.pts + ticks };
  return { ...unit, pts: unit.pts + ticks, dts: unit.dts + ticks };
}
