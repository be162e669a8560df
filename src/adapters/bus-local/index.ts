import { assert } from '#base/assert.ts';
import type { Logger } from '#base/log.ts';
import { BUS_MESSAGE_BYTES_MAX, BUS_TOPICS_MAX, type Bus } from '#ports/bus.ts';

type Receive = (message: unknown) => void;

/** A bus within this process. Messages are copied and arrive after the publisher's own work, as they would from afar. */
export function createLocalBus({ log }: { readonly log: Logger }): Bus {
  const topics = new Map<string, Set<{ receive: Receive }>>();

  const deliver = (topic: string, subscription: { receive: Receive }, text: string): void => {
    if (!topics.get(topic)?.has(subscription)) return;
    try {
      subscription.receive(JSON.parse(text));
    } catch (err) {
      log.error({ err, topic }, 'a subscriber of the bus failed');
    }
  };

  const send = (names: readonly string[], message: unknown): void => {
    const text = encode(message);
    const reached = names.flatMap(topic => {
      const subscriptions = topics.get(topic);
      return subscriptions ? Array.from(subscriptions, subscription => ({ topic, subscription })) : [];
    });
    if (reached.length === 0) return;
    queueMicrotask(() => {
      for (const { topic, subscription } of reached) deliver(topic, subscription, text);
    });
  };

  return {
    publish: (topic, message) => send([topic], message),

    publishEach(names, message) {
      assert(names.length <= BUS_TOPICS_MAX, `one message goes to at most ${BUS_TOPICS_MAX} topics`);
      send(names, message);
    },

    subscribe(topic, receive) {
      const subscription = { receive };
      const subscriptions = topics.get(topic) ?? new Set();
      topics.set(topic, subscriptions.add(subscription));
      return {
        close() {
          subscriptions.delete(subscription);
          if (subscriptions.size === 0 && topics.get(topic) === subscriptions) topics.delete(topic);
        },
      };
    },

    async close() {
      topics.clear();
    },
  };
}

function encode(message: unknown): string {
  const text = JSON.stringify(message);
  assert(text !== undefined, 'a bus message is JSON');
  // A UTF-16 unit takes at most three bytes of UTF-8, so short texts need no counting.
  assert(
    text.length * 3 <= BUS_MESSAGE_BYTES_MAX || Buffer.byteLength(text) <= BUS_MESSAGE_BYTES_MAX,
    `a bus message has at most ${BUS_MESSAGE_BYTES_MAX} bytes`,
  );
  return text;
}
