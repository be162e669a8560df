const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** User-perceived characters of a text (UAX #29); stops counting one past `max`. */
export function countGraphemes(text: string, max = Number.POSITIVE_INFINITY): number {
  let count = 0;
  for (const _ of segmenter.segment(text)) if (++count > max) break;
  return count;
}
