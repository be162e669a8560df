import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CLIMB_AFTER_MS,
  CLIMB_AFTER_MS_MAX,
  FALL_AFTER_MS,
  LayerChoice,
  type LayerOffer,
  SOUND_AFTER_MS,
} from './layer-choice.ts';

const RATES = { high: 2_500_000, middle: 800_000, low: 200_000 };
const offers = (nowMs: number, paused: readonly string[] = []): LayerOffer[] =>
  Object.entries(RATES).map(([id, bitrateBps]) => ({
    id,
    bitrateBps,
    lastMs: paused.includes(id) ? nowMs - 5000 : nowMs,
  }));
const report = (estimateBps: number | null, lossRatio = 0, rttMs: number | null = null) => ({
  estimateBps,
  lossRatio,
  rttMs,
});

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
    if (runs.at(-1) !== (chosen ?? 'sound')) runs.push(chosen ?? 'sound');
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

/** What a link makes of what is sent: browsers estimate by what arrives, and see the rest as loss. */
function linkOf(bps: number) {
  return (chosen: string | null) => {
    const sent = 40_000 + (chosen === null ? 0 : RATES[chosen as 'low']);
    const arrives = Math.min(bps, sent);
    return report(bps < sent ? 0.85 * arrives : 1.5 * arrives, 1 - arrives / sent);
  };
}

/** As `run`, by the link. */
function runOver(choice: LayerChoice, bps: number, ms: number, from = 0): string[] {
  const link = linkOf(bps);
  const runs: string[] = [];
  let chosen: string | null = null;
  for (let nowMs = from; nowMs < from + ms; nowMs += 100) {
    chosen = choice.choose(offers(nowMs), link(chosen), nowMs);
    if (runs.at(-1) !== (chosen ?? 'sound')) runs.push(chosen ?? 'sound');
  }
  return runs;
}

test('when not even the lowest layer fits there is sound alone, pictures are tried ever more seldom', () => {
  const choice = new LayerChoice();
  runOver(choice, 9_000_000, 30_000);
  const runs = runOver(choice, 90_000, 120_000, 30_000);
  assert.deepEqual(runs.slice(0, 3), ['high', 'low', 'sound']);
  const tries = runs.slice(3).filter(id => id === 'low').length;
  assert.ok(tries >= 2 && tries <= 6, `${tries} tries in two minutes`);
  assert.ok(!runs.slice(1).includes('middle'));
});

test('pictures come back when there is room for them again', () => {
  const choice = new LayerChoice();
  runOver(choice, 90_000, 10_000);
  const runs = runOver(choice, 9_000_000, 60_000, 10_000);
  assert.deepEqual(runs.slice(-3), ['low', 'middle', 'high']);
});

test('a low estimate without loss, or loss for a moment, does not take the pictures away', () => {
  const low = () => {
    const choice = new LayerChoice();
    choice.choose(offers(0), report(100_000), 0);
    return choice;
  };
  const still = low();
  for (let nowMs = 100; nowMs < 20_000; nowMs += 100)
    assert.equal(still.choose(offers(nowMs), report(70_000), nowMs), 'low');
  const moment = low();
  for (let nowMs = 100; nowMs < SOUND_AFTER_MS; nowMs += 100)
    assert.equal(moment.choose(offers(nowMs), report(70_000, 0.5), nowMs), 'low');
  assert.equal(moment.choose(offers(SOUND_AFTER_MS), report(70_000, 0), SOUND_AFTER_MS), 'low');
  assert.equal(moment.choose(offers(SOUND_AFTER_MS + 200), report(70_000, 0.5), SOUND_AFTER_MS + 200), 'low');
});

test('sound alone stays so while every layer pauses, and a layer that comes back is tried', () => {
  const choice = new LayerChoice();
  assert.equal(runOver(choice, 60_000, 5_000).at(-1), 'sound');
  assert.equal(choice.choose(offers(5_000, ['high', 'middle', 'low']), report(null), 5_000), null);
  const all = (nowMs: number) => choice.choose(offers(nowMs, ['low']), report(null), nowMs);
  assert.equal(all(5_100), null);
  assert.equal(all(5_100 + 2 * CLIMB_AFTER_MS), 'middle');
});

test('an estimate below what arrives whole and at once is not believed, until packets queue up', () => {
  const choice = new LayerChoice();
  choice.choose(offers(0), report(100_000, 0, 30), 0);
  const runs: (string | null)[] = [];
  for (let nowMs = 100; nowMs < 4 * CLIMB_AFTER_MS; nowMs += 100)
    runs.push(choice.choose(offers(nowMs), report(100_000, 0, 35), nowMs));
  assert.deepEqual([...new Set(runs)], ['low', 'middle', 'high']);
  const from = 4 * CLIMB_AFTER_MS;
  for (let nowMs = from; nowMs <= from + 2 * FALL_AFTER_MS; nowMs += 100)
    runs.push(choice.choose(offers(nowMs), report(100_000, 0, 400), nowMs));
  assert.equal(runs.at(-1), 'low');
});

/** Chooses every 100 ms for `ms`; gives the last choice. */
function choose(choice: LayerChoice, given: ReturnType<typeof report>, fromMs: number, ms: number) {
  let chosen: string | null = null;
  for (let nowMs = fromMs; nowMs < fromMs + ms; nowMs += 100)
    chosen = choice.choose(offers(nowMs), given, nowMs);
  return chosen;
}

test('one late report is no queue, and what does not arrive whole proves nothing', () => {
  const begun = () => {
    const choice = new LayerChoice();
    choice.choose(offers(0), report(5_000_000, 0, 30), 0);
    assert.equal(choose(choice, report(300_000, 0, 35), 100, 1900), 'high');
    return choice;
  };
  assert.equal(choose(begun(), report(300_000, 0, 200), 2000, FALL_AFTER_MS + 200), 'high');
  assert.equal(choose(begun(), report(300_000, 0.05, 35), 2000, FALL_AFTER_MS + 200), 'low');
});

test('nobody climbs while packets are lost', () => {
  const choice = new LayerChoice();
  choice.choose(offers(0), report(100_000), 0);
  assert.equal(choose(choice, report(9_000_000, 0.05), 100, 10 * CLIMB_AFTER_MS), 'low');
});

test('failed climbs are forgotten after long enough without one', () => {
  const choice = new LayerChoice();
  const link = linkOf(600_000);
  let chosen: string | null = null;
  for (let nowMs = 0; nowMs < 120_000; nowMs += 100)
    chosen = choice.choose(offers(nowMs), link(chosen), nowMs);
  choose(choice, report(240_000), 120_000, 3 * CLIMB_AFTER_MS_MAX);
  const climbs: number[] = [];
  for (let nowMs = 300_000; nowMs < 400_000; nowMs += 100) {
    const before = chosen;
    chosen = choice.choose(offers(nowMs), report(9_000_000), nowMs);
    if (chosen !== before) climbs.push(nowMs);
  }
  assert.equal(chosen, 'high');
  assert.ok(climbs.at(-1)! - climbs.at(-2)! <= CLIMB_AFTER_MS + 200, `${climbs}`);
});
