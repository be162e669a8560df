import { TURN_MS } from './limits.ts';

/**
 * Begins requests at once while that takes little of the event loop, and then in turns, one of each address after
 * the other: packets of media get through, and who sends a thousand requests waits behind himself.
 */
export class RequestTurns {
  readonly #waiting = new Map<string, (() => void)[]>();
  #untilMs = 0;
  #isTimed = false;

  take(address: string, begin: () => void): void {
    const nowMs = performance.now();
    if (!this.#isTimed) {
      this.#isTimed = true;
      this.#untilMs = nowMs + TURN_MS;
      setImmediate(() => this.#next());
    }
    if (this.#waiting.size === 0 && nowMs < this.#untilMs) begin();
    else this.#wait(address, begin);
  }

  #wait(address: string, begin: () => void): void {
    const waiting = this.#waiting.get(address);
    if (waiting) waiting.push(begin);
    else this.#waiting.set(address, [begin]);
  }

  #next(): void {
    const untilMs = performance.now() + TURN_MS;
    for (const [address, waiting] of this.#waiting) {
      // Who has more goes to the end of the line.
      this.#waiting.delete(address);
      const begin = waiting.shift();
      if (waiting.length > 0) this.#waiting.set(address, waiting);
      begin?.();
      if (performance.now() >= untilMs) break;
    }
    this.#isTimed = this.#waiting.size > 0;
    if (!this.#isTimed) return;
    this.#untilMs = 0;
    setImmediate(() => this.#next());
  }
}
