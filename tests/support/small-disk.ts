import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CHUNK_SIZES = [64 * 1024, 1024, 1];

/** A file system of its own that really runs full. */
export interface SmallDisk {
  readonly directory: string;
  /** Takes all the room that is left, and what was given back since the last time. */
  fill(): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  close(): Promise<void>;
}

/** Mounts one of so many bytes in memory; null where that is not allowed or not known. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk | null> {
  if (process.platform !== 'linux') return null;
  const directory = await mkdtemp(path.join(tmpdir(), 'skylark-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'skylark-test', directory]);
  } catch {
    await rmdir(directory);
    return null;
  }
  const ballast = path.join(directory, 'ballast');
  return {
    directory,
    async fill() {
      for (const size of CHUNK_SIZES) while (await appends(ballast, size)) {}
    },
    free: () => rm(ballast, { force: true }),
    async close() {
      await run('umount', ['--lazy', directory]); // whatever a failed test left open
      await rmdir(directory);
    },
  };
}

async function appends(file: string, bytes: number): Promise<boolean> {
  try {
    await appendFile(file, Buffer.alloc(bytes));
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw cause;
  }
}
