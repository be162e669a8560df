import { assert } from '#base/assert.ts';
import { setType } from './box.ts';
import { TRACK_ID } from './init.ts';

/** One sample of a fragment. Times are whole ticks of the track's timescale. */
export interface Sample {
  readonly duration: number;
  /** pts minus dts; may be negative. */
  readonly compositionOffset: number;
  /** Decoding can start here. */
  readonly key: boolean;
  /** The sample's pieces: NAL units of a video sample, the one frame of an audio sample. */
  readonly pieces: readonly Uint8Array[];
}

export interface Fragment {
  /** `mfhd` sequence number: counts up from 1 within a rendition. */
  readonly sequence: number;
  /** Decode time of the first sample, ticks since the stream's epoch. */
  readonly decodeTime: number;
  readonly samples: readonly Sample[];
  /** Whether each piece is preceded by its length in 4 bytes (ISO 14496-15), as NAL units are. */
  readonly lengths: boolean;
}

const MFHD = 16;
const TFHD = 16;
const TFDT = 20;
const TRUN_FIXED = 20;
const SAMPLE_ENTRY = 16;
const DEFAULT_BASE_IS_MOOF = 0x020000;
/** Data offset; and for each sample duration, size, flags, composition offset. */
const TRUN_FLAGS = 0x000f01;
/** `sample_depends_on` 2: an I picture. */
const SYNC_SAMPLE = 0x02000000;
/** `sample_depends_on` 1, not a sync sample. */
const DEPENDENT_SAMPLE = 0x01010000;

/** `moof` and `mdat` of one CMAF chunk, written into one allocation; payload bytes are copied once. */
export function writeFragment(fragment: Fragment): Uint8Array {
  const { samples, lengths } = fragment;
  assert(samples.length > 0, 'a fragment holds at least one sample');
  const sizes = samples.map(sample => sampleSize(sample, lengths));
  const trun = TRUN_FIXED + samples.length * SAMPLE_ENTRY;
  const traf = 8 + TFHD + TFDT + trun;
  const moof = 8 + MFHD + traf;
  const mdat = sizes.reduce((sum, size) => sum + size, 8);
  const bytes = new Uint8Array(moof + mdat);
  const out = new BoxWriter(bytes);
  out.box(moof, 'moof');
  out.fullBox(MFHD, 'mfhd', 0, 0);
  out.u32(fragment.sequence);
  out.box(traf, 'traf');
  out.fullBox(TFHD, 'tfhd', 0, DEFAULT_BASE_IS_MOOF);
  out.u32(TRACK_ID);
  out.fullBox(TFDT, 'tfdt', 1, 0);
  out.u64(fragment.decodeTime);
  out.fullBox(trun, 'trun', 1, TRUN_FLAGS);
  out.u32(samples.length);
  out.u32(moof + 8);
  samples.forEach((sample, i) => {
    out.u32(sample.duration);
    out.u32(sizes[i]!);
    out.u32(sample.key ? SYNC_SAMPLE : DEPENDENT_SAMPLE);
    out.i32(sample.compositionOffset);
  });
  out.box(mdat, 'mdat');
  for (const sample of samples) writePieces(out, sample, lengths);
  return bytes;
}

function sampleSize(sample: Sample, lengths: boolean): number {
  let size = lengths ? 4 * sample.pieces.length : 0;
  for (const piece of sample.pieces) size += piece.length;
  return size;
}

function writePieces(out: BoxWriter, sample: Sample, lengths: boolean): void {
  for (const piece of sample.pieces) {
    if (lengths) out.u32(piece.length);
    out.bytes(piece);
  }
}

/** Writes forward into bytes of the right size. */
class BoxWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  box(size: number, type: string): void {
    this.u32(size);
    setType(this.#bytes, this.#at, type);
    this.#at += 4;
  }

  fullBox(size: number, type: string, version: number, flags: number): void {
    this.box(size, type);
    this.u32((version << 24) | flags);
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  i32(value: number): void {
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  /** Whole numbers up to 2^53. */
  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32));
    this.u32(value % 2 ** 32);
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}
