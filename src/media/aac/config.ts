import { assert } from '#base/assert.ts';

/** Samples of one channel in an AAC-LC frame. */
export const AAC_FRAME_TICKS = 1024;
/** The codec's name in `CODECS` (RFC 6381): MPEG-4 audio, AAC-LC. */
export const AAC_LC_CODEC = 'mp4a.40.2';

/** Sampling rates by their index (ISO 14496-3 table 1.18). */
const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
const OBJECT_TYPE_LC = 2;

/** AudioSpecificConfig of AAC-LC (ISO 14496-3 section 1.6.2.1): 5 bits type, 4 bits rate, 4 bits channels. */
export function audioSpecificConfig(sampleRate: number, channels: number): Uint8Array {
  const rate = RATES.indexOf(sampleRate);
  assert(
    rate >= 0 && channels >= 1 && channels <= 6,
    'AAC-LC has a configuration for this rate and channels',
  );
  return Uint8Array.of((OBJECT_TYPE_LC << 3) | (rate >> 1), ((rate & 1) << 7) | (channels << 3));
}

/** Raw frames of digital silence as FFmpeg's encoder writes them. */
const SILENCE: Readonly<Record<number, Uint8Array>> = {
  1: Uint8Array.of(0x01, 0x18, 0x20, 0x07),
  2: Uint8Array.of(0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c),
};

/** One raw AAC-LC frame of silence, for one or two channels. */
export function silentAacFrame(channels: number): Uint8Array {
  const frame = SILENCE[channels];
  assert(frame !== undefined, 'silence is known for one and two channels');
  return frame;
}
