import type { Clock } from '#base/clock.ts';
import type { BroadcastId } from '#base/ids.ts';

/** How long an answer holds: what was hidden by another process plays no longer than this. */
export const ADMITTED_MS = 5_000;
/** Answers that are remembered. */
const ANSWERS_MAX = 10_000;

/** Whether a broadcast may be watched, asked of the database at most every `ADMITTED_MS` for each. */
export class Admission {
  readonly #ask: (id: BroadcastId) => Promise<boolean>;
  readonly #clock: Clock;
  readonly #answers = new Map<
    BroadcastId,
    { readonly admitted: Promise<boolean>; readonly askedMs: number }
  >();

  constructor(clock: Clock, ask: (id: BroadcastId) => Promise<boolean>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** A thousand who ask at once are one question. */
  admit(id: BroadcastId): Promise<boolean> {
    const askedMs = this.#clock.monotonicMs();
    const known = this.#answers.get(id);
    if (known && askedMs - known.askedMs < ADMITTED_MS) return known.admitted;
    const answer = { admitted: this.#ask(id), askedMs };
    this.#answers.delete(id);
    this.#answers.set(id, answer);
    if (this.#answers.size > ANSWERS_MAX) this.#answers.delete(this.#answers.keys().next().value!);
    answer.admitted.catch(() => {
      // What could not be read is asked for again.
      if (this.#answers.get(id) === answer) this.#answers.delete(id);
    });
    return answer.admitted;
  }

  /** It was hidden or shown here: the next question is asked anew. */
  forget(id: BroadcastId): void {
    this.#answers.delete(id);
  }
}
