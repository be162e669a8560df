/** What one look at `getStats()` says about the way up. */
export interface UplinkSample {
  /** The browser's estimate of what the network takes; null while it has none. */
  readonly availableBps: number | null;
  /** 0 to 1, as the server reported it last. */
  readonly lossFraction: number;
  readonly roundTripMs: number;
  readonly framesPerSecond: number;
}

export type UplinkHealth = 'good' | 'weak' | 'very-weak';

const WEAK = { availableBps: 900_000, lossFraction: 0.05, roundTripMs: 400, framesPerSecond: 18 };
const VERY_WEAK = { availableBps: 350_000, lossFraction: 0.15, roundTripMs: 1_000, framesPerSecond: 8 };
/** The estimate starts low and climbs: nothing is said before this many samples... */
const SAMPLES_TO_WARM_UP = 3;
/** ...and a change must last this many before it is believed. */
const SAMPLES_TO_CHANGE = 2;

/** Judges a row of samples, one every two seconds, without flickering. */
export class UplinkJudge {
  #seen = 0;
  #health: UplinkHealth = 'good';
  #candidate: UplinkHealth = 'good';
  #candidateFor = 0;

  judge(sample: UplinkSample): UplinkHealth {
    this.#seen += 1;
    const now = this.#seen <= SAMPLES_TO_WARM_UP ? 'good' : healthOf(sample);
    this.#candidateFor = now === this.#candidate ? this.#candidateFor + 1 : 1;
    this.#candidate = now;
    if (this.#candidateFor >= SAMPLES_TO_CHANGE) this.#health = now;
    return this.#health;
  }
}

function healthOf(sample: UplinkSample): UplinkHealth {
  if (isWorse(sample, VERY_WEAK)) return 'very-weak';
  return isWorse(sample, WEAK) ? 'weak' : 'good';
}

function isWorse(sample: UplinkSample, limit: typeof WEAK): boolean {
  return (
    (sample.availableBps !== null && sample.availableBps < limit.availableBps) ||
    sample.lossFraction > limit.lossFraction ||
    sample.roundTripMs > limit.roundTripMs ||
    sample.framesPerSecond < limit.framesPerSecond
  );
}

/** Reads a sample out of a peer connection's report; null before video flows. */
export function sampleOf(report: RTCStatsReport): UplinkSample | null {
  let framesPerSecond: number | null = null;
  let availableBps: number | null = null;
  let lossFraction = 0;
  let roundTripMs = 0;
  for (const stats of report.values()) {
    if (stats.type === 'outbound-rtp' && stats.kind === 'video')
      framesPerSecond = stats.framesPerSecond ?? null;
    if (stats.type === 'candidate-pair' && stats.nominated === true) {
      availableBps = stats.availableOutgoingBitrate ?? null;
      roundTripMs = (stats.currentRoundTripTime ?? 0) * 1000;
    }
    if (stats.type === 'remote-inbound-rtp' && stats.kind === 'video') lossFraction = stats.fractionLost ?? 0;
  }
  return framesPerSecond === null ? null : { availableBps, lossFraction, roundTripMs, framesPerSecond };
}
