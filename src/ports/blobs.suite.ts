import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { AssertionError } from '#base/assert.ts';
import { BLOB_KEY_MAX, type Blobs } from './blobs.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (found: Uint8Array | null) => (found === null ? null : new TextDecoder().decode(found));

/** What every blob store keeps. `open` gives one; the suite cleans up after itself by key. */
export function describeBlobs(name: string, open: () => Promise<Blobs>): void {
  describe(`blobs: ${name}`, () => {
    let blobs: Blobs;
    before(async () => {
      blobs = await open();
    });

    it('gives back what was put, and the last put wins', async () => {
      await blobs.put('cup/a.bin', bytes('tea'));
      assert.equal(text(await blobs.get('cup/a.bin')), 'tea');
      await blobs.put('cup/a.bin', bytes('milk'));
      assert.equal(text(await blobs.get('cup/a.bin')), 'milk');
      assert.equal(await blobs.size('cup/a.bin'), 4);
    });

    it('keeps bytes that are not text, and none at all', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      await blobs.put('all', all);
      assert.deepEqual([...(await blobs.get('all'))!], [...all]);
      await blobs.put('empty', new Uint8Array(0));
      assert.equal((await blobs.get('empty'))?.length, 0);
      assert.equal(await blobs.size('empty'), 0);
    });

    it('has null for a key that is not there, and for a folder of keys', async () => {
      await blobs.put('shelf/a', bytes('1'));
      for (const key of ['nothing', 'shelf', 'shelf/b', 'shelf/a/b']) {
        assert.equal(await blobs.get(key), null, key);
        assert.equal(await blobs.get(key, { start: 0, end: 1 }), null, key);
        assert.equal(await blobs.size(key), null, key);
      }
    });

    it('reads inclusive ranges, clamped to the size', async () => {
      await blobs.put('range', bytes('0123456789'));
      const read = async (start: number, end: number) => text(await blobs.get('range', { start, end }));
      assert.equal(await read(0, 0), '0');
      assert.equal(await read(2, 5), '2345');
      assert.equal(await read(8, 100), '89');
      assert.equal(await read(10, 12), '');
      assert.equal(await read(50, 60), '');
    });

    it('deletes one key, once or twice', async () => {
      await blobs.put('del/a', bytes('1'));
      await blobs.put('del/b', bytes('2'));
      await blobs.delete('del/a');
      await blobs.delete('del/a');
      assert.equal(await blobs.get('del/a'), null);
      assert.equal(text(await blobs.get('del/b')), '2');
    });

    it('deletes what lies below a prefix, by whole segments', async () => {
      for (const key of ['rec/a/1', 'rec/a/x/2', 'rec/ab/1', 'rec/b']) await blobs.put(key, bytes(key));
      await blobs.deletePrefix('rec/a');
      assert.equal(await blobs.get('rec/a/1'), null);
      assert.equal(await blobs.get('rec/a/x/2'), null);
      assert.equal(text(await blobs.get('rec/ab/1')), 'rec/ab/1');
      await blobs.deletePrefix('rec/');
      assert.equal(await blobs.get('rec/ab/1'), null);
      assert.equal(await blobs.get('rec/b'), null);
      await blobs.deletePrefix('rec');
    });

    it('shows a reader the old bytes or the new ones, never a part', async () => {
      const size = 256 * 1024;
      const fill = (value: number) => new Uint8Array(size).fill(value);
      await blobs.put('whole', fill(0));
      let writing = true;
      const readOn = async () => {
        while (writing) {
          const found = await blobs.get('whole');
          assert.equal(found?.length, size);
          assert.ok(found.every(value => value === found[0]));
        }
      };
      const readers = [readOn(), readOn(), readOn()];
      try {
        for (let n = 1; n <= 40; n++) await blobs.put('whole', fill(n));
      } finally {
        writing = false;
      }
      await Promise.all(readers);
    });

    const wrong = [
      '',
      '/',
      'a//b',
      '/a',
      'a/',
      '.',
      '..',
      '../a',
      'a/../../b',
      'a/./b',
      'a\\b',
      'a b',
      'a\0b',
      'ä',
    ];
    for (const key of [...wrong, 'x'.repeat(BLOB_KEY_MAX + 1)]) {
      it(`asserts that ${JSON.stringify(key.slice(0, 20))} is not a key`, async () => {
        const uses = [
          () => blobs.put(key, bytes('x')),
          () => blobs.get(key),
          () => blobs.size(key),
          () => blobs.delete(key),
        ];
        for (const use of uses) await assert.rejects(async () => use(), AssertionError);
        if (key !== 'a/') await assert.rejects(async () => blobs.deletePrefix(key), AssertionError);
      });
    }
  });
}
