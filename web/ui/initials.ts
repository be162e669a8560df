/** How many neutrals avatars are told apart by. */
const TONES = 4;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** One or two letters for an avatar: of the first and the last word of the name. */
export function initialsOf({ displayName, handle }: { displayName: string; handle: string }): string {
  const words = displayName.trim().split(/\s+/u).filter(Boolean);
  const first = firstGrapheme(words[0] ?? handle);
  const last = words.length > 1 ? firstGrapheme(words.at(-1) ?? '') : '';
  // An emoji beside a letter, or two, is too wide for the circle.
  const letters = /^\p{L}/u.test(first) && /^\p{L}/u.test(last) ? first + last : first;
  return letters.toLocaleUpperCase();
}

/** A number below TONES that stays with a handle. */
export function toneOf(handle: string): number {
  let sum = 0;
  for (const letter of handle) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % TONES;
}

function firstGrapheme(word: string): string {
  for (const { segment } of segmenter.segment(word)) return segment;
  return '';
}
