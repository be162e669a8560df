import { TIMESTAMP_TURN, Unwrapper } from './unwrap.ts';

/** A step of a track's timestamps, or a distance between them and the time of arrival, beyond which they are not believed. */
export const TIMESTAMP_STEP_MS_MAX = 10_000;
/** A step back by less is an accident of its sender's clock, or a picture that is shown before one that came before it (B-frames). */
export const REORDER_MS_MAX = 500;
/** As far back a B-frame may be: sixteen of them at ten a second. */
export const B_FRAME_MS_MAX = 2_000;
/** So many in a row are; more, each before the last, are a clock that runs backwards. */
const DESCENTS_MAX = 4;
/** Sender reports that would move video further than this are not believed. */
export const CORRECTION_MS_MAX = 2_000;
/** Video moves towards what sender reports say by at most this share of its own pace: 10 ms a second. */
export const SLEW_SHARE = 0.01;

/**
 * Maps RTP timestamps of one track to the stream's timeline, whose zero is the epoch: the arrival of the first key frame.
 *
 * The rule: a track is anchored once, by arrival, and from then on its own clock counts. A timestamp that runs backwards
 * or stands still, steps more than `TIMESTAMP_STEP_MS_MAX`, or has wandered that far from the time of arrival, anchors the track anew by
 * arrival, but always after what was placed before. One that is less than `REORDER_MS_MAX` before the newest, as
 * of a clock that trembles, is placed right after what came before it, and the anchor stays. So timestamps strictly increase, whatever
 * the sender does, but for pictures that are known to be shown earlier than others which came before them: these keep their own.
 *
 * Sender reports (RFC 3550 section 6.4.1) tell how far video is off, and it is slewed. Audio is moved only for a hole: the
 * samples of a microphone that stops for a moment are numbered as if it had not, so what follows belongs later, at once.
 */
export class TrackTimeline {
  readonly #ticksPerMs: number;
  readonly #unwrapper = new Unwrapper(TIMESTAMP_TURN);
  #epochMs = Number.NaN;
  /** Timeline position in ticks minus unwrapped timestamp; NaN while not anchored. */
  #offset = Number.NaN;
  #slew = 0;
  #slewTarget = 0;
  /** The newest since the track was anchored. */
  #newestTimestamp = Number.NaN;
  #lastPts = -1;
  /** Before the epoch: the smallest distance of arrival and timestamp, which has the least jitter in it. */
  #leastDelayMs = Number.NaN;
  #lastObserved = Number.NaN;
  #reportNtpMs = Number.NaN;
  #reportTimestamp = 0;
  #lastTimestamp = Number.NaN;
  #descents = 0;
  #leastLateMs = Number.NaN;
  reanchored = 0;
  reordered = 0;

  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1000;
  }

  /** Watches a packet before the epoch, so that the track can be anchored by the one that was delayed least. */
  observe(rtpTimestamp: number, arrivalMs: number): void {
    const timestamp = this.#unwrapper.unwrap(rtpTimestamp);
    const stepMs = (timestamp - this.#lastObserved) / this.#ticksPerMs;
    const delayMs = arrivalMs - timestamp / this.#ticksPerMs;
    const steady = stepMs >= 0 && stepMs < TIMESTAMP_STEP_MS_MAX;
    this.#leastDelayMs = steady ? Math.min(this.#leastDelayMs, delayMs) : delayMs;
    this.#lastObserved = timestamp;
  }

  /** Sets the timeline's zero. What was observed anchors the track. */
  begin(epochMs: number): void {
    this.#epochMs = epochMs;
    this.#offset = (this.#leastDelayMs - epochMs) * this.#ticksPerMs;
  }

  /** Places a track that is not anchored yet by its sender report, so that zero is at `zeroNtpMs` of the sender's clock. */
  anchorAt(zeroNtpMs: number): void {
    if (!Number.isNaN(this.#offset) || Number.isNaN(zeroNtpMs) || Number.isNaN(this.#reportNtpMs)) return;
    const positionMs = this.#reportNtpMs - zeroNtpMs;
    this.#offset = positionMs * this.#ticksPerMs - this.#unwrapper.peek(this.#reportTimestamp);
  }

  /** Milliseconds on the timeline of a packet's timestamp; NaN while that is not known. */
  mediaTimeMs(rtpTimestamp: number): number {
    if (Number.isNaN(this.#offset)) return Number.NaN;
    return (this.#unwrapper.peek(rtpTimestamp) + this.#offset + this.#slew) / this.#ticksPerMs;
  }

  /** Whether a timestamp is before the newest so far. */
  isBehind(rtpTimestamp: number): boolean {
    return this.#unwrapper.peek(rtpTimestamp) < this.#newestTimestamp;
  }

  /**
   * Places a unit: whole ticks, strictly increasing; negative for what was captured before the epoch. `isEarlier`: it is shown
   * before units that came before it.
   */
  place(rtpTimestamp: number, arrivalMs: number, isEarlier = false): number {
    const timestamp = this.#unwrapper.unwrap(rtpTimestamp);
    const arrival = (arrivalMs - this.#epochMs) * this.#ticksPerMs;
    if (Number.isNaN(this.#offset)) this.#offset = arrival - timestamp;
    const step = timestamp - this.#newestTimestamp;
    if (isEarlier && step > -B_FRAME_MS_MAX * this.#ticksPerMs) {
      this.reordered++;
      return Math.round(timestamp + this.#offset + this.#slew);
    }
    if (this.#trembles(timestamp, step)) return ++this.#lastPts;
    this.#newestTimestamp = timestamp;
    if (step > 0) this.#slewBy(step * SLEW_SHARE);
    const pts = Math.round(timestamp + this.#offset + this.#slew);
    const lateMs = (arrival - pts) / this.#ticksPerMs;
    if (!(lateMs >= this.#leastLateMs)) this.#leastLateMs = lateMs;
    const limit = TIMESTAMP_STEP_MS_MAX * this.#ticksPerMs;
    if (step <= 0 || step > limit || Math.abs(pts - arrival) > limit)
      return this.#anchorAnew(timestamp, arrival);
    if (pts < 0) return pts;
    this.#lastPts = Math.max(pts, this.#lastPts + 1);
    return this.#lastPts;
  }

  /** Remembers a sender report's pair of clocks. */
  senderReport(ntpMs: number, rtpTimestamp: number): void {
    this.#reportNtpMs = ntpMs;
    this.#reportTimestamp = rtpTimestamp;
  }

  /** The sender's NTP clock at this timeline's zero; NaN without anchor or report. */
  zeroNtpMs(): number {
    return this.#reportNtpMs - this.mediaTimeMs(this.#reportTimestamp);
  }

  /** Sets how much later than now units should be placed, to be reached by slewing. */
  correct(byMs: number): void {
    if (Math.abs(byMs) <= CORRECTION_MS_MAX) this.#slewTarget = this.#slew + byMs * this.#ticksPerMs;
  }

  /** How much later than their places units arrived since this was asked last, the least of them; NaN when none came. */
  takeLeastLateMs(): number {
    const lateMs = this.#leastLateMs;
    this.#leastLateMs = Number.NaN;
    return lateMs;
  }

  /** What follows is later than its timestamps say: `ms` of the track were never captured. */
  skip(ms: number): void {
    this.#offset += ms * this.#ticksPerMs;
  }

  #trembles(timestamp: number, step: number): boolean {
    this.#descents = timestamp < this.#lastTimestamp ? this.#descents + 1 : 0;
    this.#lastTimestamp = timestamp;
    return step < 0 && step > -REORDER_MS_MAX * this.#ticksPerMs && this.#descents <= DESCENTS_MAX;
  }

  #slewBy(most: number): void {
    const missing = this.#slewTarget - this.#slew;
    this.#slew += Math.max(-most, Math.min(most, missing));
  }

  #anchorAnew(timestamp: number, arrival: number): number {
    this.reanchored++;
    this.#lastPts = Math.max(Math.round(arrival), this.#lastPts + 1);
    this.#offset = this.#lastPts - timestamp;
    this.#slew = 0;
    this.#slewTarget = 0;
    this.#reportNtpMs = Number.NaN;
    return this.#lastPts;
  }
}
