import { isFirstSlice, isSlice, NAL, NALS_PER_UNIT_MAX, nalType } from './nal.ts';
import { ParameterSets } from './parameter-sets.ts';

/** Bytes of one access unit; a larger one is dropped. */
export const UNIT_BYTES_MAX = 2 * 1024 * 1024;

/** Fragments of one NAL unit: at 1,200 bytes each, more than a unit may have. */
const FRAGMENTS_MAX = 4096;

/** One access unit as it came out of its packets. */
export interface AccessUnit {
  /** RTP timestamp of its packets. */
  readonly timestamp: number;
  /** When the first of them arrived, milliseconds. */
  readonly arrivalMs: number;
  readonly key: boolean;
  readonly nals: readonly Uint8Array[];
}

/**
 * Puts access units together from RTP payloads in sequence order (RFC 6184: single NAL unit, STAP-A, FU-A). A unit
 * that misses a packet is broken and not delivered; nor is anything after it until the next whole key frame, because
 * decoders that meet a missing reference show garbage or stop.
 */
export class H264Depacketizer {
  readonly #deliver: (unit: AccessUnit) => void;
  readonly #broken: () => void;
  readonly #sets: ParameterSets;
  #nals: Uint8Array[] = [];
  #bytes = 0;
  #timestamp = -1;
  #arrivalMs = 0;
  #unitBroken = false;
  #afterLoss = true;
  #needKey = true;
  #fragments: Uint8Array[] = [];

  /**
   * `deliver` gets whole units, key frames with all their parameter sets; `broken` is called for each unit that is dropped, before the
   * first key frame too.
   */
  constructor(
    deliver: (unit: AccessUnit) => void,
    broken: () => void,
    sets: ParameterSets = new ParameterSets(),
  ) {
    this.#sets = sets;
    this.#deliver = deliver;
    this.#broken = broken;
  }

  /** Takes the payload of the next packet in sequence. Payloads are kept as views until their unit is delivered. */
  push(payload: Uint8Array, timestamp: number, marker: boolean, arrivalMs: number): void {
    if (payload.length === 0) return;
    if (timestamp !== this.#timestamp) {
      this.#finish();
      this.#timestamp = timestamp;
      this.#arrivalMs = arrivalMs;
    }
    if (!this.#unitBroken && !this.#take(payload)) this.#break();
    if (!marker) return;
    this.#finish();
    // What follows is another unit, also from a sender whose timestamps stand still.
    this.#timestamp = -1;
  }

  /** Tells that packets before the next one are missing. */
  lost(): void {
    this.#afterLoss = true;
    this.#needKey = true;
    if (this.#nals.length > 0 || this.#fragments.length > 0) this.#break();
  }

  /** False when the payload breaks its unit. Interleaved mode (STAP-B, MTAP, FU-B) is never negotiated. */
  #take(payload: Uint8Array): boolean {
    const type = payload[0]! & 0x1f;
    if (type === NAL.fuA) return this.#takeFragment(payload);
    if (type === NAL.stapA) return this.#takeAggregate(payload);
    return type >= 1 && type < NAL.stapA && this.#addNal(payload);
  }

  /** RFC 6184 section 5.7.1. */
  #takeAggregate(payload: Uint8Array): boolean {
    let at = 1;
    while (at + 2 <= payload.length) {
      const end = at + 2 + ((payload[at]! << 8) | payload[at + 1]!);
      if (end > payload.length || end === at + 2) return false;
      if (!this.#addNal(payload.subarray(at + 2, end))) return false;
      at = end;
    }
    return at === payload.length;
  }

  /** RFC 6184 section 5.8. */
  #takeFragment(payload: Uint8Array): boolean {
    if (payload.length < 2) return false;
    const header = payload[1]!;
    const starts = (header & 0x80) !== 0;
    if (starts !== (this.#fragments.length === 0)) return false;
    if (starts) this.#fragments.push(Uint8Array.of((payload[0]! & 0xe0) | (header & 0x1f)));
    this.#fragments.push(payload.subarray(2));
    this.#bytes += payload.length - (starts ? 1 : 2);
    if (this.#bytes > UNIT_BYTES_MAX || this.#fragments.length > FRAGMENTS_MAX) return false;
    if ((header & 0x40) === 0) return true;
    const nal = concat(this.#fragments);
    this.#fragments = [];
    this.#bytes -= nal.length;
    return this.#addNal(nal);
  }

  #addNal(nal: Uint8Array): boolean {
    if (this.#fragments.length > 0) return false;
    if (nalType(nal) === NAL.filler) return true;
    this.#bytes += nal.length;
    if (this.#bytes > UNIT_BYTES_MAX || this.#nals.length === NALS_PER_UNIT_MAX) return false;
    this.#nals.push(nal);
    return true;
  }

  #break(): void {
    this.#unitBroken = true;
    this.#nals = [];
    this.#fragments = [];
  }

  #finish(): void {
    const nals = this.#nals;
    const whole = !this.#unitBroken && this.#fragments.length === 0;
    const empty = nals.length === 0 && whole;
    this.#nals = [];
    this.#fragments = [];
    this.#bytes = 0;
    this.#unitBroken = false;
    if (empty) return;
    const first = nals.find(isSlice);
    if (whole && first === undefined) {
      this.#keepForNext(nals);
      return;
    }
    const beginsWell = first !== undefined && (!this.#afterLoss || isFirstSlice(first));
    const key = first !== undefined && nalType(first) === NAL.idr;
    this.#afterLoss = false;
    const complete = whole && beginsWell ? this.#sets.take(nals, key) : null;
    if (complete === null || (this.#needKey && !key)) {
      this.#needKey = true;
      this.#broken();
      return;
    }
    this.#needKey = false;
    this.#deliver({ timestamp: this.#timestamp, arrivalMs: this.#arrivalMs, key, nals: complete });
  }

  /** Some encoders mark the packets of their parameter sets as a unit of their own; they belong to the next picture. */
  #keepForNext(nals: Uint8Array[]): void {
    this.#nals = nals.slice(0, NALS_PER_UNIT_MAX / 2);
    this.#bytes = this.#nals.reduce((sum, nal) => sum + nal.length, 0);
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether an RTP payload holds a sequence parameter set: what follows can be shown to whoever has seen nothing yet. */
export function hasParameterSets(payload: Uint8Array): boolean {
  return payload.length > 1 && nalsOf(payload).includes(NAL.sps);
}

/** Types of the NAL units that lie whole in a payload. */
function nalsOf(payload: Uint8Array): number[] {
  const type = payload[0]! & 0x1f;
  if (type !== NAL.stapA) return [type];
  const types: number[] = [];
  for (let at = 1; at + 2 < payload.length; at += 2 + ((payload[at]! << 8) | payload[at + 1]!))
    types.push(payload[at + 2]! & 0x1f);
  return types;
}

/** Whether an RTP payload holds the beginning of a key frame: a sequence parameter set or the start of an IDR slice. */
export function beginsKeyFrame(payload: Uint8Array): boolean {
  if (payload.length < 2) return false;
  const type = payload[0]! & 0x1f;
  if (type === NAL.idr || type === NAL.sps) return true;
  if (type === NAL.fuA) return (payload[1]! & 0x80) !== 0 && (payload[1]! & 0x1f) === NAL.idr;
  if (type !== NAL.stapA) return false;
  for (let at = 1; at + 2 < payload.length; at += 2 + ((payload[at]! << 8) | payload[at + 1]!)) {
    const inner = payload[at + 2]! & 0x1f;
    if (inner === NAL.sps || inner === NAL.idr) return true;
  }
  return false;
}
