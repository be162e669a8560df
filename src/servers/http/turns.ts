import { IN_WORK_MAX, TURN_MS } from './limits.ts';

/** A request that has not begun. */
export interface Waiting {
  readonly address: string;
  /** Begins it; what it does later calls `done`, once, when it holds nothing up any more. */
  begin(done: () => void): void;
}

/**
 * Begins requests at once while that takes little of the event loop, and then in turns, one of each address after the other:
 * packets of media get through, and who sends a thousand requests waits behind himself. Few are in work at a time: what
 * they ask of the database comes back together, and who came last would wait for all of it.
 */
export class RequestTurns {
  readonly #waiting = new Map<string, Waiting[]>();
  #inWork = 0;
  #untilMs = 0;
  #isTimed = false;

  take(request: Waiting): void {
    this.#startTurn();
    if (this.#waiting.size === 0 && this.#mayBegin()) this.#begin(request);
    else this.#wait(request);
  }

  #mayBegin(): boolean {
    return this.#inWork < IN_WORK_MAX && performance.now() < this.#untilMs;
  }

  #begin(request: Waiting): void {
    this.#inWork++;
    let isDone = false;
    request.begin(() => {
      if (isDone) return;
      isDone = true;
      this.#inWork--;
      if (this.#waiting.size > 0) this.#startTurn();
    });
  }

  #wait(request: Waiting): void {
    const waiting = this.#waiting.get(request.address);
    if (waiting) waiting.push(request);
    else this.#waiting.set(request.address, [request]);
  }

  #startTurn(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.#untilMs = performance.now() + TURN_MS;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isTimed = false;
    this.#untilMs = performance.now() + TURN_MS;
    for (const [address, waiting] of this.#waiting) {
      if (!this.#mayBegin()) break;
      // Who has more goes to the end of the line.
      this.#waiting.delete(address);
      const request = waiting.shift();
      if (waiting.length > 0) this.#waiting.set(address, waiting);
      if (request) this.#begin(request);
    }
    // Where all that may be are in work, the next that is done goes on.
    if (this.#waiting.size > 0 && this.#inWork < IN_WORK_MAX) this.#startTurn();
  }
}
