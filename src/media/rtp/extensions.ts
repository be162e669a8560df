import { type RtpPacket, readUint16 } from './packet.ts';

/** RFC 8285 section 4.2. */
export const ONE_BYTE_EXTENSIONS = 0xbede;
/** RFC 8285 section 4.3; the low four bits are free. */
export const TWO_BYTE_EXTENSIONS = 0x1000;

/** The value of the header extension element `id`, a view; null when the packet has none or its block is broken. */
export function findExtension(packet: RtpPacket, id: number): Uint8Array | null {
  const block = packet.extensions;
  if (block === null) return null;
  if (packet.extensionProfile === ONE_BYTE_EXTENSIONS) return findOneByte(block, id);
  if ((packet.extensionProfile & 0xfff0) === TWO_BYTE_EXTENSIONS) return findTwoByte(block, id);
  return null;
}

function findOneByte(block: Uint8Array, id: number): Uint8Array | null {
  let at = 0;
  while (at < block.length) {
    const head = block[at]!;
    if (head === 0) {
      at++;
      continue;
    }
    if (head >> 4 === 15) return null; // RFC 8285 section 4.2: stop at the reserved id
    const end = at + 2 + (head & 0x0f);
    if (end > block.length) return null;
    if (head >> 4 === id) return block.subarray(at + 1, end);
    at = end;
  }
  return null;
}

function findTwoByte(block: Uint8Array, id: number): Uint8Array | null {
  let at = 0;
  while (at < block.length) {
    if (block[at] === 0) {
      at++;
      continue;
    }
    if (at + 2 > block.length) return null;
    const end = at + 2 + block[at + 1]!;
    if (end > block.length) return null;
    if (block[at] === id) return block.subarray(at + 2, end);
    at = end;
  }
  return null;
}

/** The transport-wide sequence number of a packet, or -1 (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2). */
export function transportSequence(packet: RtpPacket, id: number): number {
  const value = findExtension(packet, id);
  return value !== null && value.length >= 2 ? readUint16(value, 0) : -1;
}

/** The 24 bits of `abs-send-time`: seconds in 6.18 fixed point, wrapping every 64 s. */
export function absSendTime(nowMs: number): number {
  return Math.round((nowMs / 1000) * 262_144) % 16_777_216;
}
