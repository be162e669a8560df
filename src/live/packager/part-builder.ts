import { assert } from '#base/assert.ts';
import { type Sample, writeFragment } from '#media/isobmff/fragment.ts';
import type { PartMedia } from './segment.ts';

/** Collects samples and writes them as one CMAF chunk. */
export class PartBuilder {
  readonly #lengths: boolean;
  #sequence = 0;
  #samples: Sample[] = [];
  #start = 0;
  #duration = 0;

  /** `lengths`: whether pieces are NAL units, which carry their lengths. */
  constructor(lengths: boolean) {
    this.#lengths = lengths;
  }

  get count(): number {
    return this.#samples.length;
  }

  /** Ticks collected so far. */
  get duration(): number {
    return this.#duration;
  }

  add(decodeTime: number, sample: Sample): void {
    if (this.#samples.length === 0) this.#start = decodeTime;
    this.#samples.push(sample);
    this.#duration += sample.duration;
  }

  /** The part; the builder is empty afterwards. */
  take(): PartMedia {
    const samples = this.#samples;
    assert(samples.length > 0, 'an empty part is never written');
    const bytes = writeFragment({
      sequence: ++this.#sequence,
      decodeTime: this.#start,
      samples,
      lengths: this.#lengths,
    });
    const independent = samples.some(sample => sample.key);
    const part = { bytes, duration: this.#duration, samples: samples.length, independent };
    this.#samples = [];
    this.#duration = 0;
    return part;
  }
}
