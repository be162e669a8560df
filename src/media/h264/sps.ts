import { MediaError } from '../unit.ts';
import { BitReader } from './bits.ts';
import { NAL, nalType, unescapeNal } from './nal.ts';
import { REORDER_FRAMES_MAX, readReorderFrames } from './vui.ts';

/** What a sequence parameter set says about the pictures (ITU-T H.264 section 7.3.2.1). */
export interface SpsInfo {
  readonly profileIdc: number;
  /** The byte with `constraint_set0_flag` on top. */
  readonly constraints: number;
  readonly levelIdc: number;
  /** Pixels of the picture that is shown, after cropping. */
  readonly width: number;
  readonly height: number;
  /** RFC 6381: `avc1.42e01f`. */
  readonly codec: string;
  /** How many pictures may come before one that is shown earlier: what it says, or what its level allows. */
  readonly reorderFrames: number;
  /** It says so itself. */
  readonly saysReorder: boolean;
}

const SPS_BYTES_MAX = 4096;
/** Level 6.2 allows 139,264 macroblocks in a picture; no side is longer than the root of eight times that. */
const SIDE_MBS_MAX = 1055;
/** Profiles that carry chroma format and scaling lists. */
const HIGH_PROFILES: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** Reads a sequence parameter set with its NAL header. Throws `MediaError` `bad-sps` or `bad-bits`. */
export function parseSps(nal: Uint8Array): SpsInfo {
  if (nalType(nal) !== NAL.sps || nal.length < 4 || nal.length > SPS_BYTES_MAX) {
    throw new MediaError('bad-sps', 'this is not a sequence parameter set');
  }
  const reader = new BitReader(unescapeNal(nal.subarray(1)));
  const profileIdc = reader.bits(8);
  const constraints = reader.bits(8);
  const levelIdc = reader.bits(8);
  reader.unsigned(); // seq_parameter_set_id
  const chroma = HIGH_PROFILES.has(profileIdc) ? skipHighProfile(reader) : { format: 1, separate: false };
  reader.unsigned(); // log2_max_frame_num_minus4
  const orderType = readOrderType(reader);
  reader.unsigned(); // max_num_ref_frames
  reader.bit(); // gaps_in_frame_num_value_allowed_flag
  const { mbs, ...size } = readSize(reader, chroma.separate ? 0 : chroma.format);
  const said = readReorderFrames(reader);
  const reorderFrames = said ?? reorderDefault({ profileIdc, constraints, levelIdc, orderType, mbs });
  const hex = [profileIdc, constraints, levelIdc].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return {
    ...{ profileIdc, constraints, levelIdc, ...size, codec: `avc1.${hex}` },
    ...{ reorderFrames, saysReorder: said !== null },
  };
}

/** Macroblocks that a decoder of a level holds (table A-1), by `level_idc`. */
const DPB_MBS: Readonly<Record<number, number>> = {
  ...{ 9: 396, 10: 396, 11: 900, 12: 2376, 13: 2376, 20: 2376, 21: 4752, 22: 8100, 30: 8100 },
  ...{ 31: 18_000, 32: 20_480, 40: 32_768, 41: 32_768, 42: 34_816, 50: 110_400, 51: 184_320, 52: 184_320 },
};
const DPB_MBS_MAX = 696_320;
const INTRA_PROFILES: ReadonlySet<number> = new Set([86, 100, 110, 122, 244]);

interface OrderFacts {
  readonly profileIdc: number;
  readonly constraints: number;
  readonly levelIdc: number;
  readonly orderType: number;
  readonly mbs: number;
}

/** What is inferred where the VUI says nothing (section E.2.1). Baseline has no B slices, and type 2 no other order. */
function reorderDefault({ profileIdc, constraints, levelIdc, orderType, mbs }: OrderFacts): number {
  const isIntra = profileIdc === 44 || (INTRA_PROFILES.has(profileIdc) && (constraints & 0x10) !== 0);
  if (profileIdc === 66 || orderType === 2 || isIntra) return 0;
  return Math.min(Math.floor((DPB_MBS[levelIdc] ?? DPB_MBS_MAX) / mbs), REORDER_FRAMES_MAX);
}

function skipHighProfile(reader: BitReader): { format: number; separate: boolean } {
  const format = reader.unsigned();
  if (format > 3) throw new MediaError('bad-sps', 'chroma_format_idc is at most 3');
  const separate = format === 3 && reader.bit() === 1;
  reader.unsigned(); // bit_depth_luma_minus8
  reader.unsigned(); // bit_depth_chroma_minus8
  reader.bit(); // qpprime_y_zero_transform_bypass_flag
  if (reader.bit() === 1) {
    const lists = format === 3 ? 12 : 8;
    for (let i = 0; i < lists; i++) {
      if (reader.bit() === 1) skipScalingList(reader, i < 6 ? 16 : 64);
    }
  }
  return { format, separate };
}

/** ITU-T H.264 section 7.3.2.1.1.1. */
function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (((last + reader.signed()) % 256) + 256) % 256;
    if (next !== 0) last = next;
  }
}

/** `pic_order_cnt_type`. */
function readOrderType(reader: BitReader): number {
  const type = reader.unsigned();
  if (type > 2) throw new MediaError('bad-sps', 'pic_order_cnt_type is at most 2');
  if (type === 0) reader.unsigned(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return type;
  reader.bit(); // delta_pic_order_always_zero_flag
  reader.signed(); // offset_for_non_ref_pic
  reader.signed(); // offset_for_top_to_bottom_field
  const count = reader.unsigned();
  if (count > 255) throw new MediaError('bad-sps', 'num_ref_frames_in_pic_order_cnt_cycle is at most 255');
  for (let i = 0; i < count; i++) reader.signed();
  return type;
}

/** Table 6-1: a crop unit is one sample of the coarser of luma and chroma, twice as high when fields are coded. */
function readSize(reader: BitReader, chromaFormat: number): { width: number; height: number; mbs: number } {
  const widthMbs = reader.unsigned() + 1;
  const mapUnits = reader.unsigned() + 1;
  const framesOnly = reader.bit();
  if (framesOnly === 0) reader.bit(); // mb_adaptive_frame_field_flag
  reader.bit(); // direct_8x8_inference_flag
  const heightMbs = mapUnits * (2 - framesOnly);
  if (widthMbs > SIDE_MBS_MAX || heightMbs > SIDE_MBS_MAX)
    throw new MediaError('bad-sps', 'the picture is too large');
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = (chromaFormat === 1 ? 2 : 1) * (2 - framesOnly);
  const cropped = reader.bit() === 1;
  const [left, right, top, bottom] = cropped
    ? [reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()]
    : [0, 0, 0, 0];
  const width = widthMbs * 16 - unitX * (left + right);
  const height = heightMbs * 16 - unitY * (top + bottom);
  if (width <= 0 || height <= 0) throw new MediaError('bad-sps', 'cropping leaves no picture');
  return { width, height, mbs: widthMbs * heightMbs };
}
