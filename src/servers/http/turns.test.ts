import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IN_WORK_MAX } from './limits.ts';
import { RequestTurns } from './turns.ts';

const turn = () => new Promise<void>(resolve => setImmediate(resolve));

test('who sends a thousand requests waits behind himself', async () => {
  const turns = new RequestTurns();
  const begun: string[] = [];
  const work: (() => void)[] = [];
  const take = (address: string) =>
    turns.take({
      address,
      begin: done => {
        begun.push(address);
        work.push(done);
      },
    });
  for (let i = 0; i < 1000; i++) take('flood');
  take('honest');
  assert.equal(begun.length, IN_WORK_MAX, 'a few are in work');
  work.shift()!();
  work.shift()!();
  await turn();
  await turn();
  assert.ok(begun.slice(IN_WORK_MAX).includes('honest'), begun.slice(IN_WORK_MAX).join());
  while (work.length > 0) {
    work.shift()!();
    await turn();
  }
  assert.equal(begun.length, 1001, 'everybody has their turn');
});

test('what takes long to begin lets other work through in between', async () => {
  const turns = new RequestTurns();
  let begun = 0;
  const slow = () => {
    begun++;
    const untilMs = performance.now() + 2;
    while (performance.now() < untilMs) {}
  };
  for (let i = 0; i < 100; i++)
    turns.take({
      address: `${i}`,
      begin: done => {
        slow();
        done();
      },
    });
  const most = [begun];
  for (let before = begun; begun < 100; before = begun) {
    await turn();
    most.push(begun - before);
  }
  assert.ok(Math.max(...most) <= 6, `${Math.max(...most)} in one turn`);
});
