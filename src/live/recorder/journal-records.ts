import { crc32 } from '#base/crc32.ts';

/** A record's head: its payload's length and CRC-32, both 32 bits, big-endian. */
const HEAD_BYTES = 8;
/** A longer record is no record: a part is at most some megabytes. */
export const RECORD_BYTES_MAX = 64 * 1024 * 1024;

/** Payloads as records in a row, to be appended in one go. */
export function writeRecords(payloads: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(payloads.reduce((sum, payload) => sum + HEAD_BYTES + payload.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const payload of payloads) {
    view.setUint32(at, payload.length);
    view.setUint32(at + 4, crc32(payload));
    bytes.set(payload, at + HEAD_BYTES);
    at += HEAD_BYTES + payload.length;
  }
  return bytes;
}

/** The whole records from the beginning on. The first that is torn or rotten ends them: what lies behind is cut. */
export function readRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloads: Uint8Array[] = [];
  let at = 0;
  while (at + HEAD_BYTES <= bytes.length) {
    const length = view.getUint32(at);
    const end = at + HEAD_BYTES + length;
    // A tail of zeros, which some file systems leave, would be records without payload: there are none.
    if (length === 0 || length > RECORD_BYTES_MAX || end > bytes.length) break;
    const payload = bytes.subarray(at + HEAD_BYTES, end);
    if (crc32(payload) !== view.getUint32(at + 4)) break;
    payloads.push(payload);
    at = end;
  }
  return payloads;
}
