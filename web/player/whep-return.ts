import { WhepClient } from './whep.ts';

/** Waits before the tries, from one to the next; the last one repeats. */
const DELAYS_MS = [1_000, 5_000, 15_000, 60_000] as const;
/** Where WebRTC was never to be had, this many of them are passed over. */
const SKIPPED_IF_UNAVAILABLE = 2;

export interface WhepReturnOptions {
  readonly startedAtMs: () => number | null;
  /** Whether somebody would see the better way now. */
  readonly wanted: () => boolean;
  /** WebRTC has pictures: whoever is told moves them to where they are seen. */
  readonly arrived: (client: WhepClient) => void;
}

/** While HLS shows a live broadcast: tries WebRTC beside it, out of sight, and hands it over once it has pictures. */
export class WhepReturn {
  readonly #options: WhepReturnOptions;
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #trying: WhepClient | null = null;
  #url: string | null = null;

  constructor(options: WhepReturnOptions) {
    this.#options = options;
  }

  /** Begins to try; `lost`: it was there before. */
  begin(url: string, lost: boolean, notBeforeMs: number): void {
    if (this.#url !== null) return;
    this.#url = url;
    if (!lost) this.#tries = Math.max(this.#tries, SKIPPED_IF_UNAVAILABLE);
    this.#schedule(notBeforeMs);
  }

  /** What came by WebRTC was good: the next time it is tried soon again. */
  forgive(): void {
    this.#tries = 0;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#url = null;
    this.#trying?.close();
    this.#trying = null;
  }

  #schedule(notBeforeMs: number): void {
    const delayMs = DELAYS_MS[Math.min(this.#tries, DELAYS_MS.length - 1)]!;
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#try(), Math.max(delayMs, notBeforeMs));
  }

  #try(): void {
    const url = this.#url;
    if (url === null) return;
    if (!this.#options.wanted()) {
      this.#schedule(0);
      return;
    }
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.autoplay = true;
    const client = new WhepClient({
      url,
      video,
      startedAtMs: this.#options.startedAtMs,
      events: {
        firstFrame: () => this.#arrived(client),
        stalled() {},
        failed: (_reason, notBeforeMs = 0) => {
          client.close();
          if (this.#trying !== client) return;
          this.#trying = null;
          this.#schedule(notBeforeMs);
        },
      },
    });
    this.#trying = client;
  }

  #arrived(client: WhepClient): void {
    this.#trying = null;
    if (!this.#options.wanted()) {
      client.close();
      this.#schedule(0);
      return;
    }
    this.#url = null;
    this.#options.arrived(client);
  }
}
