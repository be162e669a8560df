const BATCH_MS = 300;
/** What one call takes; taps beyond it wait for the next batch. */
const BATCH_MAX = 100;

export interface HeartSenderDeps {
  /** Sends one batch; a rejection loses it, as hearts may be lost. */
  readonly send: (count: number, mediaTimeMs: number | undefined) => Promise<void>;
  readonly setTimeout: (run: () => void, ms: number) => unknown;
}

/** Collects taps and sends them a few times a second. */
export class HeartSender {
  readonly #deps: HeartSenderDeps;
  #taps = 0;
  #mediaTimeMs: number | undefined;
  #scheduled = false;

  constructor(deps: HeartSenderDeps) {
    this.#deps = deps;
  }

  /** `mediaTimeMs`: of the picture on the screen; a batch carries that of its first tap. */
  tap(mediaTimeMs: number | null): void {
    if (this.#taps === 0) this.#mediaTimeMs = mediaTimeMs === null ? undefined : Math.round(mediaTimeMs);
    this.#taps += 1;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#deps.setTimeout(() => this.#flush(), BATCH_MS);
  }

  #flush(): void {
    this.#scheduled = false;
    const count = Math.min(this.#taps, BATCH_MAX);
    this.#taps -= count;
    if (this.#taps > 0) this.#schedule();
    // Lossy by design: a heart that comes seconds late is worse than none.
    void this.#deps.send(count, this.#mediaTimeMs).catch(() => undefined);
  }
}
