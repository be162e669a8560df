/**
 * Keeps the last picture of a `<video>` behind it while the way of its pictures changes: an element without a picture is
 * transparent.
 */
export class Still {
  readonly #video: HTMLVideoElement;
  readonly #canvas: HTMLCanvasElement;

  constructor(video: HTMLVideoElement, canvas: HTMLCanvasElement) {
    this.#video = video;
    this.#canvas = canvas;
  }

  get isKept(): boolean {
    return !this.#canvas.hidden;
  }

  /** Keeps what the element shows now; an element that shows nothing leaves what was kept before. */
  keep(): void {
    const { videoWidth, videoHeight, readyState } = this.#video;
    if (videoWidth === 0 || readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.#canvas.width = videoWidth;
    this.#canvas.height = videoHeight;
    this.#canvas.getContext('2d')?.drawImage(this.#video, 0, 0);
    this.#canvas.toggleAttribute('data-portrait', videoHeight > videoWidth);
    this.#canvas.hidden = false;
  }

  letGo(): void {
    this.#canvas.hidden = true;
    // A picture as large as the camera's is not held for nothing.
    this.#canvas.width = 0;
  }
}
