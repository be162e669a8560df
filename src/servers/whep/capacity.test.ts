import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { placeOf } from '#base/address.ts';
import { FakeClock } from '#base/fake-clock.ts';
import {
  JOIN_WAIT_MS,
  JOINS_WAITING_MAX,
  type Load,
  MeasuredCapacity,
  RETRY_AFTER_S,
  SAMPLE_MS,
  VIEWERS_ALWAYS,
} from './capacity.ts';

const idle: Load = { busy: 0.05, delayMs: 1 };
const full: Load = { busy: 0.95, delayMs: 5 };
const here = placeOf('192.0.2.1');
const elsewhere = placeOf('192.0.2.2');

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

  /** What came of a join so far: null while it waits. */
  const ask = (place = here) => {
    const asked: { waitS: number | null } = { waitS: null };
    void capacity.join(place).then(waitS => {
      asked.waitS = waitS;
      if (waitS === 0) viewers++;
    });
    return asked;
  };
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  const pass = async (seconds: number) => {
    clock.advance(seconds * 1000);
    await settle();
  };
  /** How many of so many joins at once are let in at once. */
  const crowd = async (wanted: number): Promise<number> => {
    const asked = Array.from({ length: wanted }, () => ask());
    await settle();
    return asked.filter(({ waitS }) => waitS === 0).length;
  };
  /** What is left of it after its time is refused. */
  const turnedAway = async () => {
    const asked = ask();
    await settle();
    assert.equal(asked.waitS, null);
    await pass(JOIN_WAIT_MS / 1000);
    return asked.waitS;
  };

  it('an idle machine has room', async () => {
    await pass(5);
    const asked = ask();
    await settle();
    assert.equal(asked.waitS, 0);
  });

  it('80 at once find room while this process is idle, however busy the machine is', async () => {
    load = { busy: 0.2, delayMs: 90 };
    await pass(5);
    assert.equal(await crowd(80), 80);
  });

  it('who finds none waits a moment, then is told when to ask again', async () => {
    load = full;
    await pass(10);
    assert.equal(capacity.isFull, true);
    assert.equal(await turnedAway(), RETRY_AFTER_S);
    assert.equal(capacity.waiting, 0);
  });

  it('who waits is let in as soon as there is room, and those who come then do not overtake', async () => {
    load = full;
    await pass(10);
    const [first, second] = [ask(), ask()];
    load = { busy: 0.1, delayMs: 1 };
    await pass(SAMPLE_MS / 1000);
    assert.deepEqual([first.waitS, second.waitS], [0, 0]);
  });

  it('is full where every turn of the loop is so late that pictures stand still', async () => {
    load = { busy: 0.1, delayMs: 400 };
    await pass(5);
    assert.equal(await turnedAway(), RETRY_AFTER_S);
  });

  it('a few viewers are let in however busy it is: they are not the cause', async () => {
    load = { busy: 1, delayMs: 400 };
    await pass(5);
    viewers = VIEWERS_ALWAYS - 1;
    assert.equal(await crowd(3), 1);
  });

  it('one long pause is not a lack of capacity', async () => {
    await pass(5);
    load = { busy: 1, delayMs: 200 };
    await pass(SAMPLE_MS / 1000);
    load = idle;
    assert.equal(await crowd(1), 1);
  });

  it('a crowd that comes between two samples is counted in before it shows', async () => {
    await pass(5);
    const joined = await crowd(900);
    assert.ok(joined > 150 && joined < 300, `${joined}`);
  });

  it('viewers that turn out to be cheap make room for more, dear ones for fewer', async () => {
    const fill = async (costOfOne: number): Promise<number> => {
      for (let i = 0; i < 200; i++) {
        await crowd(50);
        load = { busy: Math.min(1, viewers * costOfOne), delayMs: 5 };
        await pass(SAMPLE_MS / 1000);
      }
      return viewers;
    };
    const cheap = await fill(1 / 1000);
    assert.ok(cheap > 750 && cheap <= 860, `${cheap}`);
    viewers = VIEWERS_ALWAYS;
    load = idle;
    await pass(20);
    const dear = await fill(1 / 100);
    assert.ok(dear < 350, `${dear}`);
  });

  it('a stranger who fills the queue turns himself away, and others have their turn before his many', async () => {
    load = full;
    await pass(10);
    const his = Array.from({ length: JOINS_WAITING_MAX + 10 }, () => ask(elsewhere));
    const ours = ask(here);
    await settle();
    assert.equal(capacity.waiting, JOINS_WAITING_MAX);
    assert.equal(ours.waitS, null);
    assert.equal(his.filter(({ waitS }) => waitS === RETRY_AFTER_S).length, 11);
    load = { busy: 0.1, delayMs: 1 };
    await pass(SAMPLE_MS / 1000);
    assert.equal(ours.waitS, 0);
    const letIn = his.filter(({ waitS }) => waitS === 0).length;
    assert.ok(letIn > 0 && letIn < 20, `there is room for a few: ${letIn}`);
  });

  it('who waits when it closes is turned away', async () => {
    load = full;
    await pass(10);
    const asked = ask();
    capacity.close();
    await settle();
    assert.equal(asked.waitS, RETRY_AFTER_S);
  });
});
