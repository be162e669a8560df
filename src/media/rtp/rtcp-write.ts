import { writeUint16, writeUint32 } from './packet.ts';
import { FEEDBACK, RTCP } from './rtcp.ts';

/** Sequence numbers in one NACK packet, so that it fits a datagram with room to spare. */
export const NACK_NUMBERS_MAX = 256;

/** What a receiver report says of one source (RFC 3550 section 6.4.1). */
export interface ReceptionBlock {
  readonly ssrc: number;
  readonly fractionLost: number;
  /** Signed, cut to 24 bits. */
  readonly cumulativeLost: number;
  readonly highestSequence: number;
  /** Timestamp units. */
  readonly jitter: number;
  readonly lastSr: number;
  readonly delaySinceLastSr: number;
}

/** What a sender report says (RFC 3550 section 6.4.1). */
export interface SenderReport {
  readonly ssrc: number;
  readonly ntpMs: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly bytes: number;
}

/** Every writer writes at `at` and returns where its packet ends. The caller leaves room for it. */
function writeHeader(out: Uint8Array, at: number, count: number, type: number, bytes: number): void {
  out[at] = 0x80 | count;
  out[at + 1] = type;
  writeUint16(out, at + 2, bytes / 4 - 1);
}

export function writeReceiverReport(
  out: Uint8Array,
  at: number,
  ssrc: number,
  blocks: readonly ReceptionBlock[],
): number {
  const end = at + 8 + 24 * blocks.length;
  writeHeader(out, at, blocks.length, RTCP.receiverReport, end - at);
  writeUint32(out, at + 4, ssrc);
  let block = at + 8;
  for (const report of blocks) {
    writeUint32(out, block, report.ssrc);
    writeUint32(out, block + 4, (report.fractionLost << 24) | (report.cumulativeLost & 0xffffff));
    writeUint32(out, block + 8, report.highestSequence);
    writeUint32(out, block + 12, report.jitter);
    writeUint32(out, block + 16, report.lastSr);
    writeUint32(out, block + 20, report.delaySinceLastSr);
    block += 24;
  }
  return end;
}

export function writeSenderReport(out: Uint8Array, at: number, report: SenderReport): number {
  writeHeader(out, at, 0, RTCP.senderReport, 28);
  const seconds = Math.floor(report.ntpMs / 1000);
  const fraction = Math.floor(((report.ntpMs - seconds * 1000) / 1000) * 4_294_967_296);
  writeUint32(out, at + 4, report.ssrc);
  writeUint32(out, at + 8, seconds);
  writeUint32(out, at + 12, fraction);
  writeUint32(out, at + 16, report.rtpTimestamp);
  writeUint32(out, at + 20, report.packets);
  writeUint32(out, at + 24, report.bytes);
  return at + 28;
}

/** SDES with a CNAME, which every compound packet must have (RFC 3550 section 6.1). `cname` is ASCII. */
export function writeDescription(out: Uint8Array, at: number, ssrc: number, cname: string): number {
  // An item ends with at least one zero byte and the chunk at a word.
  const bytes = 4 + Math.ceil((4 + 2 + cname.length + 1) / 4) * 4;
  writeHeader(out, at, 1, RTCP.description, bytes);
  out.fill(0, at + 4, at + bytes);
  writeUint32(out, at + 4, ssrc);
  out[at + 8] = 1;
  out[at + 9] = cname.length;
  for (let i = 0; i < cname.length; i++) out[at + 10 + i] = cname.charCodeAt(i);
  return at + bytes;
}

/** `sequenceNumbers` ascend (modulo 65,536) and are at most `NACK_NUMBERS_MAX`. */
export function writeNack(
  out: Uint8Array,
  at: number,
  ssrc: number,
  mediaSsrc: number,
  sequenceNumbers: readonly number[],
): number {
  let end = at + 12;
  for (let i = 0; i < sequenceNumbers.length; end += 4) {
    const first = sequenceNumbers[i++]!;
    let mask = 0;
    for (; i < sequenceNumbers.length; i++) {
      const distance = (sequenceNumbers[i]! - first) & 0xffff;
      if (distance < 1 || distance > 16) break;
      mask |= 1 << (distance - 1);
    }
    writeUint16(out, end, first);
    writeUint16(out, end + 2, mask);
  }
  writeHeader(out, at, FEEDBACK.nack, RTCP.transportFeedback, end - at);
  writeUint32(out, at + 4, ssrc);
  writeUint32(out, at + 8, mediaSsrc);
  return end;
}

/** Picture loss indication (RFC 4585 section 6.3.1): asks for a key frame. */
export function writePli(out: Uint8Array, at: number, ssrc: number, mediaSsrc: number): number {
  writeHeader(out, at, FEEDBACK.pli, RTCP.payloadFeedback, 12);
  writeUint32(out, at + 4, ssrc);
  writeUint32(out, at + 8, mediaSsrc);
  return at + 12;
}
