/** Key frames are asked for at most this often, whoever wants them. */
export const KEYFRAME_PERIOD_MS = 1000;

/** Turns any number of wishes for a key frame into few requests, repeated until one comes. */
export class KeyframeRequests {
  #wanted = false;
  #askedMs = Number.NEGATIVE_INFINITY;

  want(): void {
    this.#wanted = true;
  }

  arrived(): void {
    this.#wanted = false;
  }

  /** Whether to ask now; counts as asked. */
  due(nowMs: number): boolean {
    if (!this.#wanted || nowMs - this.#askedMs < KEYFRAME_PERIOD_MS) return false;
    this.#askedMs = nowMs;
    return true;
  }
}
