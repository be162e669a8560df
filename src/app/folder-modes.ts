import { chmod, lstat, opendir } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '#base/log.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;

/** From now on, whatever this process makes is its owner's alone. */
export function keepToOwner(): void {
  process.umask(OTHERS);
}

/**
 * Takes what is in a data folder away from everybody but its owner: folders of earlier versions could be read by others. The
 * folder itself comes last, and says that all of it is done: a start that finds it closed looks no further.
 */
export async function closeFolder(directory: string, log: Logger): Promise<void> {
  if (process.platform === 'win32' || ((await lstat(directory)).mode & OTHERS) === 0) return;
  const closed = await closeEntries(directory);
  await chmod(directory, FOLDER_MODE);
  log.warn({ directory, closed }, 'the data folder could be read by others: now by its owner alone');
}

/** Gives how many were open. Links are left alone: what they lead to may be somebody else's. */
async function closeEntries(directory: string): Promise<number> {
  let closed = 0;
  for await (const entry of await opendir(directory)) {
    const name = path.join(directory, entry.name);
    if (entry.isSymbolicLink()) continue;
    if (entry.isDirectory()) closed += await closeEntries(name);
    const { mode } = await lstat(name);
    if ((mode & OTHERS) === 0) continue;
    await chmod(name, entry.isDirectory() ? FOLDER_MODE : FILE_MODE);
    closed++;
  }
  return closed;
}
