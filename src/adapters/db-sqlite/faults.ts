import { StorageFull } from '#ports/storage-full.ts';

/**
 * What SQLite says when it cannot write, and what the operator can do. Of SQLITE_IOERR only what concerns writing: WRITE,
 * FSYNC, DIR_FSYNC, TRUNCATE, SHMOPEN, SHMSIZE. Source: sqlite.org/rescode.html
 */
const FULL = 13;
const READ_ONLY = 8;
const WRITE_FAILURES: readonly unknown[] = [778, 1034, 1290, 1546, 4618, 4874];

/** Runs a statement; that the database takes nothing more becomes a `StorageFull` that says what to do. */
export function writing<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const advice = adviceOn(cause);
    throw advice === null ? cause : new StorageFull(advice, cause);
  }
}

function adviceOn(cause: unknown): string | null {
  if (!(cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number')) return null;
  const primary = cause.errcode & 0xff;
  if (primary === FULL)
    return 'the disk of the database file is full: free space on it, then writes go on by themselves';
  if (primary === READ_ONLY)
    return 'the database file is read-only: give the server the right to write it and its folder, and mount its disk for writing';
  if (WRITE_FAILURES.includes(cause.errcode))
    return 'the disk of the database file refuses writes: look at its space, its quota and its health';
  return null;
}
