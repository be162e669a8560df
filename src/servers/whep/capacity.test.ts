import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { type Load, MeasuredCapacity, RETRY_AFTER_S, SAMPLE_MS, VIEWERS_ALWAYS } from './capacity.ts';

const idle: Load = { busy: 0.05, delayMs: 1 };

describe('MeasuredCapacity', () => {
  let clock: FakeClock;
  let load: Load;
  let viewers: number;
  let capacity: MeasuredCapacity;

  beforeEach(() => {
    clock = new FakeClock();
    load = idle;
    viewers = VIEWERS_ALWAYS;
    capacity = new MeasuredCapacity(
      clock,
      () => load,
      () => viewers,
    );
  });

  /** Joins as many as are let in, at most `wanted`. */
  const join = (wanted: number): number => {
    let joined = 0;
    while (joined < wanted && capacity.take() === 0) joined++;
    viewers += joined;
    return joined;
  };
  const pass = (seconds: number) => clock.advance(seconds * 1000);

  it('an idle machine has room', () => {
    pass(5);
    assert.equal(capacity.take(), 0);
  });

  it('is full while the event loop has no time left, and says when to ask again', () => {
    load = { busy: 0.95, delayMs: 5 };
    pass(10);
    assert.deepEqual([capacity.isFull, capacity.take()], [true, RETRY_AFTER_S]);
  });

  it('is full while the event loop answers late, however idle it seems', () => {
    load = { busy: 0.1, delayMs: 300 };
    pass(5);
    assert.equal(capacity.take(), RETRY_AFTER_S);
  });

  it('a few viewers are let in however busy it is: they are not the cause', () => {
    load = { busy: 1, delayMs: 300 };
    pass(5);
    viewers = VIEWERS_ALWAYS - 1;
    assert.equal(capacity.take(), 0);
    viewers = VIEWERS_ALWAYS;
    assert.equal(capacity.take(), RETRY_AFTER_S);
  });

  it('one long pause is not a lack of capacity', () => {
    pass(5);
    load = { busy: 1, delayMs: 200 };
    clock.advance(SAMPLE_MS);
    load = idle;
    assert.equal(capacity.take(), 0);
  });

  it('a little less than full is still full; clearly less is not', () => {
    load = { busy: 0.95, delayMs: 5 };
    pass(10);
    load = { busy: 0.75, delayMs: 5 };
    pass(20);
    assert.equal(capacity.take(), RETRY_AFTER_S);
    load = { busy: 0.5, delayMs: 5 };
    pass(5);
    assert.equal(capacity.take(), 0);
  });

  it('a crowd that comes between two samples is counted in before it shows', () => {
    pass(5);
    const joined = join(10_000);
    assert.ok(joined > 150 && joined < 300, `${joined}`);
    assert.equal(capacity.isFull, false);
  });

  it('viewers that turn out to be cheap make room for more, dear ones for fewer', () => {
    const settle = (costOfOne: number): number => {
      for (let i = 0; i < 200; i++) {
        join(10_000);
        load = { busy: Math.min(1, viewers * costOfOne), delayMs: 5 };
        clock.advance(SAMPLE_MS);
      }
      return viewers;
    };
    const cheap = settle(1 / 1000);
    assert.ok(cheap > 750 && cheap <= 860, `${cheap}`);
    viewers = VIEWERS_ALWAYS;
    load = idle;
    pass(20);
    const dear = settle(1 / 100);
    assert.ok(dear < 350, `${dear}`);
  });

  it('asks for nothing any more once it is closed', () => {
    capacity.close();
    load = { busy: 1, delayMs: 500 };
    pass(5);
    assert.equal(capacity.take(), 0);
  });
});
