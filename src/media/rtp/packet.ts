/** One RTP packet (RFC 3550 section 5.1) without its padding. Its byte arrays are views of the bytes it was parsed from. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequenceNumber: number;
  /** 32 bits of the track's clock, with the sender's random offset. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** Without padding; empty for a packet that was nothing but padding. */
  readonly payload: Uint8Array;
  /** The "defined by profile" word: `ONE_BYTE_EXTENSIONS`, `TWO_BYTE_EXTENSIONS` and the fifteen after it, or 0 without extension. */
  readonly extensionProfile: number;
  /** The elements of the header extension (RFC 8285) without their four bytes of header, or null. */
  readonly extensions: Uint8Array | null;
  /** Milliseconds on the stream's timeline, zero at its epoch; NaN while that is not known. Set by whoever places it. */
  mediaTimeMs: number;
}

export const RTP_HEADER_BYTES = 12;
/** What arrives or leaves in one datagram at most: every bound in packets is one in bytes by this. */
export const RTP_PACKET_BYTES_MAX = 1500;

/** Whether a datagram of a muxed transport is RTCP: packet types 192 to 223 (RFC 5761 section 4). */
export function isRtcp(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[1]! >= 192 && bytes[1]! <= 223;
}

/** Reads one RTP packet; null when the bytes are not RTP version 2, contradict themselves or are too many. */
export function parseRtp(bytes: Uint8Array): RtpPacket | null {
  const length = bytes.length;
  if (length < RTP_HEADER_BYTES || length > RTP_PACKET_BYTES_MAX || bytes[0]! >> 6 !== 2) return null;
  const first = bytes[0]!;
  let offset = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  let extensionProfile = 0;
  let extensions: Uint8Array | null = null;
  if ((first & 0x10) !== 0) {
    if (offset + 4 > length) return null;
    extensionProfile = (bytes[offset]! << 8) | bytes[offset + 1]!;
    const start = offset + 4;
    offset = start + 4 * ((bytes[offset + 2]! << 8) | bytes[offset + 3]!);
    if (offset > length) return null;
    extensions = bytes.subarray(start, offset);
  }
  let end = length;
  if ((first & 0x20) !== 0) {
    const padding = bytes[length - 1]!;
    if (padding === 0) return null;
    end -= padding;
  }
  if (offset > end) return null;
  return {
    payloadType: bytes[1]! & 0x7f,
    marker: (bytes[1]! & 0x80) !== 0,
    sequenceNumber: (bytes[2]! << 8) | bytes[3]!,
    timestamp: readUint32(bytes, 4),
    ssrc: readUint32(bytes, 8),
    payload: bytes.subarray(offset, end),
    extensionProfile,
    extensions,
    mediaTimeMs: Number.NaN,
  };
}

/** Writes the twelve fixed bytes at the start of `out`. `extended` sets the X bit: an extension header must follow. */
export function writeRtpHeader(
  out: Uint8Array,
  marker: boolean,
  payloadType: number,
  sequenceNumber: number,
  timestamp: number,
  ssrc: number,
  extended: boolean,
): void {
  out[0] = extended ? 0x90 : 0x80;
  out[1] = (marker ? 0x80 : 0) | payloadType;
  out[2] = sequenceNumber >> 8;
  out[3] = sequenceNumber;
  writeUint32(out, 4, timestamp);
  writeUint32(out, 8, ssrc);
}

/** Big-endian, unsigned. The caller checks the bounds. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Big-endian, unsigned. The caller checks the bounds. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Big-endian; bits above the 32nd are cut. */
export function writeUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

/** Big-endian; bits above the 16th are cut. */
export function writeUint16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value;
}
