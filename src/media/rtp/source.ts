import { NackList } from './nack.ts';
import type { RtpPacket } from './packet.ts';
import { Reception } from './reception.ts';
import { ReorderBuffer } from './reorder.ts';
import { SEQUENCE_TURN, Unwrapper } from './unwrap.ts';

/** Packets back for which it is remembered whether they came. */
export const SEEN_MAX = 2048;
/** A step of sequence numbers that needs a second packet to be believed (RFC 3550 appendix A.1). */
export const SEQUENCE_STEP_MAX = 2000;
/** How long a source must have been silent before another SSRC of its payload type takes its place. */
export const SOURCE_SILENT_MS = 1000;

/** Why a packet was not taken. */
export type Refused = 'foreign' | 'duplicate';

export interface SourceOptions {
  readonly clockRate: number;
  readonly reorderSlots: number;
  /** How long to wait for a packet; longer where it is asked for and the way is slow (`NackList.patienceMs`). */
  readonly reorderWaitMs: number;
  readonly nack: boolean;
  /** Packets in sequence. */
  readonly deliver: (packet: RtpPacket, arrivalMs: number) => void;
  /** Packets that never came, before the one that follows them. */
  readonly lost: (count: number) => void;
}

/** The packets of one track: which SSRC counts, what is new, what is missing, and their order. */
export class Source {
  readonly #options: SourceOptions;
  readonly #reorder: ReorderBuffer;
  readonly #seen = new Float64Array(SEEN_MAX).fill(-1);
  #unwrapper = new Unwrapper(SEQUENCE_TURN);
  #newest = -1;
  #lastMs = Number.NEGATIVE_INFINITY;
  #afterStep = -1;
  nack = new NackList();
  reception: Reception;
  /** The SSRC that counts; 0 before the first packet. */
  ssrc = 0;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.#reorder = new ReorderBuffer(options.reorderSlots, options.deliver, options.lost);
    this.reception = new Reception(options.clockRate);
  }

  /** The unwrapped sequence number of a packet that is new, or why it is not taken. */
  accept(packet: RtpPacket, nowMs: number, retransmitted: boolean): number | Refused {
    if (packet.ssrc !== this.ssrc) {
      if (nowMs - this.#lastMs < SOURCE_SILENT_MS) return 'foreign';
      this.#restart();
      this.ssrc = packet.ssrc;
    }
    if (this.#newest >= 0 && !this.#isBelievable(packet.sequenceNumber, retransmitted)) return 'foreign';
    const sequence = this.#unwrapper.unwrap(packet.sequenceNumber);
    if (!retransmitted) this.#lastMs = nowMs;
    const slot = sequence % SEEN_MAX;
    if (this.#seen[slot] === sequence || sequence <= this.#newest - SEEN_MAX) return 'duplicate';
    this.#seen[slot] = sequence;
    if (sequence > this.#newest) this.#newest = sequence;
    if (!retransmitted) this.reception.arrived(sequence, packet.timestamp, nowMs);
    return sequence;
  }

  /** Passes an accepted packet on towards its place in the sequence. */
  push(sequence: number, packet: RtpPacket, nowMs: number): void {
    this.#reorder.push(sequence, packet, nowMs);
  }

  /** Goes on without what has been waited for long enough. */
  tick(nowMs: number): void {
    const { reorderWaitMs, nack } = this.#options;
    this.#reorder.tick(nowMs, nack ? Math.max(reorderWaitMs, this.nack.patienceMs) : reorderWaitMs);
  }

  /** A far step is a stray packet, unless the next one follows it: then the sender has begun anew. */
  #isBelievable(sequenceNumber: number, retransmitted: boolean): boolean {
    const step = this.#unwrapper.peek(sequenceNumber) - this.#newest;
    if (Math.abs(step) <= SEQUENCE_STEP_MAX) return true;
    if (retransmitted) return false;
    if (sequenceNumber !== this.#afterStep) {
      this.#afterStep = (sequenceNumber + 1) % SEQUENCE_TURN;
      return false;
    }
    this.#restart();
    return true;
  }

  #restart(): void {
    const began = this.#newest >= 0;
    this.#reorder.reset();
    this.#unwrapper = new Unwrapper(SEQUENCE_TURN);
    this.#seen.fill(-1);
    this.#newest = -1;
    this.#afterStep = -1;
    this.nack = new NackList();
    this.reception = new Reception(this.#options.clockRate);
    if (began) this.#options.lost(1);
  }
}
