import { TARGET_DURATION_S } from './limits.ts';

/** One finished segment, as far as rates go. */
export interface Measured {
  readonly bytes: number;
  readonly seconds: number;
  readonly frames: number;
}

/** A run of segments that counts for the peak lasts from half to one and a half target durations (RFC 8216bis section 1). */
const RUN_MIN = 0.5;
const RUN_MAX = 1.5;
/** FRAME-RATE says one of these when what was measured is near: cameras are never exact. */
const FRAME_RATES = [5, 10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120];
const NEAR = 0.06;

/** What the segments of one rendition come to. Rates are per second; 0 before the first segment. */
export class Rates {
  #run: Measured[] = [];
  #total: Measured = { bytes: 0, seconds: 0, frames: 0 };
  #peak: Measured | null = null;
  #framesPeak = 0;
  readonly #targetS: number;

  constructor(targetS: number = TARGET_DURATION_S) {
    this.#targetS = targetS;
  }

  /** The peak segment bit rate: of what there is while that is less than a run. */
  get peakBps(): number {
    return bitRate(this.#peak ?? this.#total);
  }

  get averageBps(): number {
    return bitRate(this.#total);
  }

  /** The most frames that any run had. */
  get frameRate(): number {
    const rate = this.#framesPeak || perSecond(this.#total.frames, this.#total);
    return FRAME_RATES.find(common => Math.abs(rate / common - 1) < NEAR) ?? Math.round(rate * 1000) / 1000;
  }

  add(segment: Measured): void {
    if (segment.seconds <= 0) return;
    this.#total = sum(this.#total, segment);
    this.#run.push(segment);
    let run: Measured = { bytes: 0, seconds: 0, frames: 0 };
    for (let i = this.#run.length - 1; i >= 0; i--) {
      run = sum(run, this.#run[i]!);
      if (run.seconds > RUN_MAX * this.#targetS) this.#run = this.#run.slice(i + 1);
      if (run.seconds > RUN_MAX * this.#targetS) return;
      if (run.seconds >= RUN_MIN * this.#targetS) this.#count(run);
    }
  }

  /** What comes next does not follow the segments so far. */
  gap(): void {
    this.#run = [];
  }

  #count(run: Measured): void {
    if (this.#peak === null || bitRate(run) > bitRate(this.#peak)) this.#peak = run;
    this.#framesPeak = Math.max(this.#framesPeak, perSecond(run.frames, run));
  }
}

function bitRate(measured: Measured): number {
  return perSecond(measured.bytes * 8, measured);
}

function perSecond(count: number, { seconds }: Measured): number {
  return seconds > 0 ? count / seconds : 0;
}

function sum(a: Measured, b: Measured): Measured {
  return { bytes: a.bytes + b.bytes, seconds: a.seconds + b.seconds, frames: a.frames + b.frames };
}
