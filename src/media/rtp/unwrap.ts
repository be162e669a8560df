/**
 * Turns counters that wrap into ones that do not. Values start one turn above zero, so that what comes slightly before
 * the first stays positive. A step of less than half a turn is taken for what it is, forwards or backwards.
 */
export class Unwrapper {
  readonly #turn: number;
  #newest = -1;

  /** `turn` is what the counter wraps at: 65,536 for sequence numbers, 2^32 for timestamps. */
  constructor(turn: number) {
    this.#turn = turn;
  }

  /** The unwrapped value; remembers it when it is the newest. */
  unwrap(value: number): number {
    const unwrapped = this.peek(value);
    if (unwrapped > this.#newest) this.#newest = unwrapped;
    return unwrapped;
  }

  /** The unwrapped value, remembering nothing. */
  peek(value: number): number {
    if (this.#newest < 0) return value + this.#turn;
    let step = (value - this.#newest) % this.#turn;
    if (step < -this.#turn / 2) step += this.#turn;
    else if (step >= this.#turn / 2) step -= this.#turn;
    return this.#newest + step;
  }
}

export const SEQUENCE_TURN = 65_536;
export const TIMESTAMP_TURN = 4_294_967_296;
