import { randomInt } from 'node:crypto';
import { ONE_BYTE_EXTENSIONS } from '../../src/media/rtp/extensions.ts';
import { RTP_HEADER_BYTES, writeRtpHeader, writeUint16 } from '../../src/media/rtp/packet.ts';
import { writeDescription, writeSenderReport } from '../../src/media/rtp/rtcp-write.ts';

/** Packets kept to be sent again: about three seconds of video. */
const HISTORY_MAX = 1024;

export interface RtpSenderOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Ticks per second. */
  readonly clockRate: number;
  /** Elements of a header extension (RFC 8285, one-byte form) of every packet, padded to words; none unless given. */
  readonly extensions?: () => Uint8Array;
  send(packet: Uint8Array): void;
}

/** One RTP stream: numbers packets, sends lost ones again, reports. */
export class RtpSender {
  readonly #options: RtpSenderOptions;
  readonly #history = new Map<number, Uint8Array>();
  #sequence = randomInt(0x8000);
  #packets = 0;
  #bytes = 0;

  constructor(options: RtpSenderOptions) {
    this.#options = options;
  }

  /** Sends the payloads of one access unit; the last one bears the marker where `marked`. */
  push(payloads: readonly Uint8Array[], ms: number, marked: boolean): void {
    const { payloadType, ssrc, extensions } = this.#options;
    for (const [i, payload] of payloads.entries()) {
      const block = extensions ? extensionBlock(extensions()) : new Uint8Array(0);
      const packet = new Uint8Array(RTP_HEADER_BYTES + block.length + payload.length);
      const isLast = i === payloads.length - 1;
      const isExtended = block.length > 0;
      writeRtpHeader(
        packet,
        marked && isLast,
        payloadType,
        this.#sequence,
        this.#ticks(ms),
        ssrc,
        isExtended,
      );
      packet.set(block, RTP_HEADER_BYTES);
      packet.set(payload, RTP_HEADER_BYTES + block.length);
      this.#keep(packet);
      this.#packets++;
      this.#bytes += payload.length;
      this.#options.send(packet);
    }
  }

  /** Answers a NACK (RFC 4585 section 6.2.1). */
  sendAgain(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const packet = this.#history.get(sequence);
      if (packet) this.#options.send(packet);
    }
  }

  /** A sender report (RFC 3550 section 6.4.1), which lets the receiver align the tracks. */
  report(ms: number): void {
    const { ssrc } = this.#options;
    const bytes = new Uint8Array(128);
    const report = {
      ssrc,
      ntpMs: ms,
      rtpTimestamp: this.#ticks(ms),
      packets: this.#packets,
      bytes: this.#bytes,
    };
    const end = writeDescription(bytes, writeSenderReport(bytes, 0, report), ssrc, 'synthetic');
    this.#options.send(bytes.subarray(0, end));
  }

  #ticks(ms: number): number {
    return Math.round((ms * this.#options.clockRate) / 1000) % 2 ** 32;
  }

  #keep(packet: Uint8Array): void {
    this.#history.set(this.#sequence, packet);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    if (this.#history.size > HISTORY_MAX) this.#history.delete(this.#history.keys().next().value!);
  }
}

function extensionBlock(elements: Uint8Array): Uint8Array {
  const block = new Uint8Array(4 + elements.length);
  writeUint16(block, 0, ONE_BYTE_EXTENSIONS);
  writeUint16(block, 2, elements.length / 4);
  block.set(elements, 4);
  return block;
}
