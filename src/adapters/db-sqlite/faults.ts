import { DatabaseLocked } from '#ports/database-locked.ts';
import { StorageFull } from '#ports/storage-full.ts';
import type { SqliteFailure } from './messages.ts';

/**
 * What SQLite says when it cannot write, and what the operator can do. Of SQLITE_IOERR only what concerns writing: WRITE,
 * FSYNC, DIR_FSYNC, TRUNCATE, SHMOPEN, SHMSIZE. Source: sqlite.org/rescode.html
 */
const FULL = 13;
const READ_ONLY = 8;
const WRITE_FAILURES: readonly number[] = [778, 1034, 1290, 1546, 4618, 4874];
/** Another program holds the file. */
const BUSY = 5;

/** An error of SQLite with its code, as `node:sqlite` throws it. */
class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly errcode: number;

  constructor(message: string, errcode: number) {
    super(message);
    this.errcode = errcode;
  }
}

/** The error that a thread met; that the database takes nothing more is a `StorageFull` that says what to do. */
export function errorOf({ failure, errcode }: SqliteFailure): Error {
  if (errcode === null) return new Error(failure);
  const cause = new SqliteError(failure, errcode);
  if ((errcode & 0xff) === BUSY)
    return new DatabaseLocked(
      'another program holds the database file, most likely a shell with an open transaction, or a backup: end it',
      cause,
    );
  const advice = adviceOn(errcode);
  return advice === null ? cause : new StorageFull(advice, cause);
}

function adviceOn(errcode: number): string | null {
  const primary = errcode & 0xff;
  if (primary === FULL)
    return 'the disk of the database file is full: free space on it, then writes go on by themselves';
  if (primary === READ_ONLY)
    return 'the database file is read-only: give the server the right to write it and its folder, and mount its disk for writing';
  if (WRITE_FAILURES.includes(errcode))
    return 'the disk of the database file refuses writes: look at its space, its quota and its health';
  return null;
}
