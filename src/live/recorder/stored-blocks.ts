import type { Blobs } from '#ports/blobs.ts';

/** Read at once, and held for each reader that has not taken it yet. */
export const BLOCK_BYTES = 64 * 1024;
/** Blocks that stay in memory for whoever asks next: 16 MB. A popular replay is read by many at about the same place. */
export const BLOCKS_KEPT_MAX = 256;

/** Blobs in blocks. Whoever asks for a block that is being read, or was lately, gets the same bytes. */
export class StoredBlocks {
  readonly #blobs: Pick<Blobs, 'get'>;
  /** In the order of their last use. */
  readonly #blocks = new Map<string, Promise<Uint8Array>>();

  constructor(blobs: Pick<Blobs, 'get'>) {
    this.#blobs = blobs;
  }

  /** The block that holds the byte `at`, and where it begins. Fewer bytes than a block at the end; none where there is no such blob. */
  async read(key: string, at: number): Promise<{ start: number; bytes: Uint8Array }> {
    const start = at - (at % BLOCK_BYTES);
    return { start, bytes: await this.#block(`${key} ${start}`, key, start) };
  }

  #block(name: string, key: string, start: number): Promise<Uint8Array> {
    const known = this.#blocks.get(name);
    this.#blocks.delete(name);
    const block = known ?? this.#load(name, key, start);
    if (this.#blocks.size >= BLOCKS_KEPT_MAX) this.#blocks.delete(this.#blocks.keys().next().value!);
    this.#blocks.set(name, block);
    return block;
  }

  /** What could not be read is asked for again. */
  async #load(name: string, key: string, start: number): Promise<Uint8Array> {
    try {
      const bytes = await this.#blobs.get(key, { start, end: start + BLOCK_BYTES - 1 });
      if (bytes !== null && bytes.length > 0) return bytes;
      this.#blocks.delete(name);
      return new Uint8Array(0);
    } catch (cause) {
      this.#blocks.delete(name);
      throw cause;
    }
  }
}
