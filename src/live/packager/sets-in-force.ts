import { BitReader } from '#media/h264/bits.ts';
import { MediaError } from '#media/unit.ts';

/** Parameter sets of one kind that are kept of a stream; the oldest goes for one more. */
export const SETS_MAX = 16;
/** A longer parameter set is left out. */
export const SET_BYTES_MAX = 4096;

/**
 * The parameter sets in force in one encoding. A picture set is in force until another one of its id comes, in any access unit
 * (ITU-T H.264 section 7.4.1.2.1); sequence sets come with key frames, all at once.
 */
export class SetsInForce {
  #sps: readonly Uint8Array[] = [];
  #pps: readonly Uint8Array[] = [];

  get sps(): readonly Uint8Array[] {
    return this.#sps;
  }

  get pps(): readonly Uint8Array[] {
    return this.#pps;
  }

  /** Whether there is what a picture needs. */
  get known(): boolean {
    return this.#sps.length > 0 && this.#pps.length > 0;
  }

  /** Takes over what came, in one access unit or alone; true when other sets are in force than before. */
  take(sps: readonly Uint8Array[], pps: readonly Uint8Array[]): boolean {
    const isOther = sps.length > 0 && !sameSets(sps, this.#sps);
    const before = this.#pps;
    if (isOther) {
      this.#sps = sps.map(set => set.slice());
      if (pps.length > 0) this.#pps = [];
    }
    for (const set of pps) this.#takePicture(set);
    return isOther || this.#pps !== before;
  }

  #takePicture(set: Uint8Array): void {
    const id = pictureSetId(set);
    const at = this.#pps.findIndex(known => pictureSetId(known) === id);
    if (at < 0) this.#pps = [...this.#pps.slice(1 - SETS_MAX), set.slice()];
    else if (!sameBytes(set, this.#pps[at]!)) this.#pps = this.#pps.with(at, set.slice());
  }
}

/** `pic_parameter_set_id`, which a picture set begins with; -1 when it is cut short. */
function pictureSetId(set: Uint8Array): number {
  try {
    return new BitReader(set.subarray(1)).unsigned();
  } catch (cause) {
    if (cause instanceof MediaError) return -1;
    throw cause;
  }
}

export function sameSets(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((set, i) => sameBytes(set, b[i]!));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
