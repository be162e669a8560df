import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedText } from '#contract/checked-text.ts';
import { Refusal } from '#contract/errors.ts';
import { countGraphemes, MARKS_MAX } from '#contract/text.ts';
import { Seeded } from '#tests/support/seeded.ts';

const ROUNDS = 20_000;
const GRAPHEMES_MAX = 30;

/** Where the odd ones are, beside all of Unicode: spaces, joiners, fillers, marks, tags, halves of pairs, emoji. */
const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x7f],
  [0xa0, 0xad],
  [0x300, 0x36f],
  [0x5b0, 0x5c7],
  [0x900, 0x94f],
  [0x1100, 0x11ff],
  [0x2000, 0x206f],
  [0x20d0, 0x20f0],
  [0x2800, 0x2803],
  [0x3160, 0x3166],
  [0xd7f0, 0xe000],
  [0xfe00, 0xfe0f],
  [0xfff0, 0xffff],
  [0x1f1e6, 0x1f1ff],
  [0x1f3fb, 0x1f469],
  [0xe0000, 0xe0180],
  [0, 0x10ffff],
];

function hostileText(seeded: Seeded): string {
  let text = '';
  const length = seeded.below(seeded.chance(0.05) ? 900 : 12);
  while (text.length < length) {
    const [first, last] = RANGES[seeded.below(RANGES.length)]!;
    const character = String.fromCodePoint(first + seeded.below(last - first + 1));
    text += seeded.chance(0.1) ? character.repeat(seeded.below(20)) : character;
  }
  return text;
}

test('whatever is written is refused in words, or kept as something that is seen and fits', () => {
  const seeded = new Seeded(25);
  const outcomes = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const text = hostileText(seeded);
    const place = `seed ${seeded.seed}, round ${round}: ${JSON.stringify(text)}`;
    let kept: string;
    try {
      kept = checkedText('text', text, GRAPHEMES_MAX);
    } catch (cause) {
      assert.ok(cause instanceof Refusal && cause.code === 'invalid-request', `${place}: ${cause}`);
      const sentence = cause.message.replace(/:.*/, '');
      outcomes.set(sentence, (outcomes.get(sentence) ?? 0) + 1);
      continue;
    }
    outcomes.set('kept', (outcomes.get('kept') ?? 0) + 1);
    assert.ok(kept.isWellFormed() && !kept.includes('\0') && kept === kept.trim(), place);
    assert.ok(countGraphemes(kept) <= GRAPHEMES_MAX, place);
    // Said another way than the checker says it.
    assert.ok(kept.replace(/[\p{DI}\p{M}\p{Z}\p{C}\u2800]/gu, '') !== '' || /\p{C}/u.test(kept), place);
    assert.ok(!new RegExp(`\\p{M}{${MARKS_MAX + 1}}`, 'u').test(kept), place);
    assert.equal(checkedText('text', kept, GRAPHEMES_MAX), kept, `${place}: kept once, kept again`);
  }
  assert.equal(outcomes.size, 5, `every answer was given: ${[...outcomes.entries()]}`);
});

test('a text as large as a body can be is answered', () => {
  for (const unit of ['\u0301', 'e\u0301', ' ', '\u200b', '\u{e0020}', '👩\u200d', '\ud800', 'ᄀ'])
    for (const text of [unit.repeat(30_000), `a${unit.repeat(30_000)}b`])
      assert.throws(() => checkedText('text', text, 500), Refusal);
});
