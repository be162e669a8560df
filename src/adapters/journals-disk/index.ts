import fs from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { assert } from '#base/assert.ts';
import { DurableFolders, syncFolder } from '#disk/folders.ts';
import { isBlobKey } from '#ports/blobs.ts';
import type { JournalFile, Journals } from '#ports/journals.ts';
import { storageFaults } from '#ports/storage-full.ts';

/** Plain descriptors: a `FileHandle` that is forgotten ends the process when it is collected. */
const openFile = promisify(fs.open);
const writeFile = promisify(fs.writeFile);
const datasync = promisify(fs.fdatasync);
const closeFile = promisify(fs.close);

export interface DiskJournalsOptions {
  /** Made when missing. */
  readonly directory: string;
}

/** Journals as files. Throws a Fault when the folder cannot be used. */
export async function openDiskJournals({ directory }: DiskJournalsOptions): Promise<Journals> {
  const root = path.resolve(directory);
  const folders = new DurableFolders(root);
  await storageFaults('opening the journal folder', () => folders.ensure(root));
  return {
    create: key => storageFaults(`creating ${key}`, () => create(folders, fileOf(root, key))),
    read: key => storageFaults(`reading ${key}`, () => readFile(fileOf(root, key)).catch(nullWhenMissing)),
    list: prefix => storageFaults(`listing ${prefix}`, () => list(fileOf(root, prefix), prefix)),
    delete: key => storageFaults(`deleting ${key}`, () => rm(fileOf(root, key), { force: true })),
  };
}

/** The key's alphabet has no way up and no separator but `/`, so that the file is always below `root`. */
function fileOf(root: string, key: string): string {
  assert(isBlobKey(key), `${JSON.stringify(key)} is a journal key`);
  return path.join(root, ...key.split('/'));
}

async function create(folders: DurableFolders, file: string): Promise<JournalFile> {
  const folder = path.dirname(file);
  await folders.ensure(folder);
  const descriptor = await openFile(file, 'w').catch((error: unknown) => {
    folders.forget(folder); // it may have gone
    throw error;
  });
  try {
    await syncFolder(folder);
  } catch (error) {
    await closeFile(descriptor);
    throw error;
  }
  return {
    append: bytes => storageFaults(`appending to ${path.basename(file)}`, () => append(descriptor, bytes)),
    close: () => storageFaults(`closing ${path.basename(file)}`, () => closeFile(descriptor)),
  };
}

/** `datasync` writes the new size, too: without it the bytes could not be read back. */
async function append(descriptor: number, bytes: Uint8Array): Promise<void> {
  await writeFile(descriptor, bytes);
  await datasync(descriptor);
}

async function list(folder: string, prefix: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(nullWhenMissing);
  const files = (entries ?? []).filter(entry => entry.isFile());
  const names = files.map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)));
  return names.map(name => `${prefix}/${name.split(path.sep).join('/')}`).sort();
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
