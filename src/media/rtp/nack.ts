/** How often one packet is asked for. */
export const NACK_TRIES_MAX = 10;
/** Missing packets that are remembered; a longer gap is given up at once. */
export const NACK_LIST_MAX = 512;
/** Packets may change places on their way; one that is only late is not asked for. */
export const NACK_FIRST_DELAY_MS = 5;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 200;
const RTT_START_MS = 100;

interface Missing {
  readonly sequence: number;
  tries: number;
  askedMs: number;
  nextMs: number;
}

/** Which packets are missing and when to ask for them (RFC 4585 section 6.2.1). Sequence numbers are unwrapped. */
export class NackList {
  #missing: Missing[] = [];
  #newest = -1;
  #dueMs = Number.POSITIVE_INFINITY;
  #rttMs = RTT_START_MS;

  /** Notes an arrival; true when the packet had been asked for. */
  arrived(sequence: number, nowMs: number): boolean {
    if (this.#newest < 0) this.#newest = sequence;
    if (sequence <= this.#newest) return this.#missing.length > 0 && this.#found(sequence, nowMs);
    const gap = sequence - this.#newest - 1;
    if (this.#missing.length + gap > NACK_LIST_MAX) this.#missing = [];
    else if (gap > 0) this.#note(sequence, nowMs + NACK_FIRST_DELAY_MS);
    this.#newest = sequence;
    return false;
  }

  /** Appends the sequence numbers to ask for now, ascending, at most `max`. */
  due(nowMs: number, max: number, out: number[]): void {
    if (nowMs < this.#dueMs) return;
    const retryMs = Math.min(RETRY_MS_MAX, Math.max(RETRY_MS_MIN, this.#rttMs * 1.25));
    this.#missing = this.#missing.filter(entry => entry.tries < NACK_TRIES_MAX || entry.nextMs > nowMs);
    this.#dueMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#missing) {
      if (entry.nextMs <= nowMs && out.length < max) {
        entry.tries++;
        entry.askedMs = nowMs;
        entry.nextMs = nowMs + retryMs;
        out.push(entry.sequence);
      }
      this.#dueMs = Math.min(this.#dueMs, entry.nextMs);
    }
  }

  #note(before: number, nextMs: number): void {
    for (let sequence = this.#newest + 1; sequence < before; sequence++) {
      this.#missing.push({ sequence, tries: 0, askedMs: 0, nextMs });
    }
    this.#dueMs = Math.min(this.#dueMs, nextMs);
  }

  #found(sequence: number, nowMs: number): boolean {
    const index = this.#missing.findIndex(entry => entry.sequence === sequence);
    if (index < 0) return false;
    const [entry] = this.#missing.splice(index, 1);
    // Only a single try says which request was answered.
    if (entry!.tries === 1) this.#rttMs += (nowMs - entry!.askedMs - this.#rttMs) / 8;
    return entry!.tries > 0;
  }
}
