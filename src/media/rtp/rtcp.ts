import { RTP_PACKET_BYTES_MAX, readUint16, readUint32 } from './packet.ts';

/** RFC 3550 section 6.4.1. */
export interface ReceptionReport {
  readonly ssrc: number;
  /** 0 to 255: share lost since the last report, in 256ths. */
  readonly fractionLost: number;
  /** Middle 32 bits of the NTP time of the last sender report, 0 without one. */
  readonly lastSr: number;
  /** 65,536ths of a second. */
  readonly delaySinceLastSr: number;
}

/** RTCP that somebody here acts upon; other packets are skipped. */
export type Rtcp =
  | {
      readonly kind: 'sender-report';
      readonly ssrc: number;
      /** The sender's NTP clock, milliseconds with a fraction. */
      readonly ntpMs: number;
      /** Middle 32 bits of the same. */
      readonly ntpMiddle: number;
      readonly rtpTimestamp: number;
      readonly reports: readonly ReceptionReport[];
    }
  | { readonly kind: 'receiver-report'; readonly ssrc: number; readonly reports: readonly ReceptionReport[] }
  | { readonly kind: 'bye'; readonly ssrcs: readonly number[] }
  | { readonly kind: 'nack'; readonly mediaSsrc: number; readonly sequenceNumbers: readonly number[] }
  | { readonly kind: 'pli'; readonly mediaSsrc: number }
  | { readonly kind: 'fir'; readonly mediaSsrcs: readonly number[] }
  | { readonly kind: 'remb'; readonly bitrateBps: number };

/** Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1). */
export const RTCP = {
  senderReport: 200,
  receiverReport: 201,
  description: 202,
  bye: 203,
  transportFeedback: 205,
  payloadFeedback: 206,
} as const;

/** Formats of the feedback packets: RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb, draft-holmer-rmcat-transport-wide-cc. */
export const FEEDBACK = { nack: 1, transportCc: 15, pli: 1, fir: 4, application: 15 } as const;

/** Packets read from one compound; later ones are left out. */
export const RTCP_PACKETS_MAX = 32;
const REPORT_BYTES = 24;
const REMB_NAME = 0x52454d42;

/** Reads a compound RTCP packet. What follows a malformed packet is left out: its length cannot be trusted. */
export function parseRtcp(bytes: Uint8Array): Rtcp[] {
  const found: Rtcp[] = [];
  if (bytes.length > RTP_PACKET_BYTES_MAX) return found;
  let at = 0;
  for (let count = 0; count < RTCP_PACKETS_MAX && at + 4 <= bytes.length; count++) {
    const end = at + 4 + 4 * readUint16(bytes, at + 2);
    if (bytes[at]! >> 6 !== 2 || end > bytes.length) break;
    const parsed = parseOne(bytes.subarray(at, end));
    if (parsed !== null) found.push(parsed);
    at = end;
  }
  return found;
}

/** `packet` has its header and ends where its length says. */
function parseOne(packet: Uint8Array): Rtcp | null {
  const type = packet[1]!;
  const count = packet[0]! & 0x1f;
  if (type === RTCP.senderReport) return parseSenderReport(packet, count);
  if (type === RTCP.receiverReport) return parseReceiverReport(packet, count);
  if (type === RTCP.bye) return parseBye(packet, count);
  if (packet.length < 12) return null;
  if (type === RTCP.transportFeedback && count === FEEDBACK.nack) return parseNack(packet);
  if (type !== RTCP.payloadFeedback) return null;
  if (count === FEEDBACK.pli) return { kind: 'pli', mediaSsrc: readUint32(packet, 8) };
  if (count === FEEDBACK.fir) return parseFir(packet);
  return count === FEEDBACK.application ? parseRemb(packet) : null;
}

function parseSenderReport(packet: Uint8Array, count: number): Rtcp | null {
  if (packet.length < 28) return null;
  const seconds = readUint32(packet, 8);
  const fraction = readUint32(packet, 12);
  return {
    kind: 'sender-report',
    ssrc: readUint32(packet, 4),
    ntpMs: seconds * 1000 + (fraction * 1000) / 4_294_967_296,
    ntpMiddle: ((seconds << 16) | (fraction >>> 16)) >>> 0,
    rtpTimestamp: readUint32(packet, 16),
    reports: parseReports(packet, 28, count),
  };
}

function parseReceiverReport(packet: Uint8Array, count: number): Rtcp | null {
  if (packet.length < 8) return null;
  return { kind: 'receiver-report', ssrc: readUint32(packet, 4), reports: parseReports(packet, 8, count) };
}

function parseReports(packet: Uint8Array, from: number, count: number): ReceptionReport[] {
  const reports: ReceptionReport[] = [];
  for (let i = 0, at = from; i < count && at + REPORT_BYTES <= packet.length; i++, at += REPORT_BYTES) {
    reports.push({
      ssrc: readUint32(packet, at),
      fractionLost: packet[at + 4]!,
      lastSr: readUint32(packet, at + 16),
      delaySinceLastSr: readUint32(packet, at + 20),
    });
  }
  return reports;
}

function parseBye(packet: Uint8Array, count: number): Rtcp {
  const ssrcs: number[] = [];
  for (let i = 0, at = 4; i < count && at + 4 <= packet.length; i++, at += 4)
    ssrcs.push(readUint32(packet, at));
  return { kind: 'bye', ssrcs };
}

/** RFC 4585 section 6.2.1: a sequence number and a mask of the sixteen after it. */
function parseNack(packet: Uint8Array): Rtcp {
  const sequenceNumbers: number[] = [];
  for (let at = 12; at + 4 <= packet.length; at += 4) {
    const first = readUint16(packet, at);
    sequenceNumbers.push(first);
    for (let mask = readUint16(packet, at + 2), next = first + 1; mask !== 0; mask >>= 1, next++) {
      if ((mask & 1) !== 0) sequenceNumbers.push(next & 0xffff);
    }
  }
  return { kind: 'nack', mediaSsrc: readUint32(packet, 8), sequenceNumbers };
}

/** RFC 5104 section 4.3.1.1. */
function parseFir(packet: Uint8Array): Rtcp {
  const mediaSsrcs: number[] = [];
  for (let at = 12; at + 8 <= packet.length; at += 8) mediaSsrcs.push(readUint32(packet, at));
  return { kind: 'fir', mediaSsrcs };
}

/** draft-alvestrand-rmcat-remb-03 section 2.2: 6 bits of exponent, 18 of mantissa. */
function parseRemb(packet: Uint8Array): Rtcp | null {
  if (packet.length < 20 || readUint32(packet, 12) !== REMB_NAME) return null;
  const exponent = packet[17]! >> 2;
  const mantissa = ((packet[17]! & 3) << 16) | readUint16(packet, 18);
  return { kind: 'remb', bitrateBps: mantissa * 2 ** exponent };
}
