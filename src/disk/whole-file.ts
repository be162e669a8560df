import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from './folders.ts';

/**
 * Writes a file whole: bytes first under the name `draft` on the same disk, then the name, each synced. What was there is
 * replaced in one step. After a failure nothing is left of it, and trying again writes everything again: what a failed sync
 * had in hand is lost, whatever a later one says.
 */
export async function writeWhole(
  file: string,
  draft: string,
  bytes: Uint8Array,
  mode = 0o600,
): Promise<void> {
  try {
    await writeSynced(draft, bytes, mode);
    await rename(draft, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeSynced(file: string, bytes: Uint8Array, mode: number): Promise<void> {
  await using handle = await open(file, 'wx', mode);
  await handle.writeFile(bytes);
  await handle.sync();
}
