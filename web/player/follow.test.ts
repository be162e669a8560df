import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BroadcastState } from '#contract/api/types.ts';
import { followBroadcast } from './follow.ts';
import type { Source } from './playback.ts';

const whepUrl = '/whep/b1';
const hlsUrl = '/hls/b1/index.m3u8';

function shown(
  ...states: readonly [BroadcastState, { whepUrl: string | null; hlsUrl: string | null }][]
): string[] {
  const calls: string[] = [];
  const watcher = {
    watch: (source: Source) => void calls.push(`${source.kind} ${source.hlsUrl}`),
    suspend: () => void calls.push('suspend'),
  };
  for (const [state, playback] of states) followBroadcast(watcher, { state, playback });
  return calls;
}

test('one page goes from waiting to live to the replay', () => {
  const calls = shown(
    ['starting', { whepUrl: null, hlsUrl: null }],
    ['live', { whepUrl, hlsUrl: null }],
    ['live', { whepUrl, hlsUrl }],
    ['ended', { whepUrl: null, hlsUrl: null }],
    ['archived', { whepUrl: null, hlsUrl }],
  );
  assert.deepEqual(calls, ['suspend', 'live null', `live ${hlsUrl}`, 'suspend', `replay ${hlsUrl}`]);
});

test('an interruption lets go, and what comes back is joined again', () => {
  const calls = shown(
    ['live', { whepUrl, hlsUrl }],
    ['interrupted', { whepUrl, hlsUrl }],
    ['live', { whepUrl, hlsUrl }],
  );
  assert.deepEqual(calls, [`live ${hlsUrl}`, 'suspend', `live ${hlsUrl}`]);
});

test('where there is nothing to watch, nothing is tried', () => {
  const nowhere = { whepUrl: null, hlsUrl: null };
  assert.deepEqual(shown(['live', nowhere], ['archived', nowhere]), ['suspend', 'suspend']);
});
