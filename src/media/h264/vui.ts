import { MediaError } from '../unit.ts';
import type { BitReader } from './bits.ts';

/** No stream holds more pictures back (ITU-T H.264 section A.3.1). */
export const REORDER_FRAMES_MAX = 16;
const EXTENDED_SAR = 255;
const CPB_COUNT_MAX = 32;

/** `max_num_reorder_frames` of the VUI (ITU-T H.264 section E.1.1) that begins here; null when it says nothing, or ends too soon. */
export function readReorderFrames(reader: BitReader): number | null {
  try {
    if (reader.bit() === 0) return null;
    skipPicture(reader);
    const hasNal = skipHrd(reader);
    const hasVcl = skipHrd(reader);
    if (hasNal || hasVcl) reader.bit(); // low_delay_hrd_flag
    reader.bit(); // pic_struct_present_flag
    if (reader.bit() === 0) return null;
    reader.bit(); // motion_vectors_over_pic_boundaries_flag
    for (let i = 0; i < 4; i++) reader.unsigned(); // byte and bit denominators, vector lengths
    return Math.min(reader.unsigned(), REORDER_FRAMES_MAX);
  } catch (cause) {
    if (cause instanceof MediaError) return null;
    throw cause;
  }
}

/** Everything before the buffering parameters. */
function skipPicture(reader: BitReader): void {
  if (reader.bit() === 1 && reader.bits(8) === EXTENDED_SAR) reader.bits(32);
  if (reader.bit() === 1) reader.bit(); // overscan_appropriate_flag
  if (reader.bit() === 1) {
    reader.bits(4); // video_format, video_full_range_flag
    if (reader.bit() === 1) reader.bits(24); // colour description
  }
  if (reader.bit() === 1) {
    reader.unsigned(); // chroma_sample_loc_type_top_field
    reader.unsigned(); // chroma_sample_loc_type_bottom_field
  }
  if (reader.bit() === 0) return;
  reader.bits(32); // num_units_in_tick
  reader.bits(32); // time_scale
  reader.bit(); // fixed_frame_rate_flag
}

/** Section E.1.2; false when there is none. */
function skipHrd(reader: BitReader): boolean {
  if (reader.bit() === 0) return false;
  const count = reader.unsigned() + 1;
  if (count > CPB_COUNT_MAX) throw new MediaError('bad-sps', 'cpb_cnt_minus1 is at most 31');
  reader.bits(8); // bit_rate_scale, cpb_size_scale
  for (let i = 0; i < count; i++) {
    reader.unsigned(); // bit_rate_value_minus1
    reader.unsigned(); // cpb_size_value_minus1
    reader.bit(); // cbr_flag
  }
  reader.bits(20); // lengths of delays and of time offsets
  return true;
}
