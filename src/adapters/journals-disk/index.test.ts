import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { Fault } from '#base/fault.ts';
import { describeJournals } from '#ports/journals.suite.ts';
import { StorageFull } from '#ports/storage-full.ts';
import { openDiskJournals } from './index.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'skylark-journals-'));
after(() => rm(folder, { recursive: true, force: true }));

describeJournals('disk', () => openDiskJournals({ directory: path.join(folder, 'suite') }));

describe('disk journals', () => {
  it('say when the folder cannot be used', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, 'x');
    await assert.rejects(openDiskJournals({ directory: file }), Fault);
  });

  it('tell a full disk from another failure', {
    skip: existsSync('/dev/full') ? false : 'no /dev/full',
  }, async () => {
    const journals = await openDiskJournals({ directory: '/dev' });
    const file = await journals.create('full');
    await assert.rejects(file.append(new Uint8Array(10)), StorageFull);
    await file.close();
  });
});
