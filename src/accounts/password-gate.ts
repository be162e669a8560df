import type { Clock, Timer } from '#base/clock.ts';
import { Refusal } from '#contract/errors.ts';

/** Who waits for a hash at most; one takes a quarter of a second, so that the last is answered within a second or so. */
export const PASSWORDS_WAITING_MAX = 4;
/** Nobody waits longer for the turn to come; then the answer is to come back. */
export const PASSWORD_WAIT_MS = 900;
/** When to come back. */
const RETRY_S = 1;

/** Who asks for a password to be hashed. */
export interface Asker {
  /** The place that it is asked from. */
  readonly place: string;
  /** Whether it is a device that this account signed in with before. */
  readonly isKnown: boolean;
}

interface Waiting extends Asker {
  readonly begin: () => void;
  readonly refuse: (cause: Refusal) => void;
  readonly timer: Timer;
}

/**
 * One password at a time, with a short queue before it: known devices first, then who came first. Where it is full, a place
 * that waits more often makes room for one that waits less often, so that nobody is kept out by one who asks again and again.
 */
export class PasswordGate {
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #isTaken = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Refuses with `too-many-requests`. */
  async run<T>(asker: Asker, work: () => Promise<T>): Promise<T> {
    if (this.#isTaken) await this.#turn(asker);
    this.#isTaken = true;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** The gate stays taken from one to the next: who comes in between waits, too. */
  #next(): void {
    const first = this.#waiting.find(({ isKnown }) => isKnown) ?? this.#waiting[0];
    if (first) {
      this.#forget(first);
      first.begin();
    } else this.#isTaken = false;
  }

  #turn(asker: Asker): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(PASSWORD_WAIT_MS, () => this.#refuse(waiting));
      const waiting: Waiting = { ...asker, begin: resolve, refuse: reject, timer };
      this.#waiting.push(waiting);
      if (this.#waiting.length > PASSWORDS_WAITING_MAX) this.#refuse(this.#last());
    });
  }

  /** Who goes when there are too many: of the strangers, if there are any, the last of the place that has most. */
  #last(): Waiting {
    const strangers = this.#waiting.filter(({ isKnown }) => !isKnown);
    const candidates = strangers.length > 0 ? strangers : this.#waiting;
    const count = ({ place }: Waiting) => candidates.filter(other => other.place === place).length;
    return candidates.reduce((last, next) => (count(next) >= count(last) ? next : last));
  }

  #refuse(waiting: Waiting): void {
    this.#forget(waiting);
    waiting.refuse(
      new Refusal('too-many-requests', 'Many people are signing in at once: try again in a moment.', RETRY_S),
    );
  }

  #forget(waiting: Waiting): void {
    waiting.timer.cancel();
    this.#waiting = this.#waiting.filter(other => other !== waiting);
  }
}
