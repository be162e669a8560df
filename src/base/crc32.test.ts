import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32 } from './crc32.ts';

test('the checksum is the one that zlib computes, for every length and byte', () => {
  for (const length of [0, 1, 2, 255, 256, 4099]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
    assert.equal(crc32(bytes), zlibCrc32(bytes), `${length} bytes`);
  }
});
