import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from './fake-clock.ts';
import { SLICE_MS, Slices } from './slices.ts';

describe('work in slices', () => {
  let clock: FakeClock;
  let slices: Slices;
  /** What waits for input to be handled first: one entry is one turn of the event loop. */
  let turns: (() => void)[];
  let done: string[];

  beforeEach(() => {
    clock = new FakeClock();
    turns = [];
    done = [];
    slices = new Slices({ clock, afterInput: run => void turns.push(run) });
  });

  const turn = () => turns.shift()!();
  /** Each item takes half a millisecond of the processor. */
  const slow = (item: string) => {
    done.push(item);
    clock.advance(0.5);
  };
  const items = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}`);

  it('holds the loop for no longer than a slice, and lets input through between two', async () => {
    const finished = slices.each('a', items('a', 10), slow);
    const perTurn: number[] = [];
    while (turns.length > 0) {
      const before = done.length;
      const fromMs = clock.monotonicMs();
      turn();
      perTurn.push(done.length - before);
      assert.ok(clock.monotonicMs() - fromMs <= SLICE_MS + 0.5);
    }
    await finished;
    assert.deepEqual(done, items('a', 10));
    assert.deepEqual(perTurn, [4, 4, 2]);
  });

  it('does nothing before input that is already there was handled', () => {
    void slices.each('a', ['a0'], slow);
    slices.take('b', () => slow('b'));
    assert.deepEqual(done, []);
    turn();
    assert.deepEqual(done, ['a0', 'b']);
  });

  it('many pieces together hold the loop no longer than one', () => {
    for (let i = 0; i < 100; i++) slices.take('small', () => slow(`${i}`));
    turn();
    assert.equal(done.length, 4);
    assert.equal(slices.size, 96);
  });

  it('long pieces go on in turn, so that none waits for the end of another', async () => {
    const both = Promise.all([slices.each('a', items('a', 8), slow), slices.each('b', items('b', 8), slow)]);
    turn();
    turn();
    assert.deepEqual(done, [...items('a', 4), ...items('b', 4)]);
    while (turns.length > 0) turn();
    await both;
    assert.deepEqual(
      done.filter(item => item.startsWith('b')),
      items('b', 8),
    );
  });

  it('a piece that fails tells who began it, and the others go on', async () => {
    const failed = slices.each('a', ['a0', 'a1'], () => {
      throw new Error('no');
    });
    const other = slices.each('b', ['b0'], slow);
    turn();
    await assert.rejects(failed, { message: 'no' });
    await other;
    assert.deepEqual(done, ['b0']);
  });

  it('says whose work the loop does', async () => {
    const said: string[] = [];
    slices = new Slices({
      clock,
      afterInput: run => void turns.push(run),
      label: work => void said.push(work),
    });
    void slices.each('a', items('a', 5), slow);
    slices.take('b', () => {});
    turn();
    turn();
    assert.deepEqual(said, ['a', 'b', 'a']);
  });

  it('what was begun in thousands is forgotten once it is done', () => {
    for (let i = 0; i < 5000; i++) slices.take('small', () => void done.push(`${i}`));
    while (turns.length > 0) turn();
    assert.equal(slices.size, 0);
    assert.deepEqual(done, items('', 5000));
  });
});
