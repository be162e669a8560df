import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';

/** Folders remembered as durable. Beyond it all are forgotten, and synced once more when they are used. */
const FOLDERS_MAX = 10_000;

/** Makes the names in a folder durable; platforms that cannot open a folder have no need of it. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/** Makes a folder with those above it. Their names are durable when it resolves. */
export async function makeDurableFolder(folder: string, mode = 0o777): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode });
  // That it was there does not say that its name was synced: whoever made it may have died before.
  const top = path.dirname(first ?? folder);
  for (let parent = path.dirname(folder); ; parent = path.dirname(parent)) {
    await syncFolder(parent).catch(first === undefined ? whenUnreadable : fail);
    if (parent === top || parent === path.dirname(parent)) return;
  }
}

/** A folder that others own and that nobody may list: they see to its names. */
function whenUnreadable(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
}

function fail(error: unknown): never {
  throw error;
}

/**
 * The folders below `root`, made and synced with all above them the first time that this process uses them: a file is not
 * durable before the last name on its path is.
 */
export class DurableFolders {
  readonly #root: string;
  readonly #folders = new Map<string, Promise<void>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Resolves when the folder is there and its path durable. */
  ensure(folder: string): Promise<void> {
    const known = this.#folders.get(folder);
    if (known) return known;
    if (this.#folders.size >= FOLDERS_MAX) this.#folders.clear();
    const made = this.#make(folder);
    this.#folders.set(folder, made);
    made.catch(() => this.#folders.delete(folder));
    return made;
  }

  /** The folder and those below it are gone. */
  forget(folder: string): void {
    for (const known of this.#folders.keys())
      if (known === folder || known.startsWith(folder + path.sep)) this.#folders.delete(known);
  }

  async #make(folder: string): Promise<void> {
    if (folder === this.#root) return makeDurableFolder(folder);
    const parent = path.dirname(folder);
    await this.ensure(parent);
    await mkdir(folder, { recursive: true });
    await syncFolder(parent);
  }
}
