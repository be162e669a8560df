import { Refusal } from '#contract/errors.ts';

/** Password checks at once, running or waiting for a thread; each takes 32 MB and a tenth of a second. */
export const PASSWORD_CHECKS_MAX = 16;

/** Keeps a flood of sign-ins from filling memory and the thread pool. */
export class PasswordGate {
  #running = 0;

  async run<T>(check: () => Promise<T>): Promise<T> {
    if (this.#running >= PASSWORD_CHECKS_MAX)
      throw new Refusal('too-many-requests', 'Many people are signing in at once.', 1);
    this.#running++;
    try {
      return await check();
    } finally {
      this.#running--;
    }
  }
}
