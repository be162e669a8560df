import { readFile } from 'node:fs/promises';
import { CONNECTIONS_MAX } from '#servers/http/index.ts';

/** Files that connections leave to databases, journals and whatever else is opened. */
const RESERVED_FILES = 512;
/** Where the system does not say: what most give to a process. */
const FILES_OTHERWISE = 1024;

/** As many connections as this process may have files open, less what the rest of it needs. */
export async function connectionsMax(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const found = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1] ?? String(FILES_OTHERWISE);
  const files = found === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found);
  return Math.min(CONNECTIONS_MAX, Math.max(files - RESERVED_FILES, Math.floor(files / 2)));
}
