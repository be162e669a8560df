/** Echoes that have not come by then never will: the server counts 500 hearts of one viewer. */
const ECHO_WITHIN_MS = 3_000;

/** Tells other people's hearts from the echo of one's own, which have risen already. */
export class HeartTally {
  #awaited: { readonly untilMs: number; count: number }[] = [];

  sent(count: number, nowMs: number): void {
    this.#awaited.push({ untilMs: nowMs + ECHO_WITHIN_MS, count });
  }

  /** How many of the hearts that a frame brings are somebody else's. */
  others(count: number, nowMs: number): number {
    let left = count;
    for (const echo of this.#awaited) {
      if (echo.untilMs < nowMs) echo.count = 0;
      const taken = Math.min(left, echo.count);
      echo.count -= taken;
      left -= taken;
    }
    this.#awaited = this.#awaited.filter(echo => echo.count > 0);
    return left;
  }
}
