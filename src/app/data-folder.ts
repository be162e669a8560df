import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '#base/fault.ts';
import { makeDurableFolder } from '#disk/folders.ts';
import { keepToOwner } from './folder-modes.ts';

/** Who uses a data folder. */
export interface FolderHolder {
  readonly pid: number;
  readonly host: string;
  /** RFC 3339. */
  readonly since: string;
  /** `server`, or the command of `npm run admin` that holds it. */
  readonly what: string;
  /** Where it serves, once it does. */
  readonly url?: string;
  /** Path of the socket that takes commands, once there is one. */
  readonly admin?: string;
}

/** Another process uses the folder; the message says who. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  /** Null when it said nothing of itself. */
  readonly holder: FolderHolder | null;

  constructor(directory: string, holder: FolderHolder | null) {
    super(
      `the data folder ${directory} is in use${inWords(holder)}. Stop that, or set SKYLARK_DATA to another.`,
    );
    this.holder = holder;
  }
}

export interface FolderLock {
  /** Says more of who holds the folder. */
  describe(more: Pick<FolderHolder, 'url' | 'admin'>): Promise<void>;
  release(): Promise<void>;
}

// SQLITE_BUSY. Source: sqlite.org/rescode.html
const BUSY = 5;

/** A lock goes with its connection, which the garbage collector would close. */
const held = new Set<DatabaseSync>();

/**
 * Makes the folder, and keeps every other process out of it until `release` or the death of this one, however it dies: the
 * operating system keeps the lock, by way of SQLite, because Node has no `flock`. Throws `FolderInUse`.
 */
export async function lockDataFolder(directory: string, what: string): Promise<FolderLock> {
  await makeDurableFolder(directory, 0o700);
  keepToOwner();
  const database = await openLock(directory);
  held.add(database);
  const since = new Date().toISOString();
  let holder: FolderHolder = { pid: process.pid, host: hostname(), since, what };
  const describe = async (more: Pick<FolderHolder, 'url' | 'admin'>) => {
    holder = { ...holder, ...more };
    // Without it the folder is locked all the same, and only the words are missing: on a full disk, say.
    await writeHolder(directory, holder).catch(() => undefined);
  };
  await describe({});
  return {
    describe,
    async release() {
      if (!held.delete(database)) return;
      await rm(holderFile(directory), { force: true }).catch(() => undefined);
      database.close();
    },
  };
}

/** Who says that it holds the folder; one that was killed says so, too. */
export async function readHolder(directory: string): Promise<FolderHolder | null> {
  try {
    return JSON.parse(await readFile(holderFile(directory), 'utf8')) as FolderHolder;
  } catch {
    return null;
  }
}

/** The folder's own name, made once: the database knows by it which folder has a recording. */
export async function folderName(directory: string, make: () => string): Promise<string> {
  const file = path.join(directory, 'folder');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known.trim() !== '') return known.trim();
  const name = make();
  await writeFile(`${file}.new`, `${name}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return name;
}

const holderFile = (directory: string): string => path.join(directory, 'lock.json');

/**
 * The file stays empty. Nothing else may open it in this process: closing any descriptor of a file gives up all locks
 * that the process has on it (POSIX fcntl).
 */
async function openLock(directory: string): Promise<DatabaseSync> {
  const file = path.join(directory, 'lock');
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('pragma journal_mode = memory; begin exclusive');
    await chmod(file, 0o600);
    return database;
  } catch (cause) {
    database?.close();
    if (((cause as { errcode?: number }).errcode ?? 0) % 256 === BUSY)
      throw new FolderInUse(directory, await readHolder(directory));
    throw new Fault(`locking the data folder ${directory} failed`, cause);
  }
}

/** Whole or not at all, so that who is refused reads no half of it. */
async function writeHolder(directory: string, holder: FolderHolder): Promise<void> {
  const file = holderFile(directory);
  await writeFile(`${file}.new`, `${JSON.stringify(holder, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function inWords(holder: FolderHolder | null): string {
  if (!holder) return '';
  const { what, pid, host, since, url } = holder;
  const place = host === hostname() ? '' : ` on ${host}`;
  return ` by process ${pid}${place} (${what}${url ? ` at ${url}` : ''}), since ${since}`;
}
