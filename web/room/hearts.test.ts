import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heartArea, heartHeights, heartsBetween } from './heart-curve.ts';
import { HeartSender } from './heart-sender.ts';
import { HeartTally } from './heart-tally.ts';

test('the echo of one’s own hearts does not rise again, other people’s do', () => {
  const tally = new HeartTally();
  tally.sent(3, 0);
  assert.equal(tally.others(2, 100), 0);
  assert.equal(tally.others(4, 200), 3);
  assert.equal(tally.others(5, 300), 5);
});

test('hearts that the server did not count do not swallow other people’s for ever', () => {
  const tally = new HeartTally();
  tally.sent(50, 0);
  assert.equal(tally.others(4, 3_001), 4);
});

test('taps go out as one batch, with the media time of the first', async () => {
  const sent: [number, number | undefined][] = [];
  const timers: (() => void)[] = [];
  const sender = new HeartSender({
    send: async (count, mediaTimeMs) => void sent.push([count, mediaTimeMs]),
    setTimeout: run => timers.push(run),
  });
  for (const at of [1000.4, 1100, 1200]) sender.tap(at);
  timers.shift()?.();
  sender.tap(null);
  timers.shift()?.();
  assert.deepEqual(sent, [
    [3, 1000],
    [1, undefined],
  ]);
  assert.equal(timers.length, 0);
});

test('no batch is larger than one call takes, and none is lost', () => {
  const sent: number[] = [];
  const timers: (() => void)[] = [];
  const sender = new HeartSender({
    send: async count => void sent.push(count),
    setTimeout: run => timers.push(run),
  });
  for (let i = 0; i < 230; i += 1) sender.tap(0);
  for (let run = timers.shift(); run !== undefined; run = timers.shift()) run();
  assert.deepEqual(sent, [100, 100, 30]);
});

test('the curve is highest where most hearts were, and covers the whole length', () => {
  const heights = heartHeights(
    [
      [2, 4],
      [7, 40],
    ],
    10_000,
  );
  assert.equal(heights.length, 10);
  assert.equal(heights.indexOf(Math.max(...heights)), 7);
  assert.equal(heights[7], 1);
  assert.equal(heights[0], 0);
  assert.equal(heartHeights([], 10_000).length, 0);
  assert.match(heartArea(heights), /^M0 1L0\.00 1\.000.*L100\.00 [\d.]+L100 1Z$/);
});

test('hearts past the end of the length count at its end', () => {
  assert.equal(heartHeights([[99, 3]], 10_000).at(-1), 1);
});

test('hearts rise while the replay plays on, not when it jumps', () => {
  const seconds = [
    [1, 2],
    [2, 3],
    [60, 9],
  ] as const;
  assert.equal(heartsBetween(seconds, 900, 1_150), 2);
  assert.equal(heartsBetween(seconds, 1_000, 2_000), 3);
  assert.equal(heartsBetween(seconds, 2_000, 60_000), 0);
  assert.equal(heartsBetween(seconds, 60_000, 1_000), 0);
});
