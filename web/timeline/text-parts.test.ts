import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf } from './text-parts.ts';

test('mentions become links to people, an email address does not', () => {
  assert.deepEqual(partsOf('Thanks @Mira, write to ana@harbour.example'), [
    { kind: 'words', text: 'Thanks ' },
    { kind: 'mention', text: '@Mira', handle: 'mira' },
    { kind: 'words', text: ', write to ana@harbour.example' },
  ]);
});

test('a handle that is too long or too short is words', () => {
  assert.deepEqual(partsOf('@a'), [{ kind: 'words', text: '@a' }]);
  assert.deepEqual(partsOf(`@${'a'.repeat(31)}`), [{ kind: 'words', text: `@${'a'.repeat(31)}` }]);
});

test('what ends a sentence is not part of an address', () => {
  assert.deepEqual(partsOf('(see https://a.example/x).'), [
    { kind: 'words', text: '(see ' },
    { kind: 'link', text: 'a.example/x', href: 'https://a.example/x' },
    { kind: 'words', text: ').' },
  ]);
  assert.equal(partsOf('https://a.example/x_(y)')[0]?.text, 'a.example/x_(y)');
});

test('a long address is shown short and linked whole', () => {
  const href = `https://www.a.example/${'b'.repeat(80)}`;
  const [part] = partsOf(href);
  assert.ok(part?.kind === 'link');
  assert.equal(part.href, href);
  assert.equal(part.text.length, 40);
});

test('nothing but http becomes a link', () => {
  assert.deepEqual(partsOf('javascript:alert(1)'), [{ kind: 'words', text: 'javascript:alert(1)' }]);
});

test('a mention inside an address stays in the address', () => {
  assert.deepEqual(partsOf('https://a.example/@mira'), [
    { kind: 'link', text: 'a.example/@mira', href: 'https://a.example/@mira' },
  ]);
});
