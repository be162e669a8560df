import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.ts';

test('a burst is spread over turns of the event loop, in its order, and other work comes in between', async () => {
  const turns = new Turns();
  const done: number[] = [];
  const seen: number[] = [];
  for (let i = 0; i < 1000; i++) turns.take(() => done.push(i));
  assert.equal(done.length, 0, 'nothing runs in the turn of the one who publishes');
  while (done.length < 1000) {
    await new Promise(resolve => setImmediate(resolve));
    seen.push(done.length);
  }
  assert.deepEqual(
    done,
    Array.from({ length: 1000 }, (_, i) => i),
  );
  assert.ok(seen.length >= 10, `the burst took ${seen.length} turns`);
});
