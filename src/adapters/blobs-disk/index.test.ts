import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { Fault } from '#base/fault.ts';
import { silentLogger as log } from '#base/log.ts';
import { describeBlobs } from '#ports/blobs.suite.ts';
import { openDiskBlobs } from './index.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'skylark-blobs-'));
after(() => rm(folder, { recursive: true, force: true }));

describeBlobs('disk', () => openDiskBlobs({ directory: path.join(folder, 'suite'), log }));

describe('disk blobs', () => {
  it('keep what was put when they are opened again, and leave no drafts', async () => {
    const directory = path.join(folder, 'again');
    const first = await openDiskBlobs({ directory, log });
    await first.put('a/b', new Uint8Array([1, 2, 3]));
    const second = await openDiskBlobs({ directory, log });
    assert.deepEqual([...(await second.get('a/b'))!], [1, 2, 3]);
    assert.deepEqual(await readdir(path.join(directory, 'writing')), []);
  });

  it('remove drafts of a process that is gone, and spare those being written', async () => {
    const directory = path.join(folder, 'drafts');
    const writing = path.join(directory, 'writing');
    await mkdir(writing, { recursive: true });
    await writeFile(path.join(writing, 'old'), 'x');
    await writeFile(path.join(writing, 'new'), 'x');
    await utimes(path.join(writing, 'old'), 0, 0);
    await openDiskBlobs({ directory, log });
    assert.deepEqual(await readdir(writing), ['new']);
  });

  it('report a failing disk as a fault with its cause, and drop the draft', async () => {
    const directory = path.join(folder, 'broken');
    const blobs = await openDiskBlobs({ directory, log });
    await blobs.put('a', new Uint8Array([1]));
    await assert.rejects(blobs.put('a/b', new Uint8Array([1])), (error: unknown) => {
      return error instanceof Fault && error.cause instanceof Error;
    });
    assert.deepEqual(await readdir(path.join(directory, 'writing')), []);
  });

  it('say when the folder cannot be used', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, 'x');
    await assert.rejects(openDiskBlobs({ directory: file, log }), Fault);
  });
});
