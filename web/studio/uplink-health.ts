/** What one look at `getStats()` says about the way up. */
export interface UplinkSample {
  /** The browser's estimate of what the network takes; null while it has none. */
  readonly availableBps: number | null;
  /** 0 to 1, as the server reported it last. */
  readonly lossFraction: number;
  readonly roundTripMs: number;
  /** Of the layer that sends most of them. */
  readonly framesPerSecond: number;
  /** Layers of the picture that are offered, and those of them that flow. */
  readonly layers: number;
  readonly flowing: number;
}

/** `smaller`: the large layers stay at home, what is sent is fine. */
export type UplinkHealth = 'good' | 'smaller' | 'weak' | 'very-weak';

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
  // Where a large layer can stay at home, too little room makes the picture smaller and not worse.
  const limit = sample.layers > 1 ? { ...WEAK, availableBps: VERY_WEAK.availableBps } : WEAK;
  if (isWorse(sample, limit)) return 'weak';
  return sample.flowing < sample.layers ? 'smaller' : 'good';
}

function isWorse(sample: UplinkSample, limit: typeof WEAK): boolean {
  return (
    (sample.availableBps !== null && sample.availableBps < limit.availableBps) ||
    sample.lossFraction > limit.lossFraction ||
    sample.roundTripMs > limit.roundTripMs ||
    sample.framesPerSecond < limit.framesPerSecond
  );
}

/** Reads a sample out of a connection's report, `layers` being sent at most; null before video flows. */
export function sampleOf(report: RTCStatsReport, layers: number): UplinkSample | null {
  const all: Stats[] = [...report.values()];
  const video = all.filter(({ kind }) => kind === 'video');
  const sent = video.filter(({ type }) => type === 'outbound-rtp');
  const flowing = sent.filter(({ framesPerSecond = 0 }) => framesPerSecond > 0);
  if (sent.every(({ framesPerSecond }) => framesPerSecond === undefined)) return null;
  const pair = all.find(({ type, nominated }) => type === 'candidate-pair' && nominated === true);
  // A layer that stays at home keeps the last that was said of it.
  const told = video.filter(({ localId }) => flowing.some(({ id }) => id === localId));
  return {
    availableBps: pair?.availableOutgoingBitrate ?? null,
    lossFraction: Math.max(0, ...told.map(({ fractionLost = 0 }) => fractionLost)),
    roundTripMs: (pair?.currentRoundTripTime ?? 0) * 1000,
    framesPerSecond: Math.max(0, ...flowing.map(({ framesPerSecond = 0 }) => framesPerSecond)),
    layers,
    flowing: flowing.length,
  };
}

/** What is read of the entries of a report, each of which has some of it. */
interface Stats {
  readonly id: string;
  readonly type: string;
  readonly kind?: string;
  readonly nominated?: boolean;
  readonly localId?: string;
  readonly framesPerSecond?: number;
  readonly fractionLost?: number;
  readonly availableOutgoingBitrate?: number;
  readonly currentRoundTripTime?: number;
}
