import type { Seeded } from '../seeded.ts';

/** A change of a file's bytes that the disk may have or not: a write, or a new size. */
type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };

/** How much of what was not synced the disk has. */
export type Kept = 'written' | 'nothing' | 'first' | 'pages' | 'sectors';

const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;

/** A file: what is safe of it, and what was written since. */
export class DiskFile {
  readonly kind = 'file';
  #safe: Buffer;
  #changes: Change[] = [];
  /** Changes that became safe, so that a sync knows how far it goes. */
  #gone = 0;
  /** Changes that a failed sync had in hand: the system takes them for written from then on, and no later sync saves them. */
  #doomed = 0;

  constructor(safe: Buffer = Buffer.alloc(0)) {
    this.#safe = safe;
  }

  write(at: number, bytes: Buffer): void {
    this.#changes.push({ at, bytes });
  }

  truncate(size: number): void {
    this.#changes.push({ size });
  }

  /** What a sync that begins now saves. */
  mark(): number {
    return this.#gone + this.#changes.length;
  }

  synced(mark: number): void {
    if (this.#doomed > this.#gone) return;
    const saved = this.#changes.splice(0, Math.max(0, mark - this.#gone));
    this.#gone += saved.length;
    this.#safe = versions(this.#safe, saved, saved.length, () => saved.length);
  }

  notSynced(mark: number): void {
    this.#doomed = Math.max(this.#doomed, mark);
  }

  /** The file as the process sees it. */
  written(): Buffer {
    const count = this.#changes.length;
    return versions(this.#safe, this.#changes, count, () => count);
  }

  /** The file as the disk may have it. */
  after(kept: Kept, random: Seeded): Buffer {
    const count = this.#changes.length;
    if (kept === 'nothing' || count === 0) return this.#safe;
    if (kept === 'written') return this.written();
    if (kept === 'first') {
      const some = random.below(count + 1);
      return versions(this.#safe, this.#changes, some, () => some);
    }
    const blockBytes = kept === 'pages' ? PAGE_BYTES : SECTOR_BYTES;
    const pick = () => (random.chance(0.6) ? (random.chance(0.5) ? count : 0) : random.below(count + 1));
    const size = pick();
    const blocks = new Map<number, number>();
    const versionOf = (block: number) => {
      const known = blocks.get(block) ?? pick();
      blocks.set(block, known);
      return known;
    };
    return versions(
      this.#safe,
      this.#changes,
      size,
      at => versionOf(Math.floor(at / blockBytes)),
      blockBytes,
    );
  }
}

/**
 * A file with the size that it had after `sizeVersion` changes, every block of it as it was after as many changes as
 * `blockVersion` says: a disk writes blocks in any order, and each block whole.
 */
function versions(
  safe: Buffer,
  changes: readonly Change[],
  sizeVersion: number,
  blockVersion: (at: number) => number,
  blockBytes = Number.POSITIVE_INFINITY,
): Buffer {
  let largest = safe.length;
  let size = safe.length;
  changes.forEach((change, i) => {
    const end = 'size' in change ? change.size : Math.max(size, change.at + change.bytes.length);
    largest = Math.max(largest, end);
    if (i < sizeVersion) size = end;
  });
  const file = Buffer.alloc(largest);
  safe.copy(file);
  changes.forEach((change, i) => {
    const at = 'size' in change ? change.size : change.at;
    const end = 'size' in change ? largest : at + change.bytes.length;
    for (let from = at; from < end; ) {
      const to = Math.min(end, blockBytes === Number.POSITIVE_INFINITY ? end : nextBlock(from, blockBytes));
      if (i < blockVersion(from)) {
        if ('size' in change) file.fill(0, from, to);
        else change.bytes.copy(file, from, from - at, to - at);
      }
      from = to;
    }
  });
  return file.subarray(0, size);
}

function nextBlock(at: number, blockBytes: number): number {
  return (Math.floor(at / blockBytes) + 1) * blockBytes;
}
