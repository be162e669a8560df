import { type ReadonlySignal, signal } from '@preact/signals';

/** Plays what comes as the browser lets us: with sound, else without, else after a tap. */
export class Autoplay {
  readonly #video: HTMLVideoElement;
  readonly #blocked: (blocked: boolean) => void;
  readonly #mutedByBrowser = signal(false);
  readonly #abort = new AbortController();

  /** `blocked` hears that nothing plays before a tap, and that something does. */
  constructor(video: HTMLVideoElement, blocked: (blocked: boolean) => void) {
    this.#video = video;
    this.#blocked = blocked;
    const { signal: until } = this.#abort;
    video.addEventListener('loadedmetadata', () => void this.#play(), { signal: until });
    video.addEventListener('playing', () => blocked(false), { signal: until });
    video.addEventListener('volumechange', () => this.#volumeChanged(), { signal: until });
  }

  /** Sound is off only because the browser insists. */
  get mutedByBrowser(): ReadonlySignal<boolean> {
    return this.#mutedByBrowser;
  }

  /** Plays after a tap, with sound. */
  async play(): Promise<void> {
    this.#video.muted = false;
    await this.#play();
  }

  unmute(): void {
    this.#video.muted = false;
  }

  close(): void {
    this.#abort.abort();
  }

  #volumeChanged(): void {
    if (!this.#video.muted) this.#mutedByBrowser.value = false;
  }

  async #play(): Promise<void> {
    try {
      await this.#video.play();
    } catch (error) {
      if ((error as DOMException).name !== 'NotAllowedError') return;
      if (this.#video.muted) {
        this.#blocked(true);
        return;
      }
      this.#video.muted = true;
      this.#mutedByBrowser.value = true;
      await this.#play();
    }
  }
}
