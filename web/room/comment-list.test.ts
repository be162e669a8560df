import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Comment } from '#contract/api/types.ts';
import { commentsAt, mergeComments, timeComments } from './comment-list.ts';

const STARTED_AT_MS = Date.parse('2026-05-01T10:00:00Z');

function comment(seq: number, mediaTimeMs: number | null = null): Comment {
  const createdAt = new Date(STARTED_AT_MS + seq * 1000).toISOString();
  const author = { id: 'a', handle: 'ana', displayName: 'Ana' };
  return { id: `c${seq}`, seq, author, text: `number ${seq}`, mediaTimeMs, createdAt };
}

const seqs = (comments: readonly Comment[]) => comments.map(({ seq }) => seq);

test('comments that come twice or late stand once and in order', () => {
  const known = [comment(1), comment(4)];
  assert.deepEqual(seqs(mergeComments(known, [comment(3), comment(4), comment(2)], 10)), [1, 2, 3, 4]);
  assert.deepEqual(seqs(mergeComments(known, [comment(5), comment(6)], 10)), [1, 4, 5, 6]);
});

test('a live room keeps the newest comments', () => {
  const many = Array.from({ length: 8 }, (_, i) => comment(i + 1));
  assert.deepEqual(seqs(mergeComments(many.slice(0, 5), many.slice(5), 3)), [6, 7, 8]);
});

test('in a replay a comment appears with the picture it speaks of, or else when it was written', () => {
  const timed = timeComments([comment(1, 9_000), comment(2), comment(3, 500)], STARTED_AT_MS);
  assert.deepEqual(
    timed.map(({ atMs, comment: { seq } }) => [seq, atMs]),
    [
      [3, 500],
      [2, 2_000],
      [1, 9_000],
    ],
  );
});

test('a moment of the replay shows what had been said by then, and no more than asked for', () => {
  const timed = timeComments([comment(1, 100), comment(2, 200), comment(3, 300)], STARTED_AT_MS);
  assert.deepEqual(seqs(commentsAt(timed, 99, 5)), []);
  assert.deepEqual(seqs(commentsAt(timed, 200, 5)), [1, 2]);
  assert.deepEqual(seqs(commentsAt(timed, 10_000, 2)), [2, 3]);
});
