import { isSlice, NAL, nalType } from './nal.ts';

/** Of one kind in one stream; most have one of each. */
export const PARAMETER_SETS_MAX = 8;
/** Bytes of one that is kept. */
const SET_BYTES_MAX = 1024;

const isSet = (type: number): boolean => type === NAL.sps || type === NAL.pps;

/**
 * The newest parameter sets of one encoding, whether they came among its pictures or in its offer. Some encoders send them once, or
 * name them in their offer only: each key frame is completed with those that it lacks, so that everybody can begin there.
 */
export class ParameterSets {
  #known: readonly Uint8Array[];
  /** Whether they are still those of the offer, which count until the stream has its own. */
  #isOffered: boolean;

  constructor(offered: readonly Uint8Array[] = []) {
    this.#known = offered;
    this.#isOffered = offered.length > 0;
  }

  /** Sequence parameter sets, then picture parameter sets; none while one of the two kinds is missing. */
  get known(): readonly Uint8Array[] {
    const isWhole = this.#has(NAL.sps) && this.#has(NAL.pps);
    return isWhole ? this.#known : [];
  }

  /**
   * Takes the NAL units of the next picture. Gives those of a key frame with what they lack: the same array where that is nothing,
   * null where it is not known, so that nobody could show the picture.
   */
  take(nals: readonly Uint8Array[], key: boolean): readonly Uint8Array[] | null {
    const own = nals.filter(nal => isSet(nalType(nal)));
    if (own.length > 0) this.#note(own);
    if (!key) return nals;
    const missing = [NAL.sps, NAL.pps].filter(kind => !own.some(nal => nalType(nal) === kind));
    if (missing.length === 0) return nals;
    if (this.known.length === 0) return null;
    return this.#completed(nals, missing);
  }

  #completed(nals: readonly Uint8Array[], missing: readonly number[]): Uint8Array[] {
    const lacked = (kind: number) =>
      missing.includes(kind) ? this.#known.filter(nal => nalType(nal) === kind) : [];
    // ITU-T H.264 section 7.4.1.2.3: a delimiter stands first, and sets before the slices that need them.
    const begins = nals.length > 0 && nalType(nals[0]!) === NAL.delimiter ? 1 : 0;
    const slices = nals.findIndex(isSlice);
    return [
      ...nals.slice(0, begins),
      ...lacked(NAL.sps),
      ...nals.slice(begins, slices),
      ...lacked(NAL.pps),
      ...nals.slice(slices),
    ];
  }

  #note(own: readonly Uint8Array[]): void {
    const isNew = own.some(nal => !this.#known.some(known => isEqual(known, nal)));
    if (!isNew && !this.#isOffered) return;
    const kept = this.#isOffered ? [] : this.#known;
    this.#isOffered = false;
    const ids = new Set(own.map(idOf));
    const all = [
      ...kept.filter(nal => !ids.has(idOf(nal))),
      ...own.filter(nal => nal.length <= SET_BYTES_MAX),
    ];
    const newest = (kind: number) => all.filter(nal => nalType(nal) === kind).slice(-PARAMETER_SETS_MAX);
    this.#known = [...newest(NAL.sps), ...newest(NAL.pps)];
  }

  #has(kind: number): boolean {
    return this.#known.some(nal => nalType(nal) === kind);
  }
}

/** Of what a set is the newest: its kind and its id, `ue(v)` right behind the header or behind profile and level. */
function idOf(nal: Uint8Array): number {
  const at = nalType(nal) === NAL.sps ? 4 : 1;
  const bits = ((nal[at] ?? 0) << 8) | (nal[at + 1] ?? 0);
  const zeros = Math.clz32(bits << 16);
  // Ids are at most 255, 17 bits; what is longer than 15 is told apart by its first bits well enough.
  const id = zeros > 7 ? 255 : (bits >> (15 - 2 * zeros)) - 1;
  return nalType(nal) * 256 + id;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
