import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Seeded } from '../seeded.ts';
import { DiskFile, type Kept } from './file.ts';
import { CREATED, FAILED, type LogRecord, TRUNCATED } from './log.ts';

type Entry = DiskFile | Folder;

/** Names that change together: a rename happens whole or not at all. */
interface Naming {
  readonly number: number;
  readonly sets: readonly { readonly folder: Folder; readonly name: string; readonly entry: Entry | null }[];
}

class Folder {
  readonly kind = 'folder';
  readonly now = new Map<string, Entry>();
  /** What each name is for certain, and the number of the naming that said so. */
  readonly safe = new Map<string, { readonly entry: Entry | null; readonly number: number }>();
  pending: Naming[] = [];
}

interface Sync {
  readonly entry: Entry;
  readonly mark: number;
}

/**
 * A folder of a disk, fed with what a process did to it. Of what was not synced a loss of power leaves what chance says. What
 * POSIX promises is kept, and no more: a file's sync saves its bytes, not its name; a folder's sync saves the names in it.
 */
export class Disk {
  readonly #root: Folder;
  readonly #handles = new Map<number, Entry>();
  readonly #syncs = new Map<number, Sync>();
  #namings = 0;

  /** As `folder` is now: all of it is safe. */
  constructor(folder: string) {
    this.#root = safeFolder(folder);
  }

  apply(record: LogRecord): void {
    switch (record.op) {
      case 'open':
        this.#open(record);
        break;
      case 'write':
        this.#fileOf(record)?.write(record.at, record.bytes);
        break;
      case 'truncate':
        this.#fileOf(record)?.truncate(record.at);
        break;
      case 'sync-begin':
        this.#syncBegins(record);
        break;
      case 'sync-end':
        this.#syncEnds(record);
        break;
      default:
        this.#rename(record);
    }
  }

  /** The folder as it stands when power is lost now, written into an empty one. */
  cut(target: string, random: Seeded): void {
    const isOrdered = random.chance(0.5);
    const pending = [...this.#pending()].sort((a, b) => a.number - b.number);
    const share = random.next();
    const some = random.below(pending.length + 1);
    const kept = pending.filter((_, i) => (isOrdered ? i < some : random.chance(share)));
    const names = new Map<Folder, Map<string, Entry>>();
    const namesOf = (folder: Folder) => {
      const known = names.get(folder) ?? new Map(safeNames(folder));
      names.set(folder, known);
      return known;
    };
    for (const { number, sets } of kept)
      for (const { folder, name, entry } of sets)
        if (number > (folder.safe.get(name)?.number ?? -1)) setName(namesOf(folder), name, entry);
    writeOut(target, this.#root, namesOf, file => file.after(choose(random), random));
  }

  /** The folder as the process sees it. */
  whole(target: string): void {
    writeOut(
      target,
      this.#root,
      folder => folder.now,
      file => file.written(),
    );
  }

  #open({ path: name, handle, flags }: LogRecord): void {
    if (flags & CREATED) this.#set([[name, new DiskFile()]]);
    const entry = this.#find(name);
    if (!entry) throw new Error(`${name} was opened and is not known`);
    if (flags & TRUNCATED && entry.kind === 'file' && !(flags & CREATED)) entry.truncate(0);
    this.#handles.set(handle, entry);
  }

  #fileOf({ handle }: LogRecord): DiskFile | null {
    const entry = this.#handles.get(handle);
    return entry?.kind === 'file' ? entry : null;
  }

  #syncBegins({ handle, at }: LogRecord): void {
    const entry = this.#handles.get(handle);
    if (entry) this.#syncs.set(at, { entry, mark: entry.kind === 'file' ? entry.mark() : this.#namings });
  }

  #syncEnds({ at, flags }: LogRecord): void {
    const sync = this.#syncs.get(at);
    this.#syncs.delete(at);
    if (!sync) return;
    const { entry, mark } = sync;
    const failed = (flags & FAILED) !== 0;
    if (entry.kind === 'file') {
      if (failed) entry.notSynced(mark);
      else entry.synced(mark);
    } else if (!failed)
      for (const naming of entry.pending.filter(({ number }) => number < mark)) this.#makeSafe(naming);
  }

  #makeSafe(naming: Naming): void {
    for (const { folder, name, entry } of naming.sets) {
      if (naming.number > (folder.safe.get(name)?.number ?? -1))
        folder.safe.set(name, { entry, number: naming.number });
      folder.pending = folder.pending.filter(other => other !== naming);
    }
  }

  #rename({ op, path: from, other: to }: LogRecord): void {
    if (op === 'mkdir') this.#set([[from, new Folder()]]);
    if (op === 'unlink' || op === 'rmdir') this.#set([[from, null]]);
    if (op === 'link') this.#set([[to, this.#find(from)]]);
    if (op === 'rename')
      this.#set([
        [from, null],
        [to, this.#find(from)],
      ]);
  }

  #set(names: readonly (readonly [name: string, entry: Entry | null])[]): void {
    const sets = names.map(([name, entry]) => {
      const folder = this.#find(parentOf(name));
      if (folder?.kind !== 'folder') throw new Error(`the folder of ${name} is not known`);
      return { folder, name: path.posix.basename(name), entry };
    });
    const naming = { number: this.#namings++, sets };
    for (const { folder, name, entry } of sets) {
      setName(folder.now, name, entry);
      if (!folder.pending.includes(naming)) folder.pending.push(naming);
    }
  }

  #find(name: string): Entry | null {
    let entry: Entry | undefined = this.#root;
    for (const part of name.split('/').filter(Boolean))
      entry = entry?.kind === 'folder' ? entry.now.get(part) : undefined;
    return entry ?? null;
  }

  *#pending(folder: Folder = this.#root, seen = new Set<unknown>()): Iterable<Naming> {
    for (const naming of folder.pending) if (!seen.has(naming) && seen.add(naming)) yield naming;
    const below = new Set([...folder.now.values(), ...[...folder.safe.values()].map(({ entry }) => entry)]);
    for (const entry of below) if (entry?.kind === 'folder') yield* this.#pending(entry, seen);
  }
}

function parentOf(name: string): string {
  const parent = path.posix.dirname(name);
  return parent === '.' ? '' : parent;
}

function setName(names: Map<string, Entry>, name: string, entry: Entry | null): void {
  if (entry) names.set(name, entry);
  else names.delete(name);
}

function* safeNames(folder: Folder): Iterable<[string, Entry]> {
  for (const [name, { entry }] of folder.safe) if (entry) yield [name, entry];
}

/** A folder that was there before: everything in it is safe. */
function safeFolder(directory: string): Folder {
  const folder = new Folder();
  for (const name of readdirSync(directory)) {
    const file = path.join(directory, name);
    const entry = statSync(file).isDirectory() ? safeFolder(file) : new DiskFile(readFileSync(file));
    folder.now.set(name, entry);
    folder.safe.set(name, { entry, number: -1 });
  }
  return folder;
}

function choose(random: Seeded): Kept {
  return (['nothing', 'first', 'pages', 'sectors', 'sectors', 'written'] as const)[random.below(6)]!;
}

function writeOut(
  target: string,
  folder: Folder,
  namesOf: (folder: Folder) => Map<string, Entry>,
  bytesOf: (file: DiskFile) => Buffer,
): void {
  mkdirSync(target, { recursive: true });
  for (const [name, entry] of namesOf(folder)) {
    const file = path.join(target, name);
    if (entry.kind === 'folder') writeOut(file, entry, namesOf, bytesOf);
    else writeFileSync(file, bytesOf(entry));
  }
}
