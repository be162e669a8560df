import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BroadcastState } from '#contract/api/types.ts';
import { isOpen, isOver, type LifecycleInput, nextState } from './lifecycle.ts';

const states: BroadcastState[] = ['starting', 'live', 'interrupted', 'ended', 'archived'];
const inputs: LifecycleInput[] = [
  'media-arrived',
  'publisher-lost',
  'end',
  'never-published',
  'grace-over',
  'recording-closed',
];

/** Written out a second time on purpose: every cell that is not here must refuse. */
const taken: [BroadcastState, LifecycleInput, BroadcastState][] = [
  ['starting', 'media-arrived', 'live'],
  ['starting', 'end', 'ended'],
  ['starting', 'never-published', 'ended'],
  ['live', 'publisher-lost', 'interrupted'],
  ['live', 'end', 'ended'],
  ['live', 'grace-over', 'ended'],
  ['interrupted', 'media-arrived', 'live'],
  ['interrupted', 'end', 'ended'],
  ['interrupted', 'grace-over', 'ended'],
  ['ended', 'recording-closed', 'archived'],
];

for (const state of states)
  for (const input of inputs) {
    const to = taken.find(([from, given]) => from === state && given === input)?.[2] ?? null;
    test(`a broadcast that is ${state} ${to ? `becomes ${to} by` : 'does not take'} ${input}`, () => {
      assert.equal(nextState(state, input), to);
    });
  }

test('no broadcast that is over comes back to life', () => {
  for (const state of states.filter(isOver))
    for (const input of inputs) {
      const to = nextState(state, input);
      assert.ok(to === null || isOver(to), `${state} by ${input}`);
    }
});

test('a room is open exactly while its broadcast is live or interrupted', () => {
  assert.deepEqual(states.filter(isOpen), ['live', 'interrupted']);
});
