import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger as log } from '#base/log.ts';
import { Slices } from '#base/slices.ts';
import type { ServerFrame, SocketEvent } from '#contract/socket/frames.ts';
import type { Bus } from '#ports/bus.ts';
import { TICK_MS } from './limits.ts';
import { Topic, type TopicMember } from './topic.ts';
import type { TopicSource } from './topic-source.ts';

const NAME = 'room:x';
/** Of the processor, for one write; with it a slice is two sockets. */
const WRITE_MS = 1;

/** Durable events that are numbers, as hinted. */
function numbers(): TopicSource {
  let known = 0;
  let taken = 0;
  const event = (seq: number) => ({ type: 'comment', comment: { seq } }) as unknown as SocketEvent;
  return {
    start: async () => 0,
    head: async () => known,
    hint: message => {
      known = message as number;
    },
    expect() {},
    get isDue() {
      return known > taken;
    },
    async take(seq) {
      const events = Array.from({ length: known - seq }, (_, i) => event(seq + 1 + i));
      taken = known;
      return { seq: known, events };
    },
    async read(after, limit) {
      const events = Array.from({ length: Math.min(limit, taken - after) }, (_, i) => after + 1 + i);
      return { events: events.map(seq => ({ seq, event: event(seq) })), lastSeq: after + events.length };
    },
    welcome: () => [],
  };
}

describe('a topic with more sockets than a slice holds', () => {
  let clock: FakeClock;
  let bus: Bus;
  let turns: (() => void)[];
  let topic: Topic;

  beforeEach(() => {
    clock = new FakeClock();
    bus = createLocalBus({ log });
    turns = [];
    const slices = new Slices({ clock, afterInput: run => void turns.push(run) });
    const emptied = () => {};
    topic = new Topic({ name: NAME, source: numbers(), bus, clock, slices, log, label: NAME, emptied });
  });
  afterEach(() => bus.close());

  /** Everything that was told and is due, up to what waits for the next turn. */
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const tell = async (seq: number) => {
    bus.publish(NAME, seq);
    await settle();
    const waiting = turns.length;
    clock.advance(TICK_MS);
    await settle();
    if (turns.length > waiting) await turn(); // reads what it is about to tell
  };
  const turn = async () => {
    turns.shift()!();
    await settle();
  };
  const finish = async () => {
    while (turns.length > 0) await turn();
  };

  class Listener implements TopicMember {
    readonly heard: number[] = [];
    frames = 0;
    isWanted = true;
    onWrite = () => {};

    write(bytes: Buffer): void {
      const frame = JSON.parse(bytes.subarray(bytes[1]! < 126 ? 2 : 4).toString()) as ServerFrame;
      this.frames++;
      for (const event of frame.events) this.heard.push((event as { comment: { seq: number } }).comment.seq);
      clock.advance(WRITE_MS);
      this.onWrite();
    }

    async written(bytes: Buffer): Promise<void> {
      this.write(bytes);
    }
  }

  const crowd = async (count: number): Promise<Listener[]> => {
    const listeners = Array.from({ length: count }, () => new Listener());
    for (const listener of listeners) await topic.join(listener, undefined);
    return listeners;
  };

  it('gives every socket every frame in order; what comes meanwhile waits and shares one', async () => {
    const listeners = await crowd(7);
    await tell(1);
    await turn();
    const reached = () => listeners.map(({ heard }) => heard.length);
    assert.deepEqual(reached(), [1, 1, 0, 0, 0, 0, 0], 'packets get through between two slices');
    await tell(2);
    await tell(3);
    await turn();
    assert.deepEqual(
      reached(),
      [1, 1, 1, 1, 0, 0, 0],
      'the next frame waits for the last socket of this one',
    );
    await finish();
    await tell(3);
    await finish();
    for (const { heard, frames } of listeners) {
      assert.deepEqual(heard, [1, 2, 3]);
      assert.equal(frames, 3, 'the welcome, the first, and one for both that came meanwhile');
    }
  });

  it('who joins while a frame is under way has it once, and the next', async () => {
    const listeners = await crowd(4);
    await tell(1);
    await turn();
    const late = new Listener();
    const later = topic.join(late, 0);
    await settle();
    await later;
    await finish();
    await tell(2);
    await finish();
    assert.deepEqual(late.heard, [1, 2]);
    for (const { heard } of listeners) assert.deepEqual(heard, [1, 2]);
  });

  it('who leaves or breaks off while a frame is under way gets no more of it, and harms nobody', async () => {
    const listeners = await crowd(6);
    const [first, , , , fifth, last] = listeners;
    first!.onWrite = () => topic.leave(last!);
    await tell(1);
    await turn();
    fifth!.isWanted = false;
    topic.leave(fifth!);
    await finish();
    await tell(2);
    await finish();
    assert.deepEqual(
      listeners.map(({ heard }) => heard),
      [[1, 2], [1, 2], [1, 2], [1, 2], [], []],
    );
  });

  it('ends with its last socket, in the middle of a frame too', async () => {
    const listeners = await crowd(4);
    await tell(1);
    await turn();
    for (const listener of listeners) topic.leave(listener);
    await finish();
    await tell(2);
    assert.equal(turns.length, 0);
  });
});
