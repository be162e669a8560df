import type { Rtcp } from './rtcp.ts';
import type { ReceptionBlock } from './rtcp-write.ts';
import { SEQUENCE_TURN, TIMESTAMP_TURN } from './unwrap.ts';

/** Statistics of one source for receiver reports (RFC 3550 sections 6.4.1, A.3 and A.8). */
export class Reception {
  readonly #ticksPerMs: number;
  #first = -1;
  #highest = -1;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #jitter = 0;
  #transit = Number.NaN;
  #lastSr = 0;
  #lastSrMs = 0;

  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1000;
  }

  /** Notes a packet that was not retransmitted. `sequence` is unwrapped. */
  arrived(sequence: number, timestamp: number, nowMs: number): void {
    if (this.#first < 0) this.#first = sequence;
    if (sequence > this.#highest) this.#highest = sequence;
    this.#received++;
    const transit = nowMs * this.#ticksPerMs - timestamp;
    const change = Math.abs(transit - this.#transit);
    // A wrapped or jumping timestamp says nothing about jitter.
    if (change < 90_000) this.#jitter += (change - this.#jitter) / 16;
    this.#transit = transit;
  }

  senderReport(report: Extract<Rtcp, { kind: 'sender-report' }>, nowMs: number): void {
    this.#lastSr = report.ntpMiddle;
    this.#lastSrMs = nowMs;
  }

  /** The block for the next receiver report; null before the first packet. */
  report(ssrc: number, nowMs: number): ReceptionBlock | null {
    if (this.#first < 0) return null;
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    const lost = expected - this.#received;
    return {
      ssrc,
      fractionLost:
        expectedNow > 0 && lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      cumulativeLost: Math.max(-0x800000, Math.min(0x7fffff, lost)),
      highestSequence: (this.#highest - SEQUENCE_TURN) % TIMESTAMP_TURN,
      jitter: Math.floor(this.#jitter),
      lastSr: this.#lastSr,
      delaySinceLastSr: this.#lastSr === 0 ? 0 : Math.round((nowMs - this.#lastSrMs) * 65.536),
    };
  }
}
