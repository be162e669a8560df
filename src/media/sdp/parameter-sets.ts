import { NAL, nalType } from '../h264/nal.ts';

/** Parameter sets of one offer: a stream has one of each, some have a PPS or two more. */
export const OFFERED_SETS_MAX = 8;
/** Characters of one in base64: what a line may hold has to hold two. */
const SET_CHARS_MAX = 1400;

const NAME = 'sprop-parameter-sets';

/** The value of a parameter of `a=fmtp`, or nothing. */
export function parameter(fmtp: string, name: string): string {
  const found = fmtp.split(';').find(entry => isOf(entry, name));
  return found === undefined ? '' : found.slice(found.indexOf('=') + 1).trim();
}

/** RFC 6184 section 8.2.2: they say what the side that writes them sends. We send nothing to a publisher. */
export function withoutParameterSets(fmtp: string): string {
  return fmtp
    .split(';')
    .filter(entry => !isOf(entry, NAME))
    .join(';');
}

/**
 * The NAL units of `sprop-parameter-sets` (RFC 6184 section 8.1), sequence parameter sets first. None where one is not what it should be
 * or where one of the two kinds is missing: the stream may have them itself.
 */
export function readParameterSets(fmtp: string): Uint8Array[] {
  const value = parameter(fmtp, NAME);
  if (value === '') return [];
  const sets = value.split(',', OFFERED_SETS_MAX).map(base64);
  const ofType = (type: number): Uint8Array[] => sets.filter(set => nalType(set) === type);
  const [sequence, picture] = [ofType(NAL.sps), ofType(NAL.pps)];
  const isWhole = sequence.length > 0 && picture.length > 0;
  return isWhole && sequence.length + picture.length === sets.length ? [...sequence, ...picture] : [];
}

const isOf = (entry: string, name: string): boolean => entry.trimStart().startsWith(`${name}=`);

/** Empty for what is no base64. */
function base64(text: string): Uint8Array {
  try {
    if (text.length > SET_CHARS_MAX) return new Uint8Array(0);
    return Uint8Array.from(atob(text.trim()), char => char.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}
