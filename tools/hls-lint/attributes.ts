/** An attribute list (bis section 4.2), unquoted. */
export type Attributes = ReadonlyMap<string, string>;

/** Attributes whose value is a quoted string; `CLOSED-CAPTIONS` may be either. */
const QUOTED = new Set([
  'URI',
  'BYTERANGE',
  'CODECS',
  'AUDIO',
  'VIDEO',
  'SUBTITLES',
  'GROUP-ID',
  'NAME',
  'LANGUAGE',
  'ASSOC-LANGUAGE',
  'CHANNELS',
  'CHARACTERISTICS',
  'KEYFORMAT',
  'STABLE-RENDITION-ID',
  'STABLE-VARIANT-ID',
]);
const BARE = new Set([
  'DURATION',
  'INDEPENDENT',
  'GAP',
  'PART-TARGET',
  'PART-HOLD-BACK',
  'HOLD-BACK',
  'CAN-BLOCK-RELOAD',
  'CAN-SKIP-UNTIL',
  'TYPE',
  'LAST-MSN',
  'LAST-PART',
  'SKIPPED-SEGMENTS',
  'BANDWIDTH',
  'AVERAGE-BANDWIDTH',
  'RESOLUTION',
  'FRAME-RATE',
  'DEFAULT',
  'AUTOSELECT',
  'METHOD',
]);

const ATTRIBUTE = /([A-Z0-9-]+)=(?:"([^"\r\n]*)"|([^",\s][^,"\s]*))(?:,|$)/y;

/** Reads `text`; what is not an attribute list is told to `problem`. */
export function parseAttributes(text: string, problem: (detail: string) => void): Attributes {
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    const match = ATTRIBUTE.exec(text);
    if (!match) {
      problem(`not an attribute list at "${text.slice(at, at + 40)}"`);
      return attributes;
    }
    const [, name = '', quoted, bare] = match;
    if (attributes.has(name)) problem(`${name} stands twice`);
    if (QUOTED.has(name) && quoted === undefined) problem(`${name} must be a quoted string`);
    if (BARE.has(name) && bare === undefined) problem(`${name} must not be quoted`);
    attributes.set(name, quoted ?? bare ?? '');
    at = ATTRIBUTE.lastIndex;
  }
  if (text.endsWith(',')) problem('an attribute list ends with a comma');
  return attributes;
}

/** A decimal-integer, or null with a problem. */
export function wholeNumber(
  text: string | undefined,
  what: string,
  problem: (detail: string) => void,
): number | null {
  if (text !== undefined && /^\d{1,20}$/.test(text)) return Number(text);
  problem(`${what} is ${text === undefined ? 'missing' : `"${text.slice(0, 40)}", not a whole number`}`);
  return null;
}

/** A decimal-floating-point, or null with a problem. */
export function decimal(
  text: string | undefined,
  what: string,
  problem: (detail: string) => void,
): number | null {
  if (text !== undefined && /^\d{1,15}(\.\d*)?$/.test(text)) return Number(text);
  problem(`${what} is ${text === undefined ? 'missing' : `"${text.slice(0, 40)}", not a decimal number`}`);
  return null;
}
