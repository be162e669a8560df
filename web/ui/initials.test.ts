import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialsOf } from './initials.ts';

const initials = (displayName: string) => initialsOf({ displayName, handle: 'zoe' });

test('initials are of the first and the last word', () => {
  assert.equal(initials('Ana Maria Duarte'), 'AD');
  assert.equal(initials('ana'), 'A');
  assert.equal(initials('ليلى حداد'), 'لح');
});

test('an emoji stands alone, whole', () => {
  assert.equal(initials('👩‍👩‍👧 Family'), '👩‍👩‍👧');
  assert.equal(initials('Fox 🦊'), 'F');
});

test('a name of blanks falls back on the handle', () => {
  assert.equal(initials('  '), 'Z');
});
