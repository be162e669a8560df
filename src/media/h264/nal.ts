import { MediaError } from '../unit.ts';
import { BitReader } from './bits.ts';

/** `nal_unit_type` (ITU-T H.264 table 7-1) and the RTP-only types (RFC 6184 section 5.2). */
export const NAL = {
  slice: 1,
  idr: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  delimiter: 9,
  filler: 12,
  stapA: 24,
  fuA: 28,
} as const;

/** NAL units of one access unit; more are refused. */
export const NALS_PER_UNIT_MAX = 1024;

/** The type of a NAL unit; 0, which is unspecified, for an empty one. */
export function nalType(nal: Uint8Array): number {
  return nal.length === 0 ? 0 : nal[0]! & 0x1f;
}

/** Whether an access unit is an IDR picture: decoding can start here. */
export function isKeyFrame(nals: readonly Uint8Array[]): boolean {
  return nals.some(nal => nalType(nal) === NAL.idr);
}

/** Whether a NAL unit is coded picture data (types 1 to 5). */
export function isSlice(nal: Uint8Array): boolean {
  const type = nalType(nal);
  return type >= NAL.slice && type <= NAL.idr;
}

/** Whether a slice is the first of its picture: `first_mb_in_slice` is ue(v), and 0 is coded as one set bit. */
export function isFirstSlice(nal: Uint8Array): boolean {
  return nal.length > 1 && (nal[1]! & 0x80) !== 0;
}

/** Two Exp-Golomb codes of 32 bits, with what emulation prevention may add. */
const SLICE_HEAD_BYTES = 24;
const B_SLICE = 1;

/** Whether a NAL unit is a slice of a picture that may be shown before others that came earlier: `slice_type` of table 7-6. */
export function isBSlice(nal: Uint8Array): boolean {
  if (nalType(nal) !== NAL.slice) return false;
  const reader = new BitReader(unescapeNal(nal.subarray(1, SLICE_HEAD_BYTES)));
  try {
    reader.unsigned(); // first_mb_in_slice
    return reader.unsigned() % 5 === B_SLICE;
  } catch (cause) {
    if (cause instanceof MediaError) return false;
    throw cause;
  }
}

/** NAL units of a byte stream (ITU-T H.264 annex B), as views; bytes before the first start code are left out. */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let start = -1;
  for (let code = nextStartCode(bytes, 0); ; code = nextStartCode(bytes, code + 3)) {
    const end = code < 0 ? bytes.length : code;
    if (start >= 0) pushTrimmed(nals, bytes, start, end);
    if (code < 0) return nals;
    start = code + 3;
  }
}

/** Position of the next `00 00 01`, or -1. Looks at the third byte first, which mostly rules out three positions. */
function nextStartCode(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 2 < bytes.length; ) {
    const third = bytes[at + 2]!;
    if (third === 1 && bytes[at] === 0 && bytes[at + 1] === 0) return at;
    at += third === 0 ? 1 : 3;
  }
  return -1;
}

/** A NAL unit ends before `trailing_zero_8bits`, which include the first byte of a four-byte start code. */
function pushTrimmed(nals: Uint8Array[], bytes: Uint8Array, start: number, end: number): void {
  let last = end;
  while (last > start && bytes[last - 1] === 0) last--;
  if (last === start) return;
  if (nals.length === NALS_PER_UNIT_MAX) {
    throw new MediaError('too-many-nals', `an access unit has at most ${NALS_PER_UNIT_MAX} NAL units`);
  }
  nals.push(bytes.subarray(start, last));
}

/** The payload of a NAL unit without `emulation_prevention_three_byte` (ITU-T H.264 section 7.4.1). */
export function unescapeNal(nal: Uint8Array): Uint8Array {
  const out = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}
