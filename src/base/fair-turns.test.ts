import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newTurns } from '#tests/support/turns.ts';
import { placeOf } from './address.ts';
import { FakeClock } from './fake-clock.ts';

const IN_WORK_MAX = 12;
const TURN_MS = 3;
const turn = () => new Promise<void>(resolve => setImmediate(resolve));

/** Takes a turn for each address; what was begun, and how to end the oldest of it. */
function line(addresses: readonly string[]) {
  const turns = newTurns({ clock: new FakeClock(), inWorkMax: IN_WORK_MAX, turnMs: TURN_MS });
  const begun: string[] = [];
  const work: (() => void)[] = [];
  for (const address of addresses)
    turns.take(placeOf(address), done => {
      begun.push(address);
      work.push(done);
    });
  const finish = async () => {
    while (work.length > 0) {
      work.shift()!();
      await turn();
    }
  };
  return { turns, begun, work, finish };
}

const times = (count: number, address: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => address(i));

test('who sends a thousand requests waits behind himself', async () => {
  const { turns, begun, work, finish } = line([...times(1000, () => '192.0.2.1'), '198.51.100.7']);
  assert.equal(begun.length, IN_WORK_MAX, 'a few are in work');
  work.shift()!();
  work.shift()!();
  await turn();
  await turn();
  assert.ok(begun.slice(IN_WORK_MAX).includes('198.51.100.7'), begun.slice(IN_WORK_MAX).join());
  await finish();
  assert.deepEqual([begun.length, turns.inWork], [1001, 0], 'everybody has their turn');
});

test('256 addresses go before somebody else once each, a /48 of them sixteen times', async () => {
  const flood = line([...times(1024, i => `203.0.113.${i % 256}`), '198.51.100.7']);
  await flood.finish();
  assert.ok(flood.begun.indexOf('198.51.100.7') <= 256 + IN_WORK_MAX);
  const wide = line([...times(1024, i => `2001:db8:1:${i.toString(16)}::1`), '198.51.100.7']);
  await wide.finish();
  assert.ok(wide.begun.indexOf('198.51.100.7') <= 16 + IN_WORK_MAX);
});

/** Lets sixty pieces of work of two milliseconds have their turns; how many in each turn of the event loop. */
async function sixty(work: (clock: FakeClock) => Promise<void>): Promise<number[]> {
  const clock = new FakeClock();
  const turns = newTurns({ clock, inWorkMax: 1000, turnMs: TURN_MS });
  let begun = 0;
  turns.take(placeOf('192.0.2.1'), () => clock.advance(TURN_MS));
  for (const address of times(60, i => `203.0.113.${i}`))
    void turns.run(placeOf(address), () => {
      begun++;
      return work(clock);
    });
  assert.equal(begun, 0, 'this turn is used up');
  const most: number[] = [];
  for (let before = 0; begun < 60; before = begun) {
    await turn();
    most.push(begun - before);
  }
  return most;
}

test('what takes long to begin lets other work through in between', async () => {
  const most = await sixty(async clock => clock.advance(2));
  assert.ok(Math.max(...most) <= 2, `${most.join()} in one turn`);
});

test('what work does once its promises are settled is time of the turn, too', async () => {
  const most = await sixty(async clock => {
    for (let i = 0; i < 20; i++) await null;
    clock.advance(2);
  });
  assert.ok(Math.max(...most) <= 2, `${most.join()} in one turn`);
});

test('work that fails makes room as well', async () => {
  const turns = newTurns({ inWorkMax: 1 });
  const place = placeOf('192.0.2.1');
  await assert.rejects(
    turns.run(place, () => Promise.reject(new Error('deliberate'))),
    /deliberate/,
  );
  assert.equal(await turns.run(place, async () => 7), 7);
  assert.equal(turns.inWork, 0);
});
