import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkedLine, checkedOptionalText, checkedText } from './checked-text.ts';
import { Refusal } from './errors.ts';
import { countGraphemes, firstGraphemes, MARKS_MAX, textProblem } from './text.ts';

const invisible =
  'U+200B U+2060 U+00AD U+200E U+2800 U+3164 U+115F U+E0020 U+1160 U+FFA0 U+FEFF U+180E U+034F U+061C U+17B4 U+2063 U+202E U+2066 U+FE0F U+E0100 U+1D159 U+1D173 U+1BCA0 U+FFF9 U+206A U+0007 U+0085 U+2028 U+00A0 U+3000 U+0301 U+FFFE U+200D'
    .split(' ')
    .map(name => String.fromCodePoint(Number.parseInt(name.slice(2), 16)));

describe('a text that shows nothing', () => {
  it('is blank, whatever it is made of', () => {
    for (const character of ['', ...invisible]) {
      const name = `U+${character.codePointAt(0)?.toString(16)}`;
      assert.equal(textProblem(character, 10), 'blank', name);
      assert.equal(textProblem(` ${character}\n${character} `, 10), 'blank', name);
    }
    assert.equal(textProblem(invisible.join(''), 500), 'blank');
  });

  it('is not blank with anything that is seen in it', () => {
    const shown = ['.', '\u0600', '☺', '가', 'ا', 'ก', '𓀀', '1️⃣', '🏴', '\ue000', '￼', '・'];
    for (const character of shown) assert.equal(textProblem(`\u200b${character}\u200b`, 10), null, character);
  });
});

describe('marks', () => {
  it('may be eight upon one character, not nine, however they are kept apart', () => {
    const marks = '\u0301'.repeat(MARKS_MAX);
    assert.equal(textProblem(`e${marks}e${marks}`, 10), null);
    for (const more of ['\u0301', '\u200d\u0301', '\u034f\u0301', '\u200b\u0301', '\u{e0020}'])
      assert.equal(textProblem(`e${marks}${more}`, 10), 'too-many-marks', JSON.stringify(more));
    assert.equal(textProblem(`Z${'\u0335\u0336\u0489'.repeat(5)}`, 10), 'too-many-marks');
    assert.equal(textProblem(`a${'\u{e0041}'.repeat(60)}`, 10), 'too-many-marks', 'what nobody sees');
  });

  it('and joiners within words and emoji stay as they are', () => {
    const texts = [
      'می‌خواهم', // ZWNJ
      'क्‍ष श्रीमान्', // ZWJ in Devanagari
      'ශ්‍රී ලංකා', // ZWJ in Sinhala
      'بِسْمِ ٱللَّهِ ٱلرَّحْمَـٰنِ',
      'בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים',
      'ที่นี่ ก็ได้ น้ำ',
      'Tiếng Việt, e\u0323\u0302',
      'བསྒྲུབས་',
      '👩‍👩‍👧‍👦 👩🏽‍❤️‍💋‍👨🏻 🏳️‍🌈 ❤️',
      '🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏴󠁧󠁢󠁷󠁬󠁳󠁿 🇩🇪',
      '1️⃣ *️⃣ #️⃣',
      'co\u00adoperate',
      '\u200fעברית\u200e and English',
      '葛\u{e0100}城',
    ];
    for (const text of texts) assert.equal(checkedText('text', text, 100), text);
  });
});

describe('a text', () => {
  it('is counted as a person counts it', () => {
    assert.equal(countGraphemes('né👩‍👩‍👧‍👦🇩🇪'), 4);
    assert.equal(countGraphemes('x'.repeat(10_000), 500), 501);
    assert.equal(firstGraphemes('né👩‍👩‍👧‍👦🇩🇪', 3), 'né👩‍👩‍👧‍👦');
    assert.equal(textProblem('x'.repeat(11), 10), 'too-long');
    assert.equal(textProblem('👩‍👩‍👧‍👦'.repeat(10), 10), null);
  });

  it('is refused with the name of its field', () => {
    const refused = (detail: RegExp) => (cause: unknown) =>
      cause instanceof Refusal && cause.code === 'invalid-request' && detail.test(cause.message);
    assert.throws(() => checkedText('title', '\u200b', 10), refused(/^title must not be blank/));
    assert.throws(() => checkedText('title', 'x\0', 10), refused(/^title must not contain U\+0000/));
    assert.throws(() => checkedText('title', `x${'\u0301'.repeat(9)}`, 10), refused(/^title .* 8 marks/));
    assert.throws(() => checkedText('title', 'x'.repeat(11), 10), refused(/^title .* 10 characters/));
    assert.equal(checkedText('title', ' half \ud83d ', 10), 'half \ufffd');
    assert.equal(checkedLine('name', ' Ada\n\t  L\u0007 ', 50), 'Ada L');
    assert.deepEqual(
      ['', ' \u200b ', ' a '].map(text => checkedOptionalText('bio', text)),
      ['', '', 'a'],
    );
    assert.throws(() => checkedOptionalText('bio', `x${'\u0301'.repeat(9)}`), refused(/^bio/));
  });
});
