import { Refusal } from './errors.ts';
import { hasTooManyMarks, MARKS_MAX, showsSomething, textProblem } from './text.ts';

/** What somebody wrote, trimmed; refuses with `invalid-request` what shows nothing, is too long or cannot be stored. */
export function checkedText(field: string, text: string, graphemesMax: number): string {
  const trimmed = stored(field, text);
  switch (textProblem(trimmed, graphemesMax)) {
    case 'blank':
      throw new Refusal('invalid-request', `${field} must not be blank: nothing of it would be seen.`);
    case 'too-long':
      throw new Refusal('invalid-request', `${field} must have at most ${graphemesMax} characters.`);
    case 'too-many-marks':
      throw tooManyMarks(field);
    case null:
      return trimmed;
  }
}

/** The same for one line, such as a name, which stands inside sentences. */
export function checkedLine(field: string, text: string, graphemesMax: number): string {
  return checkedText(field, text.replace(/[\s\p{Cc}]/gu, ' ').replace(/ {2,}/g, ' '), graphemesMax);
}

/** The same for what may be left empty; what shows nothing is nothing. Its length is the schema's. */
export function checkedOptionalText(field: string, text: string): string {
  const trimmed = stored(field, text);
  if (!showsSomething(trimmed)) return '';
  if (hasTooManyMarks(trimmed)) throw tooManyMarks(field);
  return trimmed;
}

/** PostgreSQL keeps no U+0000, and no database keeps half a surrogate pair. */
function stored(field: string, text: string): string {
  if (text.includes('\0')) throw new Refusal('invalid-request', `${field} must not contain U+0000.`);
  return text.trim().toWellFormed();
}

function tooManyMarks(field: string): Refusal {
  return new Refusal('invalid-request', `${field} must have at most ${MARKS_MAX} marks on one character.`);
}
