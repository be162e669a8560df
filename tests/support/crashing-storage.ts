import type { Blobs } from '#ports/blobs.ts';
import type { Journals } from '#ports/journals.ts';
import type { Seeded } from './seeded.ts';

/**
 * Blobs and journals in memory, and a process that dies at a given step of theirs: from then on nothing that it asked for
 * comes back, nor does what it asks for later. What it was appending at that moment is left whole, torn, or followed by rubbish. `revive`
 * is the next process, which takes `blobs` and `journals` anew.
 */
export class CrashingStorage {
  blobs: Blobs;
  journals: Journals;
  /** What was acknowledged of each journal, in bytes. */
  readonly acknowledged = new Map<string, number>();
  /** Steps of storage so far. */
  steps = 0;
  readonly #random: Seeded;
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #files = new Map<string, Uint8Array>();
  #life = 0;
  #diesAt = Number.POSITIVE_INFINITY;
  #died: () => void = () => {};

  constructor(random: Seeded) {
    this.#random = random;
    this.blobs = this.#openBlobs();
    this.journals = this.#openJournals();
  }

  /** The process dies `steps` from now; resolves when it does. */
  dieAfter(steps: number): Promise<void> {
    this.#diesAt = this.steps + steps;
    return new Promise(resolve => {
      this.#died = resolve;
    });
  }

  /** Ends the process now, if it lives. */
  kill(): void {
    this.#life++;
  }

  /** A process after the one that died: what that one still waits for never comes. */
  revive(): void {
    this.#life++;
    this.#diesAt = Number.POSITIVE_INFINITY;
    this.blobs = this.#openBlobs();
    this.journals = this.#openJournals();
  }

  /** Runs one step of storage, or dies in it: before, half-way (`torn`), or after it. */
  async #step<T>(life: number, run: () => T, torn: () => void = () => {}): Promise<T> {
    await new Promise(setImmediate);
    if (life !== this.#life) return new Promise<T>(() => {});
    if (++this.steps < this.#diesAt) return run();
    this.kill();
    const when = this.#random.below(3);
    if (when === 1) torn();
    if (when === 2) run();
    this.#died();
    return new Promise<T>(() => {});
  }

  #openBlobs(): Blobs {
    const [blobs, life] = [this.#blobs, this.#life];
    return {
      put: (key, bytes) => this.#step(life, () => void blobs.set(key, bytes.slice())),
      get: async key => blobs.get(key) ?? null,
      size: async key => blobs.get(key)?.length ?? null,
      delete: async key => void blobs.delete(key),
      deletePrefix: async prefix => {
        for (const key of [...blobs.keys()]) if (key.startsWith(prefix)) blobs.delete(key);
      },
    };
  }

  #openJournals(): Journals {
    const [files, life] = [this.#files, this.#life];
    return {
      create: key =>
        this.#step(life, () => {
          files.set(key, new Uint8Array(0));
          return { append: bytes => this.#append(life, key, bytes), close: async () => {} };
        }),
      read: async key => files.get(key)?.slice() ?? null,
      list: async prefix => [...files.keys()].filter(key => key.startsWith(`${prefix}/`)).sort(),
      delete: key =>
        this.#step(life, () => {
          files.delete(key);
          this.acknowledged.delete(key);
        }),
    };
  }

  async #append(life: number, key: string, bytes: Uint8Array): Promise<void> {
    const before = this.#files.get(key)!;
    const write = (more: Uint8Array) => void this.#files.set(key, Uint8Array.of(...before, ...more));
    await this.#step(
      life,
      () => write(bytes),
      () => write(this.#tear(bytes)),
    );
    this.acknowledged.set(key, before.length + bytes.length);
  }

  /** What a crash leaves of an append: a part of it, zeros or rubbish in the place of the rest. */
  #tear(bytes: Uint8Array): Uint8Array {
    const kept = bytes.subarray(0, this.#random.below(bytes.length + 1));
    const rest = bytes.length - kept.length;
    const kind = this.#random.below(3);
    if (kind === 0) return kept;
    const rubbish = kind === 1 ? new Uint8Array(rest) : this.#random.bytes(rest);
    return Uint8Array.of(...kept, ...rubbish);
  }
}
