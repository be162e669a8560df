import { NAL, nalType } from '#media/h264/nal.ts';
import { parseSps } from '#media/h264/sps.ts';
import { writeVideoInit } from '#media/isobmff/init.ts';
import type { RenditionInfo } from './segment.ts';
import { SET_BYTES_MAX, SETS_MAX, SetsInForce, sameSets } from './sets-in-force.ts';

/** The parameter sets of one access unit, and what remains for its sample. */
export interface SplitUnit {
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** Slices and SEI. */
  readonly sample: readonly Uint8Array[];
}

export function splitUnit(nals: readonly Uint8Array[]): SplitUnit {
  const sps: Uint8Array[] = [];
  const pps: Uint8Array[] = [];
  const sample: Uint8Array[] = [];
  for (const nal of nals) {
    const type = nalType(nal);
    if (type === NAL.sps) keep(sps, nal);
    else if (type === NAL.pps) keep(pps, nal);
    else if (type !== NAL.delimiter && type !== NAL.filler && type !== 0) sample.push(nal);
  }
  return { sps, pps, sample };
}

function keep(sets: Uint8Array[], nal: Uint8Array): void {
  if (sets.length < SETS_MAX && nal.length <= SET_BYTES_MAX) sets.push(nal);
}

/**
 * Where the parameter sets of a rendition stand. `avc1` keeps them in the initialization section alone (ISO 14496-15 section
 * 5.4.2.1.2), which every player takes. An encoder that changes one between two key frames leaves no room for another section
 * there: from then on they stand in the samples, before every key frame too, since players keep the last one they met.
 */
export class SampleSets {
  readonly #sets = new SetsInForce();
  /** What came between key frames and counts from the next one on. */
  #nextSps: readonly Uint8Array[] = [];
  #inSamples = false;
  /** What the initialization section says. */
  #written: { readonly sps: readonly Uint8Array[]; readonly pps: readonly Uint8Array[]; inSamples: boolean } =
    { sps: [], pps: [], inSamples: false };

  /** Takes over those of a key frame. Null when it cannot be shown, else whether the initialization section is no longer right. */
  keyFrame({ sps, pps }: SplitUnit): boolean | null {
    const next = sps.length > 0 ? sps : this.#nextSps;
    // Throws before anything is taken over.
    if (next[0] && !sameSets(next, this.#sets.sps)) parseSps(next[0]);
    this.#nextSps = [];
    this.#sets.take(next, pps);
    if (!this.#sets.known) return null;
    const { written, inSamples } = { written: this.#written, inSamples: this.#inSamples };
    if (!sameSets(this.#sets.sps, written.sps) || inSamples !== written.inSamples) return true;
    return !inSamples && !sameSets(this.#sets.pps, written.pps);
  }

  /** What a key frame's sample is made of. */
  keySample({ sample }: SplitUnit): readonly Uint8Array[] {
    return this.#inSamples ? [...this.#sets.sps, ...this.#sets.pps, ...sample] : sample;
  }

  /** What the sample of any other picture is made of. */
  sample({ sps, pps, sample }: SplitUnit): readonly Uint8Array[] {
    if (sps.length > 0 && !sameSets(sps, this.#sets.sps)) this.#nextSps = sps.map(set => set.slice());
    if (pps.length === 0 || !this.#sets.take([], pps)) return sample;
    if (this.#written.sps.length > 0) this.#inSamples = true;
    return [...pps, ...sample];
  }

  /** The initialization section. */
  init(timescale: number): { bytes: Uint8Array; info: RenditionInfo } {
    const { sps, pps } = this.#sets;
    const inSamples = this.#inSamples;
    this.#written = { sps, pps, inSamples };
    const { width, height, codec } = parseSps(sps[0]!);
    const entry = inSamples ? 'avc3' : 'avc1';
    const bytes = writeVideoInit({ entry, timescale, width, height, sps, pps });
    return { bytes, info: { kind: 'video', codec: codec.replace('avc1', entry), width, height } };
  }
}
