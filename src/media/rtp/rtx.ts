import { type RtpPacket, readUint16 } from './packet.ts';

/** Bytes of the original sequence number before a retransmitted payload (RFC 4588 section 4). */
export const RTX_HEADER_BYTES = 2;

/**
 * The packet that a retransmission carries, as it was first sent; null for one that carries none, as probing for
 * bandwidth makes them.
 */
export function restoreRtx(rtx: RtpPacket, payloadType: number, ssrc: number): RtpPacket | null {
  if (rtx.payload.length <= RTX_HEADER_BYTES) return null;
  return {
    payloadType,
    marker: rtx.marker,
    sequenceNumber: readUint16(rtx.payload, 0),
    timestamp: rtx.timestamp,
    ssrc,
    payload: rtx.payload.subarray(RTX_HEADER_BYTES),
    extensionProfile: rtx.extensionProfile,
    extensions: rtx.extensions,
    mediaTimeMs: Number.NaN,
  };
}
