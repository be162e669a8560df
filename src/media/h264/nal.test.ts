import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKeyFrame, splitAnnexB, unescapeNal } from './nal.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test('a byte stream is split at three- and four-byte start codes, without trailing zeros', () => {
  const stream = bytes(9, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2, 0, 0, 0, 0, 1, 0x65, 3, 0, 0);
  assert.deepEqual(splitAnnexB(stream), [bytes(0x67, 1), bytes(0x68, 2), bytes(0x65, 3)]);
  assert.deepEqual(splitAnnexB(bytes(0, 0, 1)), []);
  assert.deepEqual(splitAnnexB(bytes(1, 2, 3)), []);
});

test('more NAL units than an access unit may have are refused', () => {
  const stream = new Uint8Array(1025 * 4);
  for (let at = 0; at < stream.length; at += 4) stream.set([0, 0, 1, 0x41], at);
  assert.throws(() => splitAnnexB(stream), { reason: 'too-many-nals' });
});

test('emulation prevention bytes are taken out, and only those', () => {
  assert.deepEqual(unescapeNal(bytes(1, 0, 0, 3, 0, 0, 3, 1, 0, 3)), bytes(1, 0, 0, 0, 0, 1, 0, 3));
});

test('only an IDR slice makes a key frame', () => {
  assert.ok(isKeyFrame([bytes(0x67), bytes(0x68), bytes(0x65)]));
  assert.ok(!isKeyFrame([bytes(0x67), bytes(0x68), bytes(0x41)]));
});
