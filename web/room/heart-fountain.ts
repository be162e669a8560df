import type { Room } from './room.ts';

/** Hearts in the air at once; more would cost frames and say nothing more. */
const IN_THE_AIR_MAX = 40;
/** Hearts waiting to rise; what a frame brings beyond them is only counted. */
const WAITING_MAX = 60;
const RISE_EVERY_MS = 70;

/** Where a heart starts, in px within the fountain's element; at its foot when absent. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Lets hearts rise inside an element: one's own at once, other people's spread over time. */
export class HeartFountain {
  #element: HTMLElement | null = null;
  #waiting = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  attach(element: HTMLElement | null): void {
    this.#element = element;
    if (element === null) this.#stop();
  }

  /** One heart of one's own, from where the finger was. */
  rise(from?: Point): void {
    this.#launch(true, from);
  }

  /** Other people's, as many as one frame of the room brought. */
  riseMany(count: number): void {
    this.#waiting = Math.min(WAITING_MAX, this.#waiting + count);
    if (this.#waiting > 0 && this.#element !== null)
      this.#timer ??= setInterval(() => this.#next(), RISE_EVERY_MS);
  }

  listenTo(room: Room): () => void {
    return room.onHearts(count => this.riseMany(count));
  }

  #next(): void {
    if (this.#waiting === 0) {
      this.#stop();
      return;
    }
    // A long queue drains faster, so that hearts stay near the moment they were sent.
    const now = Math.min(this.#waiting, 1 + Math.floor(this.#waiting / 15));
    this.#waiting -= now;
    for (let i = 0; i < now; i += 1) this.#launch(false);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#waiting = 0;
  }

  #launch(own: boolean, from?: Point): void {
    const element = this.#element;
    if (element === null || document.hidden || element.childElementCount >= IN_THE_AIR_MAX) return;
    const heart = document.createElement('span');
    heart.dataset.heart = own ? 'own' : 'other';
    heart.className = own ? 'heart heart-own' : 'heart';
    heart.style.setProperty('--drift', `${Math.round((Math.random() - 0.5) * 90)}px`);
    heart.style.setProperty('--sway', `${Math.round((Math.random() - 0.5) * 50)}px`);
    heart.style.setProperty('--tilt', `${Math.round((Math.random() - 0.5) * 50)}deg`);
    heart.style.setProperty('--size', `${Math.round(20 + Math.random() * 14)}px`);
    if (from !== undefined) {
      heart.style.left = `${from.x}px`;
      heart.style.top = `${from.y}px`;
      heart.classList.add('heart-placed');
    }
    heart.addEventListener('animationend', () => heart.remove(), { once: true });
    element.append(heart);
  }
}
