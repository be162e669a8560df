import { countGraphemes } from '#base/graphemes.ts';
import { POST_GRAPHEMES_MAX } from '#contract/api/types.ts';
import { Refusal } from '#contract/errors.ts';

/** Far above what a real text of so many graphemes has; bounds the counting. */
const UNITS_MAX = POST_GRAPHEMES_MAX * 20;

/** A post's text, trimmed; refuses with `invalid-request` what is blank, too long or cannot be stored. */
export function checkedPostText(text: string): string {
  // PostgreSQL keeps no U+0000, and no database keeps half a surrogate pair.
  const trimmed = text.trim().toWellFormed();
  if (trimmed === '') throw new Refusal('invalid-request', 'text must not be blank.');
  if (trimmed.includes('\0')) throw new Refusal('invalid-request', 'text must not contain U+0000.');
  if (text.length > UNITS_MAX || countGraphemes(trimmed, POST_GRAPHEMES_MAX) > POST_GRAPHEMES_MAX)
    throw new Refusal('invalid-request', `text must have at most ${POST_GRAPHEMES_MAX} characters.`);
  return trimmed;
}
