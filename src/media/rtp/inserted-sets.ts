import { NAL } from '../h264/nal.ts';
import type { ParameterSets } from '../h264/parameter-sets.ts';
import type { RtpPacket } from './packet.ts';

/** Bytes of a packet of parameter sets; larger ones are not inserted. */
const PACKET_BYTES_MAX = 1200;
/** Insertions that packets which come late are still numbered by. */
const MARKS_MAX = 16;

/**
 * Puts a packet of parameter sets in front of each key frame that comes without, among packets in arrival order, and numbers what follows
 * by one more. Only where it is certain that a key frame begins: the packet before it came, and is of another picture or no set.
 */
export class InsertedSets {
  readonly #sets: ParameterSets;
  #ssrc = -1;
  #newest = -1;
  #timestamp = -1;
  /** Whether the picture of now has sets in front of it. */
  #isHeaded = false;
  /** Sequence numbers that something was inserted before, the newest last; and how many insertions are older. */
  #marks: number[] = [];
  #older = 0;

  constructor(sets: ParameterSets) {
    this.#sets = sets;
  }

  /** Gives what goes out for a packet, by its unwrapped sequence number. */
  pass(sequence: number, packet: RtpPacket, out: (packet: RtpPacket) => void): void {
    if (packet.ssrc !== this.#ssrc) this.#begin(packet.ssrc);
    const isNext = this.#newest < 0 || sequence === this.#newest + 1;
    if (isNext || sequence > this.#newest || sequence < this.#newest - 0x8000) {
      this.#newest = sequence;
      if (packet.timestamp !== this.#timestamp) this.#isHeaded = false;
      this.#timestamp = packet.timestamp;
      const head = headOf(packet.payload);
      if (head === 'sets') this.#isHeaded = true;
      if (head === 'key' && !this.#isHeaded) {
        if (isNext) this.#insert(sequence, packet, out);
        this.#isHeaded = true;
      }
    }
    out(this.#older === 0 && this.#marks.length === 0 ? packet : this.#numbered(sequence, packet));
  }

  #begin(ssrc: number): void {
    this.#ssrc = ssrc;
    this.#newest = -1;
    this.#timestamp = -1;
    this.#marks = [];
    this.#older = 0;
  }

  #insert(sequence: number, packet: RtpPacket, out: (packet: RtpPacket) => void): void {
    const payload = aggregate(this.#sets.known);
    if (payload === null) return;
    const { sequenceNumber } = this.#numbered(sequence, packet);
    this.#marks.push(sequence);
    if (this.#marks.length > MARKS_MAX) {
      this.#marks.shift();
      this.#older++;
    }
    out({ ...packet, sequenceNumber, payload, marker: false, extensions: null, extensionProfile: 0 });
  }

  #numbered(sequence: number, packet: RtpPacket): RtpPacket {
    let shift = this.#older;
    for (const mark of this.#marks) if (mark <= sequence) shift++;
    return { ...packet, sequenceNumber: (packet.sequenceNumber + shift) & 0xffff };
  }
}

/** What a packet begins with that matters here: a set, or the first bytes of an IDR slice. */
function headOf(payload: Uint8Array): 'sets' | 'key' | null {
  if (payload.length < 2) return null;
  const type = payload[0]! & 0x1f;
  if (type === NAL.sps) return 'sets';
  if (type === NAL.idr) return 'key';
  if (type === NAL.fuA) return (payload[1]! & 0x80) !== 0 && (payload[1]! & 0x1f) === NAL.idr ? 'key' : null;
  if (type !== NAL.stapA) return null;
  let head: 'key' | null = null;
  for (let at = 1; at + 2 < payload.length; at += 2 + ((payload[at]! << 8) | payload[at + 1]!)) {
    const inner = payload[at + 2]! & 0x1f;
    if (inner === NAL.sps) return 'sets';
    if (inner === NAL.idr) head = 'key';
  }
  return head;
}

/** STAP-A (RFC 6184 section 5.7.1); null for none, and for more than a packet holds. */
function aggregate(nals: readonly Uint8Array[]): Uint8Array | null {
  const length = nals.reduce((sum, nal) => sum + 2 + nal.length, 1);
  if (nals.length === 0 || length > PACKET_BYTES_MAX) return null;
  const out = new Uint8Array(length);
  out[0] = 0x60 | NAL.stapA;
  let at = 1;
  for (const nal of nals) {
    out.set([nal.length >> 8, nal.length & 0xff], at);
    out.set(nal, at + 2);
    at += 2 + nal.length;
  }
  return out;
}
