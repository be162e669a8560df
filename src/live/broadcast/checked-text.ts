import { countGraphemes } from '#base/graphemes.ts';
import { Refusal } from '#contract/errors.ts';

/** What somebody wrote, trimmed; refuses with `invalid-request` what is blank, too long or cannot be stored. */
export function checkedText(field: string, text: string, graphemesMax: number): string {
  // PostgreSQL keeps no U+0000, and no database keeps half a surrogate pair.
  const trimmed = text.trim().toWellFormed();
  if (trimmed.includes('\0')) throw new Refusal('invalid-request', `${field} must not contain U+0000.`);
  if (text.length > graphemesMax * 20) throw new Refusal('invalid-request', `${field} is too long.`);
  if (trimmed === '') throw new Refusal('invalid-request', `${field} must not be blank.`);
  if (countGraphemes(trimmed, graphemesMax) > graphemesMax)
    throw new Refusal('invalid-request', `${field} must have at most ${graphemesMax} characters.`);
  return trimmed;
}
