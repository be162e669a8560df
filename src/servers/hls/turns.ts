/** Answers given before other work of the process has its turn: a few milliseconds. */
const PER_TURN = 100;

/**
 * Spreads a burst of work over turns of the event loop. When a part is published everybody who waits for it is answered
 * at once: for thousands of them that would hold up the packets of the next part.
 */
export class Turns {
  #tasks: (() => void)[] = [];
  #isRunning = false;

  /** Runs a task that does not throw, after those before it. */
  take(task: () => void): void {
    this.#tasks.push(task);
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    const now = this.#tasks.splice(0, PER_TURN);
    for (const task of now) task();
    this.#isRunning = this.#tasks.length > 0;
    if (this.#isRunning) setImmediate(() => this.#run());
  }
}
