const WITHIN_MS = 320;
const WITHIN_PX = 40;

interface Tap {
  readonly timeStamp: number;
  readonly clientX: number;
  readonly clientY: number;
}

/** Recognises two taps on a picture, by finger or mouse, that come soon after each other and near each other. */
export class DoubleTap {
  #last: Tap | null = null;

  /** The second tap's place within the element that listens; null for anything else. */
  up(event: PointerEvent): { x: number; y: number } | null {
    if (event.button !== 0 || isControl(event)) {
      this.#last = null;
      return null;
    }
    const previous = this.#last;
    this.#last = { timeStamp: event.timeStamp, clientX: event.clientX, clientY: event.clientY };
    if (previous === null || !isNear(previous, event)) return null;
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

function isNear(a: Tap, b: Tap): boolean {
  const distance = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  return b.timeStamp - a.timeStamp <= WITHIN_MS && distance <= WITHIN_PX;
}

function isControl(event: PointerEvent): boolean {
  return event
    .composedPath()
    .some(
      target => target instanceof Element && target.matches('button, a, input, dialog, media-control-bar'),
    );
}
