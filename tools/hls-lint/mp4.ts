import { BOXES_MAX, SAMPLES_MAX } from './limits.ts';

/** What an initialization section says of its one track. */
export interface Init {
  readonly kind: 'video' | 'audio' | 'other';
  readonly timescale: number;
  /** RFC 6381 name, as far as it can be told: `avc1.42e01f`, `mp4a.40.2`. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly tracks: number;
  /** Defaults of `trex`. */
  readonly sampleDuration: number;
  readonly sampleFlags: number;
}

/** One `moof`. Times are ticks. */
export interface Fragment {
  readonly start: number;
  readonly duration: number;
  readonly samples: number;
  /** For each sample, whether decoding can start there. */
  readonly sync: readonly boolean[];
}

/** The bytes are not what they should be. */
export class Mp4Error extends Error {}

interface Box {
  readonly type: string;
  readonly body: DataView;
}

export function readInit(bytes: Uint8Array): Init {
  const moov = child(boxes(view(bytes)), 'moov');
  const traks = boxes(moov).filter(box => box.type === 'trak');
  const trak = traks[0]?.body;
  if (!trak) throw new Mp4Error('moov has no trak');
  const mdia = child(boxes(trak), 'mdia');
  const mdhd = child(boxes(mdia), 'mdhd');
  const timescale = u32(mdhd, u8(mdhd, 0) === 1 ? 20 : 12);
  if (timescale === 0) throw new Mp4Error('the timescale is zero');
  const handler = fourcc(child(boxes(mdia), 'hdlr'), 8);
  const stsd = child(boxes(child(boxes(child(boxes(mdia), 'minf')), 'stbl')), 'stsd');
  const entry = boxes(stsd, 8)[0];
  if (!entry) throw new Mp4Error('stsd is empty');
  const mvex = boxes(moov).find(box => box.type === 'mvex');
  const trex = mvex && boxes(mvex.body).find(box => box.type === 'trex')?.body;
  if (!trex) throw new Mp4Error('moov has no mvex with trex');
  const kind = handler === 'vide' ? 'video' : handler === 'soun' ? 'audio' : 'other';
  return {
    kind,
    timescale,
    codec: codecOf(entry),
    width: kind === 'video' ? u16(entry.body, 24) : 0,
    height: kind === 'video' ? u16(entry.body, 26) : 0,
    tracks: traks.length,
    sampleDuration: u32(trex, 12),
    sampleFlags: u32(trex, 20),
  };
}

export function readFragments(bytes: Uint8Array, init: Init): Fragment[] {
  const top = boxes(view(bytes));
  const fragments: Fragment[] = [];
  for (const [i, box] of top.entries()) {
    if (box.type !== 'moof') continue;
    if (!top.slice(i + 1).some(other => other.type === 'mdat')) throw new Mp4Error('moof without mdat');
    const trafs = boxes(box.body).filter(inner => inner.type === 'traf');
    if (trafs.length !== 1) throw new Mp4Error(`moof has ${trafs.length} traf`);
    fragments.push(readTraf(boxes(trafs[0]!.body), init));
  }
  if (fragments.length === 0) throw new Mp4Error('there is no moof');
  return fragments;
}

/** `sample_is_non_sync_sample` (ISO 14496-12 section 8.8.3.1). */
const NON_SYNC = 0x10000;

function readTraf(inner: readonly Box[], init: Init): Fragment {
  const tfhd = new Fields(child(inner, 'tfhd'));
  const flags = tfhd.u32() & 0xffffff;
  tfhd.skip(4 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0));
  const duration = flags & 8 ? tfhd.u32() : init.sampleDuration;
  tfhd.skip(flags & 0x10 ? 4 : 0);
  const sampleFlags = flags & 0x20 ? tfhd.u32() : init.sampleFlags;
  const tfdt = child(inner, 'tfdt');
  const start = u8(tfdt, 0) === 1 ? u32(tfdt, 4) * 2 ** 32 + u32(tfdt, 8) : u32(tfdt, 4);
  const sync: boolean[] = [];
  let total = 0;
  for (const trun of inner.filter(box => box.type === 'trun'))
    total += readTrun(new Fields(trun.body), duration, sampleFlags, sync);
  return { start, duration: total, samples: sync.length, sync };
}

/** Adds to `sync` for each sample; gives the ticks of all of them. */
function readTrun(trun: Fields, duration: number, sampleFlags: number, sync: boolean[]): number {
  const flags = trun.u32() & 0xffffff;
  const count = trun.u32();
  if (count > SAMPLES_MAX) throw new Mp4Error(`trun has ${count} samples`);
  trun.skip(flags & 1 ? 4 : 0);
  const firstFlags = flags & 4 ? trun.u32() : null;
  let total = 0;
  for (let i = 0; i < count; i++) {
    total += flags & 0x100 ? trun.u32() : duration;
    trun.skip(flags & 0x200 ? 4 : 0);
    const own = flags & 0x400 ? trun.u32() : null;
    trun.skip(flags & 0x800 ? 4 : 0);
    const effective = own ?? (i === 0 && firstFlags !== null ? firstFlags : sampleFlags);
    sync.push((effective & NON_SYNC) === 0);
  }
  return total;
}

/** Reads the fields of a box one after the other. */
class Fields {
  readonly #data: DataView;
  #at = 0;

  constructor(data: DataView) {
    this.#data = data;
  }

  u32(): number {
    this.#at += 4;
    return u32(this.#data, this.#at - 4);
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }
}

function codecOf(entry: Box): string {
  if (entry.type === 'avc1' || entry.type === 'avc3') {
    const avcC = boxes(entry.body, 78).find(box => box.type === 'avcC')?.body;
    if (!avcC) throw new Mp4Error(`${entry.type} has no avcC`);
    return `${entry.type}.${[1, 2, 3].map(at => u8(avcC, at).toString(16).padStart(2, '0')).join('')}`;
  }
  // The object type is behind descriptors of variable length; AAC-LC is what everybody means.
  return entry.type === 'mp4a' ? 'mp4a.40' : entry.type;
}

function boxes(data: DataView, from = 0): Box[] {
  const found: Box[] = [];
  for (let at = from; at < data.byteLength; ) {
    if (found.length >= BOXES_MAX) throw new Mp4Error(`more than ${BOXES_MAX} boxes`);
    let size = u32(data, at);
    let header = 8;
    if (size === 1) {
      size = u32(data, at + 8) * 2 ** 32 + u32(data, at + 12);
      header = 16;
    }
    if (size === 0) size = data.byteLength - at;
    if (size < header || at + size > data.byteLength)
      throw new Mp4Error(`a box of ${size} bytes at ${at} of ${data.byteLength}`);
    const body = new DataView(data.buffer, data.byteOffset + at + header, size - header);
    found.push({ type: fourcc(data, at + 4), body });
    at += size;
  }
  return found;
}

function child(list: DataView | readonly Box[], type: string): DataView {
  const box = (list instanceof DataView ? boxes(list) : list).find(candidate => candidate.type === type);
  if (!box) throw new Mp4Error(`there is no ${type}`);
  return box.body;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function need(data: DataView, at: number, length: number): void {
  if (at + length > data.byteLength) throw new Mp4Error(`cut off at ${data.byteLength}`);
}

function u8(data: DataView, at: number): number {
  need(data, at, 1);
  return data.getUint8(at);
}

function u16(data: DataView, at: number): number {
  need(data, at, 2);
  return data.getUint16(at);
}

function u32(data: DataView, at: number): number {
  need(data, at, 4);
  return data.getUint32(at);
}

function fourcc(data: DataView, at: number): string {
  return String.fromCharCode(u8(data, at), u8(data, at + 1), u8(data, at + 2), u8(data, at + 3));
}
