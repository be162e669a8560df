import type { Logger } from './log.ts';

/** Something that can be closed once; closing it again does nothing. */
export interface Closer {
  close(): void | Promise<void>;
}

/** Closes what was added, last first, and goes on when one of them fails. */
export class Disposer {
  readonly #log: Logger;
  #closing: Promise<void> | null = null;
  readonly #entries: { name: string; close: () => void | Promise<void> }[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, close: () => void | Promise<void>): void {
    this.#entries.push({ name, close });
  }

  /** Idempotent: whoever asks while it closes waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll().finally(() => {
      this.#closing = null;
    });
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      try {
        await entry.close();
      } catch (cause) {
        this.#log.error({ err: cause, part: entry.name }, 'closing failed');
      }
    }
  }
}
