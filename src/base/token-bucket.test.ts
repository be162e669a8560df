import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from './fake-clock.ts';
import { TokenBuckets } from './token-bucket.ts';

describe('token buckets', () => {
  it('lets a burst through, then as many as come back, and says how long to wait', () => {
    const clock = new FakeClock();
    const buckets = new TokenBuckets(clock, { burst: 2, perSecond: 0.5 }, 10);
    assert.deepEqual([buckets.take('a'), buckets.take('a'), buckets.take('a')], [0, 0, 2]);
    clock.advance(1000);
    assert.equal(buckets.take('a'), 1);
    clock.advance(1000);
    assert.equal(buckets.take('a'), 0);
    assert.equal(buckets.take('b'), 0, 'another key has its own');
  });

  it('never holds more than a burst, however long the rest', () => {
    const clock = new FakeClock();
    const buckets = new TokenBuckets(clock, { burst: 1, perSecond: 1 }, 10);
    buckets.take('a');
    clock.advance(60_000);
    assert.deepEqual([buckets.take('a'), buckets.take('a')], [0, 1]);
  });

  it('forgets the key that was longest without a take when it is full', () => {
    const buckets = new TokenBuckets(new FakeClock(), { burst: 1, perSecond: 1 }, 2);
    buckets.take('a');
    buckets.take('b');
    buckets.take('a');
    buckets.take('c');
    assert.equal(buckets.take('a'), 1, 'a was used last and is remembered');
    assert.equal(buckets.take('b'), 0, 'b was forgotten');
  });
});
