import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf } from './text-parts.ts';

const page = 'https://example.org/a';

/** A text, and the address that a reader sees in it. */
const texts: readonly (readonly [text: string, address: string])[] = [
  [`${page}. Next`, page],
  [`${page}, and`, page],
  [`${page}?!`, page],
  [`${page}...`, page],
  [`Look: ${page}…`, page],
  [`見て：${page}。次の文`, page],
  [`${page}、それから`, page],
  [`（${page}）`, page],
  [`「${page}」と言った`, page],
  [`${page}，然后`, page],
  [`${page}！`, page],
  [`${page}？`, page],
  [`《${page}》`, page],
  [`هل رأيت ${page}؟`, page],
  [`${page}، ثم`, page],
  [`देखो ${page}।`, page],
  [`${page}។ បន្ទាប់`, page],
  [`${page}።`, page],
  [`«${page}»`, page],
  [`“${page}”`, page],
  [`‘${page}’`, page],
  [`${page}\u200f next`, page],
  [`${page}\u200b`, page],
  [`${page}🎉`, page],
  [`(${page})`, page],
  [`[${page}]`, page],
  [`(see ${page}_(b)).`, `${page}_(b)`],
  [`${page}_(b)`, `${page}_(b)`],
  [`${page}[1](2)`, `${page}[1](2)`],
  [`${page}?b=[c]&d={e}`, `${page}?b=[c]&d={e}`],
  [`${page}?b=c&d=e#f!`, `${page}?b=c&d=e#f`],
  [`*${page}*`, page],
  ['https://example.orgを見て', 'https://example.org'],
  ['https://example.org看', 'https://example.org'],
  ['https://example.com:8080/ждать', 'https://example.com:8080/ждать'],
  ['https://ja.wikipedia.org/wiki/ドナルド・ダック を', 'https://ja.wikipedia.org/wiki/ドナルド・ダック'],
  [
    'https://en.wikipedia.org/wiki/Michelson–Morley_experiment.',
    'https://en.wikipedia.org/wiki/Michelson–Morley_experiment',
  ],
  ['https://日本.example/', 'https://日本.example/'],
  ['https://правда.рф, да', 'https://правда.рф'],
  ['https://münchen.example/straße!', 'https://münchen.example/straße'],
  ['HTTPS://EXAMPLE.ORG/A.', 'HTTPS://EXAMPLE.ORG/A'],
];

for (const [text, address] of texts)
  test(`${JSON.stringify(text)} links ${address}`, () => {
    const links = partsOf(text).filter(part => part.kind === 'link');
    assert.deepEqual(
      links.map(link => link.href),
      [address],
    );
    assert.ok(text.includes(address), 'nothing of the text is lost');
  });

test('what names no host is words', () => {
  for (const text of ['https://', 'https://。', 'http://)', 'https://...'])
    assert.deepEqual(partsOf(text), [{ kind: 'words', text }]);
});

test('two addresses in a row are two', () => {
  const links = partsOf(`${page}、${page}`).filter(part => part.kind === 'link');
  assert.equal(links.length, 2);
});

/** A text and the handles that it mentions. */
const mentions: readonly (readonly [text: string, handles: readonly string[]])[] = [
  ['@miraさん', ['mira']],
  ['こんにちは@miraさん、@anaも', ['mira', 'ana']],
  ['谢谢@mira！', ['mira']],
  ['@mira님 안녕', ['mira']],
  ['@миру', []],
  ['@miraу', ['mira']],
  ['ขอบคุณ@miraครับ', ['mira']],
  ['(@mira)', ['mira']],
  ['@josé', []],
  ['почта@mira', []],
  ['ana@mira', []],
  ['@mira@example.org', []],
  ['@mira.', ['mira']],
  ['@mira’s', ['mira']],
];

for (const [text, handles] of mentions)
  test(`${JSON.stringify(text)} mentions ${handles.join(', ') || 'nobody'}`, () => {
    const found = partsOf(text).flatMap(part => (part.kind === 'mention' ? [part.handle] : []));
    assert.deepEqual(found, handles);
  });

test('hostile text costs no more than its length', () => {
  const parts = (unit: string) => partsOf(unit.repeat(20_000 / unit.length));
  for (const unit of ['(', ')', '.', 'https://', '@a', 'https://a.b/(', '。', 'a@'])
    assert.equal(parts(unit).map(part => part.kind === 'link' || part.text).length > 0, true);
});
