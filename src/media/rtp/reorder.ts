import type { RtpPacket } from './packet.ts';

/**
 * Puts packets into sequence. Waits a bounded time for one that is missing, then goes on without it. Sequence numbers are
 * unwrapped. Holds at most `slots` packets.
 */
export class ReorderBuffer {
  readonly #slots: number;
  readonly #deliver: (packet: RtpPacket, arrivalMs: number) => void;
  readonly #lost: (count: number) => void;
  readonly #packets: (RtpPacket | undefined)[];
  readonly #arrivals: Float64Array;
  #next = -1;
  #held = 0;
  /** When the packet after the gap came; the wait counts from there. */
  #gapSinceMs = Number.POSITIVE_INFINITY;

  /** `lost` is called before the packet that follows the gap is delivered. */
  constructor(
    slots: number,
    deliver: (packet: RtpPacket, arrivalMs: number) => void,
    lost: (count: number) => void,
  ) {
    this.#slots = slots;
    this.#deliver = deliver;
    this.#lost = lost;
    this.#packets = new Array<RtpPacket | undefined>(slots);
    this.#arrivals = new Float64Array(slots);
  }

  /** Takes a packet; one whose turn is over is left out. */
  push(sequence: number, packet: RtpPacket, nowMs: number): void {
    if (this.#next < 0) this.#next = sequence;
    if (sequence < this.#next) return;
    if (sequence === this.#next && this.#held === 0) {
      this.#next++;
      this.#deliver(packet, nowMs);
      return;
    }
    while (sequence >= this.#next + this.#slots && this.#held > 0) this.#skipGap();
    if (sequence >= this.#next + this.#slots) this.#jump(sequence);
    const slot = sequence % this.#slots;
    if (this.#packets[slot] !== undefined) return;
    this.#packets[slot] = packet;
    this.#arrivals[slot] = nowMs;
    this.#held++;
    this.#drain();
  }

  /** Gives up what has been waited for long enough. */
  tick(nowMs: number, waitMs: number): void {
    while (nowMs - this.#gapSinceMs >= waitMs) this.#skipGap();
  }

  /** Delivers what is held, gaps and all, and begins anew with whatever comes next. */
  reset(): void {
    while (this.#held > 0) this.#skipGap();
    this.#next = -1;
  }

  #drain(): void {
    for (;;) {
      const slot = this.#next % this.#slots;
      const packet = this.#packets[slot];
      if (packet === undefined) break;
      this.#packets[slot] = undefined;
      this.#held--;
      this.#next++;
      this.#deliver(packet, this.#arrivals[slot]!);
    }
    this.#gapSinceMs =
      this.#held === 0 ? Number.POSITIVE_INFINITY : this.#arrivals[this.#firstHeld() % this.#slots]!;
  }

  #firstHeld(): number {
    let sequence = this.#next;
    while (this.#packets[sequence % this.#slots] === undefined) sequence++;
    return sequence;
  }

  /** There is a packet held behind the gap. */
  #skipGap(): void {
    this.#jump(this.#firstHeld());
    this.#drain();
  }

  #jump(to: number): void {
    const missing = to - this.#next;
    this.#next = to;
    if (missing > 0) this.#lost(missing);
  }
}
