import assert from 'node:assert/strict';
import { test } from 'node:test';
import { match } from './match.ts';

test('a path fits its pattern and gives its parameters, decoded', () => {
  assert.deepEqual(match('/p/:postId', '/p/01J%20x'), { postId: '01J x' });
  assert.deepEqual(match('/@:handle', '/@ana'), { handle: 'ana' });
  assert.deepEqual(match('/', '/'), {});
});

test('a slash at the end changes nothing', () => {
  assert.deepEqual(match('/live', '/live/'), {});
});

test('a longer path, a shorter one and a malformed escape fit nothing', () => {
  assert.equal(match('/p/:postId', '/p/1/replies'), null);
  assert.equal(match('/p/:postId', '/p/'), null);
  assert.equal(match('/live', '/lively'), null);
  assert.equal(match('/@:handle', '/@%zz'), null);
});
