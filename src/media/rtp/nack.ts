/** How often one packet is asked for. */
export const NACK_TRIES_MAX = 10;
/** Missing packets that are remembered; a longer gap is given up at once. */
export const NACK_LIST_MAX = 512;
/** Packets may change places on their way; one that is only late is not asked for. As long as they were late lately, within bounds. */
export const NACK_FIRST_DELAY_MS = 5;
export const NACK_FIRST_DELAY_MS_MAX = 100;
/** How long to wait for a packet at most, however slow the way is. */
export const NACK_PATIENCE_MS_MAX = 1_000;
/** Round trips in which a packet is worth waiting for: six tries and more, with their answers. */
const PATIENCE_ROUND_TRIPS = 10;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 400;
const RTT_START_MS = 100;
/** What is left of the greatest lateness with each packet that came late or again. */
const LATE_DECAY = 0.98;

interface Missing {
  readonly sequence: number;
  readonly sinceMs: number;
  tries: number;
  firstAskedMs: number;
  nextMs: number;
}

/** Which packets are missing and when to ask for them (RFC 4585 section 6.2.1). Sequence numbers are unwrapped. */
export class NackList {
  #missing: Missing[] = [];
  #newest = -1;
  #dueMs = Number.POSITIVE_INFINITY;
  #rttMs = RTT_START_MS;
  #lateMs = 0;
  /** Retransmissions come as such, so what comes as itself was late. */
  #rtxSeen = false;

  /** How long what follows a gap should wait for the missing packets. */
  get patienceMs(): number {
    return Math.min(NACK_PATIENCE_MS_MAX, this.#lateMs + PATIENCE_ROUND_TRIPS * this.#rttMs);
  }

  /** Notes an arrival; true when the packet had been asked for. */
  arrived(sequence: number, nowMs: number, retransmitted: boolean): boolean {
    if (this.#newest < 0) this.#newest = sequence;
    this.#rtxSeen ||= retransmitted;
    if (sequence <= this.#newest)
      return this.#missing.length > 0 && this.#found(sequence, nowMs, retransmitted);
    const gap = sequence - this.#newest - 1;
    if (this.#missing.length + gap > NACK_LIST_MAX) this.#missing = [];
    else if (gap > 0) this.#note(sequence, nowMs);
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
        if (entry.tries++ === 0) entry.firstAskedMs = nowMs;
        entry.nextMs = nowMs + retryMs;
        out.push(entry.sequence);
      }
      this.#dueMs = Math.min(this.#dueMs, entry.nextMs);
    }
  }

  #note(before: number, nowMs: number): void {
    const delayMs = Math.min(NACK_FIRST_DELAY_MS_MAX, Math.max(NACK_FIRST_DELAY_MS, this.#lateMs));
    const nextMs = nowMs + delayMs;
    for (let sequence = this.#newest + 1; sequence < before; sequence++) {
      this.#missing.push({ sequence, sinceMs: nowMs, tries: 0, firstAskedMs: 0, nextMs });
    }
    this.#dueMs = Math.min(this.#dueMs, nextMs);
  }

  #found(sequence: number, nowMs: number, retransmitted: boolean): boolean {
    const index = this.#missing.findIndex(entry => entry.sequence === sequence);
    if (index < 0) return false;
    const entry = this.#missing.splice(index, 1)[0]!;
    this.#lateMs *= LATE_DECAY;
    if (entry.tries === 0 || (this.#rtxSeen && !retransmitted))
      this.#lateMs = Math.max(this.#lateMs, nowMs - entry.sinceMs);
    else this.#learn(entry, nowMs);
    return entry.tries > 0;
  }

  /**
   * Nothing tells which of several requests was answered. Counting from the first makes the round trip seem longer where
   * many are lost; counting from the last would never find out about one that is longer than the pace of asking.
   */
  #learn(entry: Missing, nowMs: number): void {
    const sampleMs = Math.min(nowMs - entry.firstAskedMs, NACK_PATIENCE_MS_MAX);
    this.#rttMs += (sampleMs - this.#rttMs) / 8;
  }
}
