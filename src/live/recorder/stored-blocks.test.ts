import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger as log } from '#base/log.ts';
import type { Blobs, ByteRange } from '#ports/blobs.ts';
import { BLOCK_BYTES, StoredBlocks } from './stored-blocks.ts';
import { storedBody } from './stored-media.ts';

const bytes = Uint8Array.from({ length: 3 * BLOCK_BYTES + 100 }, (_, i) => (i * 7) % 251);

function store() {
  const reads: number[] = [];
  const blobs = {
    async get(key: string, range?: ByteRange) {
      assert.ok(range, 'never whole');
      if (key === 'away') throw new Error('the disk is away');
      if (key !== 'a' && key !== 'b') return null;
      const found = bytes.slice(range.start, range.end + 1);
      reads.push(found.length);
      return found;
    },
  } as Blobs;
  const blocks = new StoredBlocks(blobs);
  const body = (...keys: string[]) =>
    storedBody(
      { blobs, blocks, log },
      keys.map(key => ({ key, length: bytes.length })),
    );
  return { reads, body };
}

async function whole(body: ReturnType<typeof storedBody>, from = 0, end = body.length): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  for (let at = from; at < end; at += blocks.at(-1)!.length) blocks.push(await body.read(at, end));
  return Buffer.concat(blocks);
}

test('its length is known without reading, and one byte costs one block', async () => {
  const { reads, body } = store();
  assert.equal(body('a', 'b').length, 2 * bytes.length);
  assert.deepEqual(reads, []);
  assert.deepEqual(await body('a').read(0, 1), bytes.subarray(0, 1));
  assert.deepEqual(reads, [BLOCK_BYTES]);
});

test('pieces in a row are read across their seams', async () => {
  const { body } = store();
  const both = Buffer.concat([bytes, bytes]);
  assert.ok((await whole(body('a', 'b'))).equals(both));
  for (const [from, end] of [
    [5, 70_000],
    [bytes.length - 1, bytes.length + 1],
    [bytes.length, 2 * bytes.length],
  ] as const)
    assert.ok((await whole(body('a', 'b'), from, end)).equals(both.subarray(from, end)), `${from} to ${end}`);
});

test('many who read the same at once read it once', async () => {
  const { reads, body } = store();
  const all = await Promise.all(Array.from({ length: 200 }, () => whole(body('a'))));
  assert.ok(all.every(one => one.equals(bytes)));
  assert.equal(reads.length, 4);
});

test('what is not there is no bytes, and what failed is tried again', async () => {
  const { body } = store();
  assert.equal((await body('gone').read(0, 10)).length, 0);
  await assert.rejects(body('away').read(0, 10));
  await assert.rejects(body('away').read(0, 10), /away/);
});
