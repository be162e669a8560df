import { assert } from '#base/assert.ts';
import { NAL } from './nal.ts';

/** RTP payload that fits any path with its headers, SRTP tag and a retransmission's two bytes. */
export const PAYLOAD_BYTES_MAX = 1200;

/**
 * The RTP payloads of one access unit in packetization-mode 1 (RFC 6184 section 6.3), for sources that bring no RTP.
 * Small NAL units share a STAP-A, large ones become FU-A. The last payload takes the marker bit. Payloads may be views.
 */
export function packetizeH264(nals: readonly Uint8Array[], payloadMax = PAYLOAD_BYTES_MAX): Uint8Array[] {
  assert(payloadMax > 16, 'a payload has room for its own headers');
  const payloads: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  let smallBytes = 1;
  const flush = (): void => {
    if (small.length > 0) payloads.push(small.length === 1 ? small[0]! : aggregate(small, smallBytes));
    small = [];
    smallBytes = 1;
  };
  for (const nal of nals) {
    if (nal.length === 0) continue;
    if (smallBytes + 2 + nal.length > payloadMax) flush();
    if (nal.length > payloadMax) fragment(nal, payloadMax, payloads);
    else {
      small.push(nal);
      smallBytes += 2 + nal.length;
    }
  }
  flush();
  return payloads;
}

/** RFC 6184 section 5.7.1: F is the OR of all, NRI the highest. */
function aggregate(nals: readonly Uint8Array[], bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let forbidden = 0;
  let importance = 0;
  let at = 1;
  for (const nal of nals) {
    forbidden |= nal[0]! & 0x80;
    importance = Math.max(importance, nal[0]! & 0x60);
    out[at] = nal.length >> 8;
    out[at + 1] = nal.length;
    out.set(nal, at + 2);
    at += 2 + nal.length;
  }
  out[0] = forbidden | importance | NAL.stapA;
  return out;
}

/** RFC 6184 section 5.8; fragments are of about equal size so that none is tiny. */
function fragment(nal: Uint8Array, payloadMax: number, payloads: Uint8Array[]): void {
  const body = nal.length - 1;
  const count = Math.ceil(body / (payloadMax - 2));
  const size = Math.ceil(body / count);
  for (let at = 0; at < body; at += size) {
    const part = nal.subarray(1 + at, 1 + Math.min(body, at + size));
    const out = new Uint8Array(2 + part.length);
    out[0] = (nal[0]! & 0xe0) | NAL.fuA;
    out[1] = (at === 0 ? 0x80 : 0) | (at + size >= body ? 0x40 : 0) | (nal[0]! & 0x1f);
    out.set(part, 2);
    payloads.push(out);
  }
}
