import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge, formatDuration, plural } from './format.ts';

const MINUTE = 60_000;
const now = new Date(2024, 5, 15, 12, 0, 0).getTime();

test('an age is told in the largest unit that fits, and as a date after a week', () => {
  assert.equal(formatAge(now - 59_999, now), 'now');
  assert.equal(formatAge(now - MINUTE, now), '1m');
  assert.equal(formatAge(now - 59 * MINUTE, now), '59m');
  assert.equal(formatAge(now - 60 * MINUTE, now), '1h');
  assert.equal(formatAge(now - 24 * 60 * MINUTE, now), '1d');
  assert.doesNotMatch(formatAge(now - 8 * 24 * 60 * MINUTE, now), /2024/);
  assert.match(formatAge(new Date(2023, 0, 2).getTime(), now), /2023/);
});

test('a clock that runs ahead of ours still says now', () => {
  assert.equal(formatAge(now + 5 * MINUTE, now), 'now');
});

test('a duration has hours only when it needs them', () => {
  assert.equal(formatDuration(0), '0:00');
  assert.equal(formatDuration(65_900), '1:05');
  assert.equal(formatDuration(754_000), '12:34');
  assert.equal(formatDuration(3_723_000), '1:02:03');
});

test('one is singular', () => {
  assert.equal(plural(1, 'like'), '1 like');
  assert.equal(plural(2, 'reply', 'replies'), '2 replies');
});
