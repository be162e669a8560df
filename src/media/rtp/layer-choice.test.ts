import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIMB_AFTER_MS, FALL_AFTER_MS, LayerChoice, type LayerOffer } from './layer-choice.ts';

const RATES = { high: 2_500_000, middle: 800_000, low: 200_000 };
const offers = (nowMs: number, paused: readonly string[] = []): LayerOffer[] =>
  Object.entries(RATES).map(([id, bitrateBps]) => ({
    id,
    bitrateBps,
    lastMs: paused.includes(id) ? nowMs - 5000 : nowMs,
  }));
const report = (estimateBps: number | null, lossRatio = 0) => ({ estimateBps, lossRatio });

/** What is chosen every 100 ms, as runs of the same layer. */
function run(
  choice: LayerChoice,
  ms: number,
  estimate: (chosen: string | null) => number | null,
  from = 0,
): string[] {
  const runs: string[] = [];
  let chosen: string | null = null;
  for (let nowMs = from; nowMs < from + ms; nowMs += 100) {
    chosen = choice.choose(offers(nowMs), report(estimate(chosen)), nowMs);
    if (chosen !== null && runs.at(-1) !== chosen) runs.push(chosen);
  }
  return runs;
}

test('a viewer of whom nothing is known begins in the middle; one with an estimate with what it affords', () => {
  assert.equal(new LayerChoice().choose(offers(0), report(null), 0), 'middle');
  assert.equal(new LayerChoice().choose(offers(0), report(5_000_000), 0), 'high');
  assert.equal(new LayerChoice().choose(offers(0), report(100_000), 0), 'low');
});

test('a viewer falls when its estimate stays below, to what fits, and not for a moment of doubt', () => {
  const choice = new LayerChoice();
  choice.choose(offers(0), report(5_000_000), 0);
  assert.equal(choice.choose(offers(100), report(300_000), 100), 'high');
  assert.equal(choice.choose(offers(200), report(5_000_000), 200), 'high');
  assert.equal(choice.choose(offers(300), report(300_000), 300), 'high');
  assert.equal(choice.choose(offers(300 + FALL_AFTER_MS), report(300_000), 300 + FALL_AFTER_MS), 'low');
});

test('a viewer climbs one layer at a time, each after it has had room for a while', () => {
  const choice = new LayerChoice();
  assert.deepEqual(
    run(choice, 4 * CLIMB_AFTER_MS, () => 250_000),
    ['low'],
  );
  assert.deepEqual(
    run(choice, 4 * CLIMB_AFTER_MS, () => 9_000_000, 60_000),
    ['low', 'middle', 'high'],
  );
});

test('a layer that does not fit is tried ever more seldom', () => {
  const choice = new LayerChoice();
  // As browsers do: at most 1.5 times what arrives, and the truth when that is less.
  const link = 600_000;
  const estimate = (chosen: string | null) =>
    chosen === null ? null : Math.min(link, 1.5 * RATES[chosen as 'low'] + 64_000);
  const runs = run(choice, 120_000, estimate);
  const tries = runs.filter(id => id === 'middle').length;
  assert.ok(tries >= 2 && tries <= 6, `${tries} tries in two minutes`);
  assert.ok(!runs.includes('high'));
});

test('loss makes a viewer without an estimate fall', () => {
  const choice = new LayerChoice();
  choice.choose(offers(0), report(null), 0);
  for (let nowMs = 100; nowMs <= 1200; nowMs += 100) choice.choose(offers(nowMs), report(null, 0.3), nowMs);
  assert.equal(choice.choose(offers(1300), report(null, 0), 1300), 'low');
});

test('when a layer pauses its viewers get the next lower one, and the next higher one when there is no lower', () => {
  const choice = new LayerChoice();
  choice.choose(offers(0), report(9_000_000), 0);
  assert.equal(choice.choose(offers(100, ['high']), report(9_000_000), 100), 'middle');
  assert.equal(choice.choose(offers(200, ['high', 'middle']), report(9_000_000), 200), 'low');
  assert.equal(choice.choose(offers(300, ['high', 'low']), report(9_000_000), 300), 'middle');
  assert.equal(choice.choose(offers(400, ['high', 'middle', 'low']), report(9_000_000), 400), 'middle');
});
