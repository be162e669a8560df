import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';

/** How exactly the last use of a credential is known: not every read shall cost a write. */
export const LAST_USE_STEP_MS = 5 * 60_000;

/** Writes when a credential was used, behind the request that used it: it may fail, the request must not. */
export class LastUse {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #writing = new Set<string>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** `last` is RFC 3339, null for never. */
  note(id: string, last: string | null, write: (nowMs: number) => Promise<void>): void {
    const nowMs = this.#clock.nowMs();
    if (last !== null && nowMs - Date.parse(last) < LAST_USE_STEP_MS) return;
    if (this.#writing.has(id)) return;
    this.#writing.add(id);
    write(nowMs)
      .catch(cause => this.#log.debug({ err: cause }, 'the last use of a credential was not kept'))
      .finally(() => this.#writing.delete(id));
  }
}
