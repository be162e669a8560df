import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';

/** A wait this long for one's turn is most likely a query outside the transaction that it belongs to. */
const LONG_WAIT_MS = 5000;
/** Beyond it something writes more than will ever be written. */
const WAITING_MAX = 50_000;

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (cause: unknown) => void;
}

/** Who writes: one at a time, first come, first served. */
export class Turns {
  readonly #log: Logger;
  #waiting: Waiting[] = [];
  #taken = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  async take(): Promise<void> {
    if (this.#taken) await this.#wait();
    this.#taken = true;
  }

  pass(): void {
    const next = this.#waiting.shift();
    if (next) next.begin();
    else this.#taken = false;
  }

  /** Those who wait fail with what one of them met, where waiting for it one after the other would take for ever. */
  refuseWaiting(cause: unknown): void {
    for (const { refuse } of this.#waiting.splice(0)) refuse(cause);
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX)
      return Promise.reject(new Fault('too much is asked of the database'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const alarm = setTimeout(() => {
      this.#log.error(
        { waitedMs: LONG_WAIT_MS },
        'a query waits for the database: is it outside its transaction?',
      );
    }, LONG_WAIT_MS);
    alarm.unref();
    this.#waiting.push({ begin: resolve, refuse: reject });
    return promise.finally(() => clearTimeout(alarm));
  }
}
