import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AssertionError } from '#base/assert.ts';
import { BUS_MESSAGE_BYTES_MAX, BUS_TOPICS_MAX, type Bus } from './bus.ts';

/** What every bus keeps. `open` gives one. */
export function describeBus(name: string, open: () => Promise<Bus>): void {
  describe(`bus: ${name}`, () => {
    let bus: Bus;
    beforeEach(async () => {
      bus = await open();
    });
    afterEach(() => bus.close());

    /** Resolves with what a topic brings until `count` messages came. */
    const collect = (topic: string, count: number) => {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      const messages: unknown[] = [];
      bus.subscribe(topic, message => {
        if (messages.push(message) === count) resolve(messages);
      });
      return promise;
    };

    it('brings messages to every subscriber of the topic, in order, and to no other topic', async () => {
      const first = collect('room:a', 3);
      const second = collect('room:a', 3);
      const other = collect('room:b', 1);
      for (const n of [1, 2, 3]) bus.publish('room:a', { n });
      bus.publish('room:b', 'only');
      const expected = [{ n: 1 }, { n: 2 }, { n: 3 }];
      assert.deepEqual(await Promise.all([first, second, other]), [expected, expected, ['only']]);
    });

    it('brings one message to each of many topics, in order with what else is published to them', async () => {
      const [first, last] = [collect('user:0', 3), collect('user:999', 3)];
      bus.subscribe('user:other', () => assert.fail('not one of them'));
      const topics = Array.from({ length: BUS_TOPICS_MAX }, (_, n) => `user:${n}`);
      bus.publish('user:0', 'before');
      bus.publishEach(topics, { n: 1 });
      bus.publishEach([], 'to nobody');
      bus.publishEach(topics.toReversed(), { n: 2 });
      bus.publish('user:999', 'after');
      assert.deepEqual(await first, ['before', { n: 1 }, { n: 2 }]);
      assert.deepEqual(await last, [{ n: 1 }, { n: 2 }, 'after']);
    });

    it('asserts that one message does not go to more topics than it may', () => {
      const topics = Array.from({ length: BUS_TOPICS_MAX + 1 }, (_, n) => `user:${n}`);
      assert.throws(() => bus.publishEach(topics, 1), AssertionError);
    });

    it('shows a late subscriber nothing old', async () => {
      const early = collect('t', 2);
      bus.publish('t', 'old');
      const late = collect('t', 1);
      bus.publish('t', 'new');
      assert.deepEqual(await early, ['old', 'new']);
      assert.deepEqual(await late, ['new']);
    });

    it('brings nothing to a subscription that was closed, also when it is closed twice', async () => {
      const closed = bus.subscribe('t', () => assert.fail('closed'));
      const seen = collect('t', 1);
      await closed.close();
      await closed.close();
      bus.publish('t', 1);
      assert.deepEqual(await seen, [1]);
    });

    it('brings nothing that arrives after a subscriber closed itself', async () => {
      const got: unknown[] = [];
      const subscription = bus.subscribe('t', message => {
        got.push(message);
        void subscription.close();
      });
      const all = collect('t', 2);
      bus.publish('t', 1);
      bus.publish('t', 2);
      await all;
      assert.deepEqual(got, [1]);
    });

    it('does not run a subscriber inside publish', async () => {
      let inside = true;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      bus.subscribe('t', () => resolve(inside));
      bus.publish('t', 1);
      inside = false;
      assert.equal(await promise, false);
    });

    it('lets a subscriber that throws harm nobody else', async () => {
      bus.subscribe('t', () => {
        throw new Error('broken subscriber');
      });
      const seen = collect('t', 2);
      bus.publish('t', 1);
      bus.publish('t', 2);
      assert.deepEqual(await seen, [1, 2]);
    });

    it('gives each subscriber a copy', async () => {
      const message = { names: ['a'] };
      const { promise, resolve } = Promise.withResolvers<unknown>();
      bus.subscribe('t', received => (received as typeof message).names.push('mine'));
      bus.subscribe('t', resolve);
      bus.publish('t', message);
      message.names.push('later');
      assert.deepEqual(await promise, { names: ['a'] });
    });

    it('asserts that a message is JSON and within its maximum', async () => {
      const fits = 'ü'.repeat((BUS_MESSAGE_BYTES_MAX - 2) / 2);
      const seen = collect('t', 1);
      bus.publish('t', fits);
      assert.deepEqual(await seen, [fits]);
      assert.throws(() => bus.publish('t', `${fits}ü`), AssertionError);
      assert.throws(() => bus.publish('t', undefined), AssertionError);
    });

    it('is silent after it was closed', async () => {
      bus.subscribe('t', () => assert.fail('closed'));
      await bus.close();
      bus.publish('t', 1);
      await new Promise(resolve => setImmediate(resolve));
    });
  });
}
