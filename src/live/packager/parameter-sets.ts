import { NAL, nalType } from '#media/h264/nal.ts';
import { parseSps } from '#media/h264/sps.ts';
import { writeVideoInit } from '#media/isobmff/init.ts';
import type { RenditionInfo } from './segment.ts';

/** The parameter sets of one access unit, and what remains for its sample. */
export interface SplitUnit {
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** Slices and SEI: `avc1` keeps parameter sets in the initialization section (ISO 14496-15 section 5.4.2.1.2). */
  readonly sample: readonly Uint8Array[];
}

/** Parameter sets of one kind in an initialization section; what arrives beyond is left out. */
const SETS_MAX = 16;
const SET_BYTES_MAX = 4096;

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

/** The parameter sets in force. */
export class ParameterSets {
  #sps: readonly Uint8Array[] = [];
  #pps: readonly Uint8Array[] = [];

  get known(): boolean {
    return this.#sps.length > 0 && this.#pps.length > 0;
  }

  /** Takes over those of a key frame; true when the initialization section is no longer right. */
  update(unit: SplitUnit): boolean {
    const sps = unit.sps.length > 0 ? unit.sps : this.#sps;
    const pps = unit.pps.length > 0 ? unit.pps : this.#pps;
    if (same(sps, this.#sps) && same(pps, this.#pps)) return false;
    if (sps[0]) parseSps(sps[0]); // throws before anything is taken over
    this.#sps = sps.map(set => set.slice());
    this.#pps = pps.map(set => set.slice());
    return true;
  }

  /** The initialization section; `known` must hold. */
  init(timescale: number): { bytes: Uint8Array; info: RenditionInfo } {
    const { width, height, codec } = parseSps(this.#sps[0]!);
    const bytes = writeVideoInit({ timescale, width, height, sps: this.#sps, pps: this.#pps });
    return { bytes, info: { kind: 'video', codec, width, height } };
  }
}

function same(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((set, i) => sameBytes(set, b[i]!));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
