import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { assert } from '#base/assert.ts';
import type { Logger } from '#base/log.ts';
import { DurableFolders } from '#disk/folders.ts';
import { writeWhole } from '#disk/whole-file.ts';
import { type Blobs, type ByteRange, isBlobKey } from '#ports/blobs.ts';
import { storageFaults } from '#ports/storage-full.ts';

export interface DiskBlobsOptions {
  /** Made when missing. Blobs lie below `data`, unfinished writes below `writing`. */
  readonly directory: string;
  readonly log: Logger;
}

/** An unfinished write this old belongs to a process that is gone. */
const ABANDONED_MS = 60 * 60 * 1000;

/** Blobs as files. Throws a Fault when the folder cannot be used. */
export async function openDiskBlobs({ directory, log }: DiskBlobsOptions): Promise<Blobs> {
  const data = path.resolve(directory, 'data');
  const writing = path.resolve(directory, 'writing');
  const folders = new DurableFolders(path.resolve(directory));
  await storageFaults('opening the blob folder', async () => {
    await folders.ensure(data);
    await mkdir(writing, { recursive: true });
    await removeAbandoned(writing, log);
  });
  return {
    put: (key, bytes) =>
      storageFaults(`writing ${key}`, async () => {
        const file = fileOf(data, key);
        await folders.ensure(path.dirname(file));
        try {
          await writeWhole(file, path.join(writing, randomUUID()), bytes);
        } catch (error) {
          folders.forget(path.dirname(file)); // it may have gone
          throw error;
        }
      }),
    get: (key, range) => storageFaults(`reading ${key}`, () => get(fileOf(data, key), range)),
    size: key => storageFaults(`sizing ${key}`, () => size(fileOf(data, key))),
    delete: key => storageFaults(`deleting ${key}`, () => rm(fileOf(data, key), { force: true })),
    deletePrefix: prefix =>
      storageFaults(`deleting below ${prefix}`, async () => {
        const gone = fileOf(data, prefix.replace(/\/$/, ''));
        folders.forget(gone);
        await rm(gone, { recursive: true, force: true });
        folders.forget(gone); // again, for what was put meanwhile
      }),
  };
}

/** The key's alphabet has no way up and no separator but `/`, so that the file is always below `data`. */
function fileOf(data: string, key: string): string {
  assert(isBlobKey(key), `${JSON.stringify(key)} is a blob key`);
  return path.join(data, ...key.split('/'));
}

async function get(file: string, range: ByteRange | undefined): Promise<Uint8Array | null> {
  await using handle = await openOrNull(file);
  if (!handle) return null;
  if (!range) return handle.readFile();
  const { size } = await handle.stat();
  const length = Math.max(0, Math.min(range.end + 1, size) - range.start);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, range.start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function openOrNull(file: string): Promise<FileHandle | null> {
  const found = await stat(file).catch(nullWhenMissing);
  if (!found?.isFile()) return null;
  return open(file, 'r').catch(nullWhenMissing);
}

async function size(file: string): Promise<number | null> {
  const found = await stat(file).catch(nullWhenMissing);
  return found?.isFile() ? found.size : null;
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

async function removeAbandoned(writing: string, log: Logger): Promise<void> {
  for (const name of await readdir(writing)) {
    const file = path.join(writing, name);
    const found = await stat(file).catch(nullWhenMissing);
    if (!found || Date.now() - found.mtimeMs < ABANDONED_MS) continue;
    await unlink(file).catch(nullWhenMissing);
    log.info({ file: name }, 'removed an unfinished write');
  }
}
