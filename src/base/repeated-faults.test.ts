import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from './fake-clock.ts';
import type { Logger } from './log.ts';
import { REPEAT_MS, tellRepeatedOnce } from './repeated-faults.ts';

function rig() {
  const lines: [string, object][] = [];
  const inner: Logger = {
    debug() {},
    info: (fields, message) => lines.push([message, fields]),
    warn: (fields, message) => lines.push([message, fields]),
    error: (fields, message) => lines.push([message, fields]),
    child: () => inner,
  };
  const clock = new FakeClock();
  return { lines, clock, log: tellRepeatedOnce(inner, clock) };
}

test('a fault that repeats has one line a minute, with its count', () => {
  const { lines, clock, log } = rig();
  for (let i = 0; i < 3000; i++) {
    log.error({ err: new Error('disk full'), url: `/${i}` }, 'a request failed');
    clock.advance(100);
  }
  assert.equal(lines.length, 5);
  assert.deepEqual(lines[0]![1], { err: new Error('disk full'), url: '/0' });
  assert.equal((lines[1]![1] as { repeated: number }).repeated, REPEAT_MS / 100 - 1);
});

test('other faults, other causes and what is no fault are told at once', () => {
  const { lines, log } = rig();
  log.error({ err: new Error('disk full') }, 'a request failed');
  log.error({ err: new Error('disk gone') }, 'a request failed');
  log.warn({}, 'a request failed');
  log.child({}).error({ err: new Error('disk full') }, 'a request failed');
  for (let i = 0; i < 3; i++) log.info({}, 'a publisher fell silent');
  assert.equal(lines.length, 6);
});

test('faults that are all different cost a bounded memory and are told', () => {
  const { lines, log } = rig();
  for (let i = 0; i < 5000; i++) log.error({ err: new Error(`fault ${i}`) }, 'x');
  assert.equal(lines.length, 5000);
});
