import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstPosition, rateFor, secondsBehind } from './live-edge.ts';

const parts = Array.from({ length: 20 }, (_, i) => ({ start: 100 + i * 0.2, independent: i % 10 === 0 }));

test('watching begins at the newest key frame that keeps the hold-back', () => {
  assert.equal(firstPosition(parts, 104, 0.66), 102);
  assert.equal(firstPosition(parts, 102.6, 0.66), 100, 'the newest one is too near to the edge');
});

test('where no listed part can be shown by itself, the player chooses', () => {
  assert.equal(firstPosition([], 104, 0.66), null);
  assert.equal(firstPosition(parts.slice(1, 9), 104, 0.66), null);
});

test('what the buffer cannot spare is not caught up: one rendition may be published later than the other', () => {
  assert.equal(secondsBehind(2.66, 0.66, 5), 2);
  assert.ok(Math.abs(secondsBehind(2.66, 0.66, 0.64) - 0.2) < 1e-9);
  assert.ok(secondsBehind(2.66, 0.66, 0.1) < 0);
});

test('the further behind, the faster, and never slower than the broadcast', () => {
  const rates = [-1, 0, 0.05, 0.2, 1, 10].map(rateFor);
  assert.deepEqual(rates, [1, 1, 1.05, 1.1, 1.2, 1.2]);
});
