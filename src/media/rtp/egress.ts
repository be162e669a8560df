import { absSendTime, ONE_BYTE_EXTENSIONS } from './extensions.ts';
import { SentHistory } from './history.ts';
import { RTP_HEADER_BYTES, type RtpPacket, writeRtpHeader, writeUint16, writeUint32 } from './packet.ts';
import { RTX_HEADER_BYTES } from './rtx.ts';
import { SEQUENCE_TURN, Unwrapper } from './unwrap.ts';

/** Bytes before the payload: header, one extension element of three bytes, original sequence number. */
export const OVERHEAD_BYTES = RTP_HEADER_BYTES + 8 + RTX_HEADER_BYTES;
/** Between two frames of a burst: enough for a player to keep their order, too little for it to wait. */
export const BURST_STEP_MS = 1;
/** How long a packet of a burst may be late and still keep its frame's timestamp. */
const BURST_MEMORY_MS = 2000;
/** Two sources further apart than this on the timeline do not belong together. */
const SOURCE_STEP_MS_MAX = 5000;

export interface EgressOptions {
  readonly payloadType: number;
  readonly ssrc: number;
  readonly rtx: { readonly payloadType: number; readonly ssrc: number } | null;
  readonly absSendTimeId: number | null;
  readonly clockRate: number;
  /** Packets kept for retransmission, a power of two; 0 for none. */
  readonly historySlots: number;
  readonly send: (bytes: Uint8Array) => void;
}

/** One track on its way to one viewer: own SSRC, sequence numbers without foreign gaps, own timestamps. */
export class Egress {
  readonly #options: EgressOptions;
  readonly #out: Uint8Array;
  readonly #history: SentHistory | null;
  #unwrapper = new Unwrapper(SEQUENCE_TURN);
  /** -1 before the first source, and between two. */
  #sourceSsrc = -1;
  #hasBegun = false;
  /** The first sequence number that is sent; what is older belongs to before the viewer joined. */
  #first = 0;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  /** Timestamps that a burst put close together. */
  readonly #burst = new Map<number, number>();
  #burstMs = 0;
  #lastSequence: number;
  #lastTimestamp: number;
  #lastMs = 0;
  #rtxSequence: number;
  packets = 0;
  /** Packets that the viewer missed. */
  missed = 0;
  payloadBytes = 0;
  sentBytes = 0;
  /** Position on the stream's timeline of the newest packet sent, and its timestamp. */
  mediaTimeMs = Number.NaN;
  mediaTimestamp = 0;

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#out = new Uint8Array(2048);
    this.#history = options.historySlots > 0 ? new SentHistory(options.historySlots) : null;
    // The SSRC is random, so what is taken from it is as hard to guess (RFC 3550 section 5.1).
    this.#lastSequence = options.ssrc & 0x7fff;
    this.#lastTimestamp = Math.imul(options.ssrc, 2_654_435_761) >>> 0;
    this.#rtxSequence = (options.ssrc >>> 16) & 0x7fff;
  }

  /**
   * Sends frames that are older than now, `BURST_STEP_MS` apart, so that the viewer decodes them at once and then is live.
   * `packets` are of one source and in sequence. One step for each, so that a long burst can be cut; no other packet comes between.
   */
  *burst(packets: readonly RtpPacket[], nowMs: number): Generator<void> {
    const step = (BURST_STEP_MS * this.#options.clockRate) / 1000;
    this.#rebase(packets[0]!, nowMs);
    this.#burstMs = nowMs;
    let timestamp = this.#lastTimestamp;
    let previous = packets[0]!.timestamp;
    for (const packet of packets) {
      if (packet.timestamp !== previous) {
        timestamp = (timestamp + step) >>> 0;
        previous = packet.timestamp;
      }
      this.#burst.set(packet.timestamp, timestamp);
      this.#timestampOffset = timestamp - packet.timestamp;
      this.#forward(packet, nowMs);
      yield;
    }
  }

  /** Sends one packet; one from before the first is left out. */
  packet(packet: RtpPacket, nowMs: number): void {
    if (packet.ssrc !== this.#sourceSsrc) this.#rebase(packet, nowMs);
    this.#forward(packet, nowMs);
  }

  /** Nothing comes for a while, and nothing is sent again; whatever comes then goes on one sequence number later. */
  pause(): void {
    this.#sourceSsrc = -1;
    this.#history?.clear();
  }

  /** Sends a packet again, by RTX (RFC 4588) where that was agreed. False when it is not in the history. */
  resend(sequence: number, nowMs: number): boolean {
    const kept = this.#history?.take(sequence, nowMs) ?? null;
    if (kept === null) return false;
    if (!kept.again) this.missed++;
    const { payloadType, ssrc, rtx } = this.#options;
    if (rtx === null) this.#write(kept.packet, payloadType, ssrc, sequence, kept.timestamp, -1, nowMs);
    else {
      this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
      this.#write(kept.packet, rtx.payloadType, rtx.ssrc, this.#rtxSequence, kept.timestamp, sequence, nowMs);
    }
    return true;
  }

  /** Another source begins: go on one sequence number later, and later by as long as it took. */
  #rebase(packet: RtpPacket, nowMs: number): void {
    const elapsedMs = this.#elapsedMs(packet, nowMs);
    const elapsed = this.#hasBegun
      ? Math.max(1, Math.round((elapsedMs * this.#options.clockRate) / 1000))
      : 0;
    this.#hasBegun = true;
    this.#sourceSsrc = packet.ssrc;
    this.#unwrapper = new Unwrapper(SEQUENCE_TURN);
    this.#first = this.#unwrapper.unwrap(packet.sequenceNumber);
    this.#sequenceOffset = this.#lastSequence + 1 - this.#first;
    this.#lastTimestamp = (this.#lastTimestamp + elapsed) >>> 0;
    this.#timestampOffset = this.#lastTimestamp - packet.timestamp;
    this.#burst.clear();
  }

  /** On the stream's timeline where both are on it, as layers of one picture are; else by arrival. */
  #elapsedMs(packet: RtpPacket, nowMs: number): number {
    const mediaMs = packet.mediaTimeMs - this.mediaTimeMs;
    return Math.abs(mediaMs) < SOURCE_STEP_MS_MAX ? mediaMs : nowMs - this.#lastMs;
  }

  #forward(packet: RtpPacket, nowMs: number): void {
    const incoming = this.#unwrapper.unwrap(packet.sequenceNumber);
    if (incoming < this.#first) return;
    const sequence = (incoming + this.#sequenceOffset) & 0xffff;
    const timestamp = this.#timestampOf(packet, nowMs);
    const { payloadType, ssrc } = this.#options;
    this.#history?.keep(packet, sequence, timestamp);
    this.#write(packet, payloadType, ssrc, sequence, timestamp, -1, nowMs);
    this.packets++;
    this.payloadBytes += packet.payload.length;
    if (((sequence - this.#lastSequence) & 0xffff) >= 0x8000) return;
    this.#lastSequence = sequence;
    this.#lastTimestamp = timestamp;
    this.#lastMs = nowMs;
    this.mediaTimeMs = packet.mediaTimeMs;
    this.mediaTimestamp = timestamp;
  }

  #timestampOf(packet: RtpPacket, nowMs: number): number {
    const live = (packet.timestamp + this.#timestampOffset) >>> 0;
    if (this.#burst.size === 0) return live;
    if (nowMs - this.#burstMs > BURST_MEMORY_MS) this.#burst.clear();
    return this.#burst.get(packet.timestamp) ?? live;
  }

  /** `original` is the sequence number that a retransmission carries, or -1. */
  #write(
    packet: RtpPacket,
    payloadType: number,
    ssrc: number,
    sequence: number,
    timestamp: number,
    original: number,
    nowMs: number,
  ): void {
    const out = this.#out;
    const { absSendTimeId, send } = this.#options;
    if (packet.payload.length > out.length - OVERHEAD_BYTES) return;
    writeRtpHeader(out, packet.marker, payloadType, sequence, timestamp, ssrc, absSendTimeId !== null);
    let at = RTP_HEADER_BYTES;
    if (absSendTimeId !== null) {
      writeUint32(out, at, (ONE_BYTE_EXTENSIONS << 16) | 1);
      writeUint32(out, at + 4, (absSendTimeId << 28) | (2 << 24) | absSendTime(nowMs));
      at += 8;
    }
    if (original >= 0) {
      writeUint16(out, at, original);
      at += RTX_HEADER_BYTES;
    }
    out.set(packet.payload, at);
    at += packet.payload.length;
    this.sentBytes += at;
    send(out.subarray(0, at));
  }
}
