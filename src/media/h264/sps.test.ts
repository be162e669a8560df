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
