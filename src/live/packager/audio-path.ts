import type { Clock, Timer } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { AudioUnit } from '#media/unit.ts';
import type { AudioTranscode, Transcoder } from '#ports/transcoder.ts';

export interface AudioPathDeps {
  readonly channels: number;
  readonly transcoder: Transcoder;
  readonly clock: Clock;
  readonly log: Logger;
  /** One AAC frame. */
  readonly unit: (unit: AudioUnit) => void;
}

/** Opus packets that wait for the codec to start: two seconds of 20 ms. */
const WAITING_UNITS_MAX = 100;
const REOPEN_MS = 1000;
/** After so many failures in a row the broadcast goes on with silence. */
const FAILURES_MAX = 5;
const FLUSH_MS_MAX = 3000;

/** Takes Opus, gives AAC. A codec that fails is started again; what it misses becomes silence further down. */
export class AudioPath {
  readonly #deps: AudioPathDeps;
  #session: AudioTranscode | null = null;
  #waiting: AudioUnit[] = [];
  #opening: Promise<void>;
  #retry: Timer | null = null;
  #failures = 0;
  #closed = false;

  constructor(deps: AudioPathDeps) {
    this.#deps = deps;
    this.#opening = this.#open();
  }

  unit(unit: AudioUnit): void {
    if (this.#session) this.#session.push(unit);
    else if (this.#waiting.length < WAITING_UNITS_MAX) this.#waiting.push(unit);
  }

  /** Resolves when everything came out, or the codec did not answer in time. Never rejects. */
  async finish(): Promise<void> {
    const done = this.#opening.then(() => this.#session?.flush());
    await Promise.race([done, this.#after(FLUSH_MS_MAX)]).catch((cause: unknown) => {
      this.#deps.log.warn({ err: cause }, 'the audio codec did not flush');
    });
    this.close();
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#session?.close();
    this.#session = null;
    this.#waiting = [];
  }

  async #open(): Promise<void> {
    try {
      const session = await this.#deps.transcoder.opusToAac(this.#deps.channels, {
        unit: unit => this.#output(unit),
        failed: cause => this.#failed(cause),
      });
      if (this.#closed) session.close();
      else this.#start(session);
    } catch (cause) {
      this.#failed(cause);
    }
  }

  #start(session: AudioTranscode): void {
    this.#session = session;
    for (const unit of this.#waiting) session.push(unit);
    this.#waiting = [];
  }

  #output(unit: AudioUnit): void {
    this.#failures = 0;
    if (!this.#closed) this.#deps.unit(unit);
  }

  #failed(cause: unknown): void {
    this.#session?.close();
    this.#session = null;
    this.#waiting = [];
    if (this.#closed) return;
    this.#failures++;
    this.#deps.log.error({ err: cause, failures: this.#failures }, 'the audio codec failed');
    if (this.#failures > FAILURES_MAX) return;
    this.#retry = this.#deps.clock.after(REOPEN_MS, () => {
      this.#opening = this.#open();
    });
  }

  #after(ms: number): Promise<void> {
    return new Promise(resolve => this.#deps.clock.after(ms, resolve));
  }
}
