import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MediaError } from '../unit.ts';
import { parseSps } from './sps.ts';

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

// Made by x264; sizes as ffprobe reads them.
for (const [name, hex, width, height, codec] of [
  ['constrained baseline, 720p', '6742c01fda014016ec0440000003004000000f03c60ca8', 1280, 720, 'avc1.42c01f'],
  ['cropped at the bottom', '6742c028da01e0089f970110000003001000000303c0f1832a', 1920, 1080, 'avc1.42c028'],
  [
    'high, cropped at the right',
    '6764001facd940d83de6f0110000030001000003003c0f183196',
    854,
    480,
    'avc1.64001f',
  ],
  ['interlaced', '67640028acd94078044fde0220000003002000000783e2c5b2c0', 1920, 1080, 'avc1.640028'],
  [
    '4:4:4, where a crop unit is one sample',
    '67f4000d919681519e3e2f0110000003001000000303c0f142aa',
    322,
    182,
    'avc1.f4000d',
  ],
  [
    '4:2:2, where only the width is halved',
    '677a000dbcb40a0cfc5e0220000003002000000781e28554',
    320,
    182,
    'avc1.7a000d',
  ],
] as const) {
  test(`a sequence parameter set tells its picture: ${name}`, () => {
    const info = parseSps(fromHex(hex));
    assert.deepEqual([info.width, info.height, info.codec], [width, height, codec]);
  });
}

/** High, 1280x720 at level 3.1, without a VUI or with one that ends too soon. */
const high = (vui: string) => {
  const ue = (value: number) => {
    const code = (value + 1).toString(2);
    return '0'.repeat(code.length - 1) + code;
  };
  const size = `${ue(79)}${ue(44)}110`;
  const bits = `${ue(0)}${ue(1)}${ue(0)}${ue(0)}00${ue(0)}${ue(0)}${ue(0)}${ue(4)}0${size}${vui}1`;
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
  const body = (padded.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2));
  return Uint8Array.of(0x67, 100, 0, 31, ...body);
};

for (const [name, sps, frames, says] of [
  ['constrained baseline', fromHex('6742c01fda014016ec0440000003004000000f03c60ca8'), 0, true],
  ['B-frames that others refer to', fromHex('6764000cacd941419f9f011000000300100000030300f1429960'), 2, true],
  ['without a VUI: what the level has room for', high('0'), 5, false],
  ['with a VUI that says nothing of it', high('1000000000'), 5, false],
  ['with a VUI that is cut short', high('1011'), 5, false],
  // No aspect ratio, overscan, signal, chroma or timing; a HRD of one buffer; then the restriction: 3 pictures.
  ['behind a HRD', high(`10000011${'1'.repeat(31)}00011111100100${'00101'}`), 3, true],
] as const)
  test(`how many pictures may be reordered: ${name}`, () => {
    const info = parseSps(sps);
    assert.deepEqual([info.reorderFrames, info.saysReorder], [frames, says]);
  });

test('a parameter set that is cut short anywhere is refused, or whole enough', () => {
  const whole = fromHex('6764001facd940d83de6f0110000030001000003003c0f183196');
  for (let length = 0; length < whole.length; length++) {
    try {
      assert.equal(parseSps(whole.subarray(0, length)).width, 854);
    } catch (error) {
      assert.ok(error instanceof MediaError, String(error));
    }
  }
});

test('a picture larger than any level allows is refused', () => {
  // Baseline; all codes 0 until pic_width_in_mbs_minus1, which is 2^16.
  const bits = `${'1'.repeat(5)}0${'0'.repeat(16)}1${'0'.repeat(15)}1`.padEnd(80, '1');
  const body = (bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2));
  assert.throws(() => parseSps(Uint8Array.of(0x67, 66, 0, 31, ...body)), { reason: 'bad-sps' });
});

test('another NAL unit is not a parameter set', () => {
  assert.throws(() => parseSps(Uint8Array.of(0x68, 1, 2, 3, 4)), { reason: 'bad-sps' });
});
