import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOpusPacket } from './packet.ts';

for (const [name, bytes, durationMs] of [
  ['CELT, 20 ms', [0xfc], 20],
  ['CELT, 2.5 ms', [16 << 3], 2.5],
  ['hybrid, 10 ms', [12 << 3], 10],
  ['hybrid, 20 ms', [15 << 3], 20],
  ['SILK, 60 ms', [3 << 3], 60],
  ['SILK, two frames of 10 ms', [(8 << 3) | 1], 20],
  ['CELT, three frames of 20 ms, counted', [(31 << 3) | 3, 3], 60],
] as const) {
  test(`the table of contents tells how long a packet lasts: ${name}`, () => {
    assert.equal(readOpusPacket(Uint8Array.from(bytes))?.duration, durationMs * 48);
  });
}

test('the stereo bit tells the channels', () => {
  assert.equal(readOpusPacket(Uint8Array.of(0xfc))?.channels, 2);
  assert.equal(readOpusPacket(Uint8Array.of(0xf8))?.channels, 1);
});

test('an empty packet, one without its count, and one over 120 ms are refused', () => {
  assert.equal(readOpusPacket(Uint8Array.of()), null);
  assert.equal(readOpusPacket(Uint8Array.of(0xff)), null);
  assert.equal(readOpusPacket(Uint8Array.of(0xff, 0)), null);
  assert.equal(readOpusPacket(Uint8Array.of((3 << 3) | 3, 3)), null);
});
