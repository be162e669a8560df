import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { AssertionError } from '#base/assert.ts';
import type { Journals } from './journals.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (found: Uint8Array | null) => (found === null ? null : new TextDecoder().decode(found));

/** What every store of journals keeps. */
export function describeJournals(name: string, open: () => Promise<Journals>): void {
  describe(`journals: ${name}`, () => {
    let journals: Journals;
    before(async () => {
      journals = await open();
    });

    it('shows what was appended, in order, while the writer goes on', async () => {
      const file = await journals.create('tide/a.log');
      assert.equal(text(await journals.read('tide/a.log')), '');
      await file.append(bytes('ebb '));
      assert.equal(text(await journals.read('tide/a.log')), 'ebb ');
      await file.append(bytes('flow'));
      assert.equal(text(await journals.read('tide/a.log')), 'ebb flow');
      await file.close();
    });

    it('begins again when a file is created again', async () => {
      const first = await journals.create('again');
      await first.append(bytes('a long first attempt'));
      await first.close();
      const second = await journals.create('again');
      await second.append(bytes('short'));
      await second.close();
      assert.equal(text(await journals.read('again')), 'short');
    });

    it('lists what lies below a prefix, by whole segments', async () => {
      for (const key of ['rec/a/2', 'rec/a/x/1', 'rec/ab/1', 'rec/b'])
        await (await journals.create(key)).close();
      assert.deepEqual(await journals.list('rec/a'), ['rec/a/2', 'rec/a/x/1']);
      assert.deepEqual(await journals.list('rec/nothing'), []);
    });

    it('deletes once or twice, and has null afterwards', async () => {
      await (await journals.create('del/a')).close();
      await journals.delete('del/a');
      await journals.delete('del/a');
      assert.equal(await journals.read('del/a'), null);
      assert.deepEqual(await journals.list('del'), []);
    });

    it('asserts that a key is one', async () => {
      for (const key of ['', '../a', 'a//b', 'a b']) {
        await assert.rejects(async () => journals.create(key), AssertionError);
        await assert.rejects(async () => journals.read(key), AssertionError);
        await assert.rejects(async () => journals.delete(key), AssertionError);
        await assert.rejects(async () => journals.list(key), AssertionError);
      }
    });
  });
}
