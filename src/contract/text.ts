/** Text as people write it: how long it is, and whether it shows anything. Without schemas, so that the browser uses it too. */

export const POST_GRAPHEMES_MAX = 500;
export const COMMENT_GRAPHEMES_MAX = 300;
export const TITLE_GRAPHEMES_MAX = 100;
/** UTF-16 units that a text of one grapheme may have; far above what people write, it bounds the counting. */
export const UNITS_PER_GRAPHEME_MAX = 20;
/** Marks and invisible characters upon one base character: no script stacks more than five, a flag takes six tags. */
export const MARKS_MAX = 8;

export type TextProblem = 'blank' | 'too-long' | 'too-many-marks';

/**
 * What shows nothing by itself: spaces, controls, default-ignorable code points (zero width, fillers, tags, joiners), marks
 * without a base, and three kinds that Unicode counts as visible though no font draws them. One class: nothing to go back over.
 */
const SHOWN = /[^\p{White_Space}\p{DI}\p{M}\p{Cc}\p{Cs}\p{NChar}\u2800\u{1d159}\ufff9-\ufffb]/u;
const ATTACHED = /[\p{M}\p{DI}\ufff9-\ufffb]/u;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What is wrong with a text of at most `graphemesMax` characters; null when nothing is. */
export function textProblem(text: string, graphemesMax: number): TextProblem | null {
  if (text.length > graphemesMax * UNITS_PER_GRAPHEME_MAX) return 'too-long';
  if (!showsSomething(text)) return 'blank';
  if (hasTooManyMarks(text)) return 'too-many-marks';
  return countGraphemes(text, graphemesMax) > graphemesMax ? 'too-long' : null;
}

/** Whether a reader sees anything of it. */
export const showsSomething = (text: string): boolean => SHOWN.test(text);

/** Joiners within words and emoji are few; what is piled up covers the lines above and hides what nobody sees. */
export function hasTooManyMarks(text: string): boolean {
  let marks = 0;
  for (const character of text) {
    // Below it there are no marks, and letters of most texts.
    const isAttached = character > '\u00a0' && ATTACHED.test(character);
    marks = isAttached ? marks + 1 : 0;
    if (marks > MARKS_MAX) return true;
  }
  return false;
}

/** User-perceived characters of a text (UAX #29); stops counting one past `max`. */
export function countGraphemes(text: string, max = Number.POSITIVE_INFINITY): number {
  let count = 0;
  for (const _ of segmenter.segment(text)) if (++count > max) break;
  return count;
}

/** The first `max` characters of a text. */
export function firstGraphemes(text: string, max: number): string {
  let count = 0;
  for (const { index } of segmenter.segment(text)) if (count++ === max) return text.slice(0, index);
  return text;
}
