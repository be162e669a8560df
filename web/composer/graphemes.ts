/** Held equal to the contract by the compiler: importing the value would bring the schema library along. */
export const POST_GRAPHEMES_MAX: typeof import('#contract/api/types.ts').POST_GRAPHEMES_MAX = 500;
export const TITLE_GRAPHEMES_MAX: typeof import('#contract/api/types.ts').TITLE_GRAPHEMES_MAX = 100;
export const COMMENT_GRAPHEMES_MAX: typeof import('#contract/api/types.ts').COMMENT_GRAPHEMES_MAX = 300;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Characters as a reader counts them (UAX #29). */
export function countGraphemes(text: string): number {
  let count = 0;
  for (const _ of segmenter.segment(text)) count++;
  return count;
}

/** The first `max` characters of a text. */
export function firstGraphemes(text: string, max: number): string {
  let count = 0;
  for (const { index } of segmenter.segment(text)) if (count++ === max) return text.slice(0, index);
  return text;
}
