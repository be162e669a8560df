import type { RtpPacket } from './packet.ts';

/** A packet to send again. */
export interface Kept {
  readonly packet: RtpPacket;
  readonly timestamp: number;
  /** Whether it was asked for before. */
  readonly again: boolean;
}

/** One packet is sent again at most this often; a viewer that asks faster gets the first answer only. */
export const RESEND_GAP_MS = 20;

/** What was sent lately, for retransmission. It holds references, not copies. */
export class SentHistory {
  readonly #slots: number;
  readonly #packets: (RtpPacket | undefined)[];
  readonly #sequences: Uint16Array;
  readonly #timestamps: Uint32Array;
  readonly #resentMs: Float64Array;

  /** `slots` is a power of two, so that sequence numbers wrap onto it. */
  constructor(slots: number) {
    this.#slots = slots;
    this.#packets = new Array<RtpPacket | undefined>(slots);
    this.#sequences = new Uint16Array(slots);
    this.#timestamps = new Uint32Array(slots);
    this.#resentMs = new Float64Array(slots);
  }

  /** `sequence` and `timestamp` are those it was sent with. */
  keep(packet: RtpPacket, sequence: number, timestamp: number): void {
    const slot = sequence & (this.#slots - 1);
    this.#packets[slot] = packet;
    this.#sequences[slot] = sequence;
    this.#timestamps[slot] = timestamp;
    this.#resentMs[slot] = Number.NEGATIVE_INFINITY;
  }

  clear(): void {
    this.#packets.fill(undefined);
  }

  /** The packet to send again, or null when it is gone or was sent again just now. Counts as sent again. */
  take(sequence: number, nowMs: number): Kept | null {
    const slot = sequence & (this.#slots - 1);
    const packet = this.#packets[slot];
    if (packet === undefined || this.#sequences[slot] !== sequence) return null;
    const resentMs = this.#resentMs[slot]!;
    if (nowMs - resentMs < RESEND_GAP_MS) return null;
    this.#resentMs[slot] = nowMs;
    return { packet, timestamp: this.#timestamps[slot]!, again: resentMs > Number.NEGATIVE_INFINITY };
  }
}
