import { assert } from '#base/assert.ts';
import { ascii, box, fullBox, u16, u32, zeros } from './box.ts';

/** The only track of every file that Skylark writes: renditions are demuxed. */
export const TRACK_ID = 1;

export interface VideoInit {
  /** Ticks per second of the track's timestamps. */
  readonly timescale: number;
  /** Pixels as shown, after cropping. */
  readonly width: number;
  readonly height: number;
  /** `avc3` where samples have parameter sets, too (ISO 14496-15 section 5.4.2.1). */
  readonly entry: 'avc1' | 'avc3';
  /** Parameter sets without start codes; at least one of each. */
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

export interface AudioInit {
  /** Ticks per second of the track's timestamps: the sampling rate. */
  readonly timescale: number;
  readonly channels: number;
  /** AudioSpecificConfig (ISO 14496-3 section 1.6.2.1). */
  readonly config: Uint8Array;
}

/** The CMAF header (`ftyp`, `moov`) of an H.264 track, sample entry `avc1` or `avc3`. */
export function writeVideoInit(init: VideoInit): Uint8Array {
  const header = fullBox('vmhd', 0, 1, zeros(8));
  const handler = { type: 'vide', name: 'video' };
  return writeInit({
    timescale: init.timescale,
    header,
    handler,
    entry: avcEntry(init),
    volume: 0,
    width: init.width,
    height: init.height,
  });
}

/** The CMAF header (`ftyp`, `moov`) of an AAC track, sample entry `mp4a`. */
export function writeAudioInit(init: AudioInit): Uint8Array {
  const header = fullBox('smhd', 0, 0, zeros(4));
  const handler = { type: 'soun', name: 'audio' };
  const entry = mp4a(init);
  return writeInit({
    timescale: init.timescale,
    header,
    handler,
    entry,
    volume: 0x0100,
    width: 0,
    height: 0,
  });
}

interface TrackInit {
  readonly timescale: number;
  readonly header: Uint8Array;
  readonly handler: { readonly type: string; readonly name: string };
  readonly entry: Uint8Array;
  /** 8.8 fixed point. */
  readonly volume: number;
  readonly width: number;
  readonly height: number;
}

/** The unity matrix of `mvhd` and `tkhd`, 16.16 fixed point (2.30 in the last row). */
const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const LANGUAGE_UNDETERMINED = 0x55c4;
const MOVIE_TIMESCALE = 1000;
const TRACK_ENABLED_IN_MOVIE = 3;
const DATA_IN_THIS_FILE = 1;

function writeInit(track: TrackInit): Uint8Array {
  const ftyp = box('ftyp', ascii('iso6'), u32(0), ascii('iso6'), ascii('cmfc'));
  const mvhd = fullBox(
    'mvhd',
    0,
    0,
    u32(0, 0, MOVIE_TIMESCALE, 0, 0x10000),
    u16(0x0100, 0),
    zeros(8),
    MATRIX,
    zeros(24),
    u32(TRACK_ID + 1),
  );
  const mvex = box('mvex', fullBox('trex', 0, 0, u32(TRACK_ID, 1, 0, 0, 0)));
  const moov = box('moov', mvhd, trak(track), mvex);
  const bytes = new Uint8Array(ftyp.length + moov.length);
  bytes.set(ftyp);
  bytes.set(moov, ftyp.length);
  return bytes;
}

function trak(track: TrackInit): Uint8Array {
  const tkhd = fullBox(
    'tkhd',
    0,
    TRACK_ENABLED_IN_MOVIE,
    u32(0, 0, TRACK_ID, 0, 0),
    zeros(8),
    u16(0, 0, track.volume, 0),
    MATRIX,
    u32(track.width * 0x10000, track.height * 0x10000),
  );
  const mdhd = fullBox('mdhd', 0, 0, u32(0, 0, track.timescale, 0), u16(LANGUAGE_UNDETERMINED, 0));
  const name = ascii(`${track.handler.name}\0`);
  const hdlr = fullBox('hdlr', 0, 0, u32(0), ascii(track.handler.type), zeros(12), name);
  const dref = fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, DATA_IN_THIS_FILE));
  const minf = box('minf', track.header, box('dinf', dref), stbl(track.entry));
  return box('trak', tkhd, box('mdia', mdhd, hdlr, minf));
}

/** The sample table is empty: fragments carry the samples. */
function stbl(entry: Uint8Array): Uint8Array {
  return box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), entry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
}

/** ISO 14496-12 section 12.1.3: reserved, data reference index, pre-defined, size, 72 dpi, one frame a sample. */
function avcEntry(init: VideoInit): Uint8Array {
  const depth = 0x0018;
  return box(
    init.entry,
    zeros(6),
    u16(1),
    zeros(16),
    u16(init.width, init.height),
    u32(0x480000, 0x480000, 0),
    u16(1),
    zeros(32),
    u16(depth, 0xffff),
    box('avcC', avcConfig(init)),
  );
}

/** Profiles whose configuration record carries chroma format and bit depths (ISO 14496-15 section 5.3.3.1.2). */
const PROFILES_WITH_CHROMA = new Set([100, 110, 122, 144]);
const SPS_MAX = 31;

/** AVCDecoderConfigurationRecord with 4-byte NAL lengths. */
function avcConfig(init: VideoInit): Uint8Array {
  const first = init.sps[0];
  assert(first !== undefined && first.length >= 4 && init.pps.length > 0, 'a track has parameter sets');
  assert(
    init.sps.length <= SPS_MAX && init.pps.length <= 255,
    'the record counts its parameter sets in a byte',
  );
  const profile = first[1] as number;
  const bytes = [1, profile, first[2] as number, first[3] as number, 0xff, 0xe0 | init.sps.length];
  for (const set of init.sps) bytes.push(set.length >> 8, set.length & 0xff, ...set);
  bytes.push(init.pps.length);
  for (const set of init.pps) bytes.push(set.length >> 8, set.length & 0xff, ...set);
  // 4:2:0, 8 bits, no extension: the only format that browsers publish and play.
  if (PROFILES_WITH_CHROMA.has(profile)) bytes.push(0xfd, 0xf8, 0xf8, 0);
  return Uint8Array.from(bytes);
}

/** ISO 14496-12 section 12.2.3: reserved, data reference index, channels, 16 bits a sample, rate in 16.16. */
function mp4a(init: AudioInit): Uint8Array {
  const rate = u32(init.timescale * 0x10000);
  return box('mp4a', zeros(6), u16(1), zeros(8), u16(init.channels, 16, 0, 0), rate, esds(init.config));
}

/** Descriptors of ISO 14496-1 section 7.2.6; object type 0x40 is MPEG-4 audio, stream type 5 is audio. */
function esds(config: Uint8Array): Uint8Array {
  assert(config.length < 100, 'descriptor lengths are written in one byte');
  const specific = descriptor(0x05, config);
  const decoder = descriptor(0x04, Uint8Array.of(0x40, 0x15, 0, 0, 0, ...u32(0, 0), ...specific));
  const sync = descriptor(0x06, Uint8Array.of(2));
  return fullBox('esds', 0, 0, descriptor(0x03, Uint8Array.of(0, 0, 0, ...decoder, ...sync)));
}

function descriptor(tag: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.of(tag, payload.length, ...payload);
}
