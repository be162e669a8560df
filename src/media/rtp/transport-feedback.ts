import { writeUint16, writeUint32 } from './packet.ts';
import { FEEDBACK, RTCP } from './rtcp.ts';
import { SEQUENCE_TURN, Unwrapper } from './unwrap.ts';

/** How often feedback goes out while packets arrive. */
export const FEEDBACK_PERIOD_MS = 50;
/** Arrivals that are remembered; also how far one report can reach. */
export const ARRIVALS_MAX = 4096;
/** Packets told of in one RTCP packet: 20 bytes, 2 a delta and 2 for seven statuses stay under 1,200 bytes. */
export const STATUSES_MAX = 480;
export const FEEDBACK_BYTES_MAX = 20 + 2 * STATUSES_MAX + 2 * Math.ceil(STATUSES_MAX / 7) + 4;

const TICK_MS = 0.25;
const REFERENCE_TICKS = 256; // 64 ms
const NOT_RECEIVED = 0;
const SMALL_DELTA = 1;
const LARGE_DELTA = 2;

/**
 * Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1), one for a transport: when
 * each packet arrived, in 250 us steps, and which did not. A packet that comes after its report is reported again
 * together with what followed it, as the sender takes the first time that a packet is reported as received.
 */
export class TransportFeedback {
  readonly #unwrapper = new Unwrapper(SEQUENCE_TURN);
  readonly #sequences = new Float64Array(ARRIVALS_MAX).fill(-1);
  readonly #ticks = new Float64Array(ARRIVALS_MAX);
  readonly #statuses = new Uint8Array(STATUSES_MAX);
  readonly #deltas = new Int16Array(STATUSES_MAX);
  /** The next sequence number to report, and the newest that arrived. */
  #next = -1;
  #newest = -1;
  #count = 0;

  /** Notes that the packet with this transport-wide sequence number arrived. */
  arrived(sequenceNumber: number, nowMs: number): void {
    const sequence = this.#unwrapper.unwrap(sequenceNumber);
    if (sequence <= this.#newest - ARRIVALS_MAX) return;
    const slot = sequence % ARRIVALS_MAX;
    if (this.#sequences[slot] === sequence) return;
    this.#sequences[slot] = sequence;
    this.#ticks[slot] = Math.floor(nowMs / TICK_MS);
    if (this.#next < 0 || sequence < this.#next) this.#next = sequence;
    if (sequence > this.#newest) this.#newest = sequence;
    if (this.#newest - this.#next >= ARRIVALS_MAX) this.#next = this.#newest - ARRIVALS_MAX + 1;
  }

  /** Sends what has not been reported, in as many packets as it takes; each is in `out` only while `send` runs. */
  flush(out: Uint8Array, ssrc: number, mediaSsrc: number, send: (bytes: Uint8Array) => void): void {
    while (this.#next >= 0 && this.#next <= this.#newest) {
      // The first packet of a report needs no arrival, but its reference time does.
      const first = this.#firstReceived(this.#next);
      const base = first - this.#next >= STATUSES_MAX ? first : this.#next;
      const reference = Math.floor(this.#ticks[first % ARRIVALS_MAX]! / REFERENCE_TICKS);
      const count = this.#collect(base, reference * REFERENCE_TICKS);
      this.#next = base + count;
      const end = this.#write(out, base, reference, count, ssrc, mediaSsrc);
      send(out.subarray(0, end));
    }
  }

  /** There is one: the newest. */
  #firstReceived(from: number): number {
    let sequence = from;
    while (this.#sequences[sequence % ARRIVALS_MAX] !== sequence) sequence++;
    return sequence;
  }

  /** Fills statuses and deltas; ends early where a delta does not fit 16 bits, for the next packet's own reference. */
  #collect(base: number, referenceTicks: number): number {
    const limit = Math.min(STATUSES_MAX, this.#newest - base + 1);
    let previous = referenceTicks;
    for (let i = 0; i < limit; i++) {
      const slot = (base + i) % ARRIVALS_MAX;
      if (this.#sequences[slot] !== base + i) {
        this.#statuses[i] = NOT_RECEIVED;
        continue;
      }
      const delta = this.#ticks[slot]! - previous;
      if (delta > 32_767 || delta < -32_768) return i;
      this.#statuses[i] = delta >= 0 && delta <= 255 ? SMALL_DELTA : LARGE_DELTA;
      this.#deltas[i] = delta;
      previous += delta;
    }
    return limit;
  }

  #write(
    out: Uint8Array,
    base: number,
    reference: number,
    count: number,
    ssrc: number,
    mediaSsrc: number,
  ): number {
    writeUint32(out, 4, ssrc);
    writeUint32(out, 8, mediaSsrc);
    writeUint16(out, 12, base % SEQUENCE_TURN);
    writeUint16(out, 14, count);
    writeUint32(out, 16, ((reference & 0xffffff) << 8) | (this.#count++ & 0xff));
    let at = writeChunks(out, 20, this.#statuses, count);
    for (let i = 0; i < count; i++) {
      const delta = this.#deltas[i]!;
      if (this.#statuses[i] === SMALL_DELTA) out[at++] = delta;
      else if (this.#statuses[i] === LARGE_DELTA) {
        writeUint16(out, at, delta);
        at += 2;
      }
    }
    const padding = (4 - (at % 4)) % 4;
    out.fill(0, at, at + padding);
    at += padding;
    if (padding > 0) out[at - 1] = padding;
    out[0] = (padding > 0 ? 0xa0 : 0x80) | FEEDBACK.transportCc;
    out[1] = RTCP.transportFeedback;
    writeUint16(out, 2, at / 4 - 1);
    return at;
  }
}

/** Section 3.1.2 to 3.1.4: runs where they are longer than what a vector holds, vectors of one or two bits otherwise. */
function writeChunks(out: Uint8Array, from: number, statuses: Uint8Array, count: number): number {
  let at = from;
  for (let i = 0; i < count; at += 2) {
    const status = statuses[i]!;
    let run = 1;
    while (i + run < count && statuses[i + run] === status) run++;
    if (run >= 14 || (run >= 7 && status === LARGE_DELTA) || run === count - i) {
      writeUint16(out, at, (status << 13) | run);
      i += run;
    } else if (hasLarge(statuses, i, Math.min(count, i + 14))) {
      writeUint16(out, at, vector(statuses, i, Math.min(count, i + 7), 2));
      i += 7;
    } else {
      writeUint16(out, at, vector(statuses, i, Math.min(count, i + 14), 1));
      i += 14;
    }
  }
  return at;
}

function hasLarge(statuses: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (statuses[i] === LARGE_DELTA) return true;
  return false;
}

function vector(statuses: Uint8Array, from: number, to: number, bits: 1 | 2): number {
  let chunk = bits === 2 ? 0xc000 : 0x8000;
  for (let i = from, shift = 14 - bits; i < to; i++, shift -= bits) chunk |= statuses[i]! << shift;
  return chunk;
}
