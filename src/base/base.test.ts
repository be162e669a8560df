import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Disposer } from './dispose.ts';
import { FakeClock } from './fake-clock.ts';
import { createIds, isId } from './ids.ts';
import { silentLogger } from './log.ts';
import { BoundedQueue } from './queue.ts';

const fillRandom = (bytes: Uint8Array) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);

describe('ids', () => {
  it('sort by time, also within one millisecond', () => {
    const clock = new FakeClock();
    const ids = createIds(clock, fillRandom);
    const made: string[] = [];
    for (let i = 0; i < 500; i++) {
      made.push(ids.next());
      if (i % 7 === 0) clock.advance(1);
    }
    assert.deepEqual([...made].sort(), made);
    assert.equal(new Set(made).size, made.length);
    assert.ok(made.every(isId));
  });

  it('keep growing when the wall clock steps back', () => {
    let nowMs = 2_000_000;
    const ids = createIds({ ...new FakeClock(), nowMs: () => nowMs } as FakeClock, fillRandom);
    const before = ids.next();
    nowMs -= 60_000;
    assert.ok(ids.next() > before);
  });

  it('secrets carry 256 bits', () => {
    const ids = createIds(new FakeClock(), fillRandom);
    assert.match(ids.secret(), /^[0-9a-z]{52}$/);
    assert.notEqual(ids.secret(), ids.secret());
  });

  it('refuse what could not be an id', () => {
    for (const text of ['', '..', 'A'.repeat(26), 'i'.repeat(26), '0'.repeat(27)])
      assert.equal(isId(text), false, text);
  });
});

describe('fake clock', () => {
  it('runs timers in the order they fall due and lets them set others', () => {
    const clock = new FakeClock(0);
    const ran: string[] = [];
    clock.after(20, () => ran.push(`b@${clock.nowMs()}`));
    clock.after(10, () => {
      ran.push(`a@${clock.nowMs()}`);
      clock.after(5, () => ran.push(`c@${clock.nowMs()}`));
    });
    const every = clock.every(8, () => ran.push(`e@${clock.nowMs()}`));
    clock.advance(17);
    every.cancel();
    clock.advance(100);
    assert.deepEqual(ran, ['e@8', 'a@10', 'c@15', 'e@16', 'b@20']);
  });
});

describe('bounded queue', () => {
  it('refuses when it is full and keeps the order across its seam', () => {
    const queue = new BoundedQueue<number>(3);
    const out: (number | undefined)[] = [];
    for (let i = 0; i < 10; i++) {
      assert.equal(queue.push(i), true);
      if (i % 2 === 1) out.push(queue.shift(), queue.shift());
    }
    assert.deepEqual(out, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const value of [1, 2, 3]) queue.push(value);
    assert.equal(queue.push(4), false);
    assert.equal(queue.size, 3);
  });
});

describe('disposer', () => {
  it('closes last first and goes on when one fails', async () => {
    const closed: string[] = [];
    const disposer = new Disposer(silentLogger);
    disposer.add('db', () => void closed.push('db'));
    disposer.add('bus', () => Promise.reject(new Error('gone')));
    disposer.add('http', () => void closed.push('http'));
    await disposer.close();
    await disposer.close();
    assert.deepEqual(closed, ['http', 'db']);
  });
});
