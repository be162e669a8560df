import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, silentLogger } from '#base/log.ts';
import { HELD_MS, LoopMeter, measureLoop } from './loop-meter.ts';
import { createMetrics } from './metrics.ts';

interface Line {
  readonly by: string;
  readonly processorMs: number;
}

describe('the meter of the event loop', () => {
  let lines: Line[];
  let meter: LoopMeter;

  beforeEach(() => {
    lines = [];
    const log: Logger = { ...silentLogger, warn: fields => void lines.push(fields as Line) };
    meter = new LoopMeter(log);
  });
  afterEach(() => meter.close());

  /** Of this thread's processor time, whatever else the machine does. */
  const work = (ms: number) => {
    const from = process.threadCpuUsage();
    let spentMs = 0;
    while (spentMs < ms + 1) {
      const { user, system } = process.threadCpuUsage(from);
      spentMs = (user + system) / 1000;
    }
  };
  /** The meter looks once in every turn. */
  const turn = async () => {
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
  };

  it('names who held it, once for many times', async () => {
    for (let i = 0; i < 2; i++) {
      await turn();
      meter.enter('packets');
      work(2);
      meter.enter('job long.one');
      work(HELD_MS);
      meter.enter('packets');
      await turn();
    }
    assert.deepEqual(meter.holds, { 'job long.one': 2 });
    assert.deepEqual(
      lines.map(({ by }) => by),
      ['job long.one'],
    );
    assert.ok(lines[0]!.processorMs > HELD_MS);
  });

  it('says so when it was none of those that are known', async () => {
    await turn();
    meter.enter('packets');
    work(2);
    await turn();
    work(HELD_MS);
    await turn();
    assert.deepEqual(Object.keys(meter.holds), ['other']);
  });

  it('does not take waiting for work', async () => {
    await turn();
    meter.enter('timer');
    await sleep(HELD_MS * 2);
    await turn();
    assert.deepEqual(meter.holds, {});
    assert.deepEqual(lines, []);
  });

  it('keeps no process alive and counts each turn, as a histogram', async () => {
    const metrics = createMetrics();
    measureLoop(metrics, meter);
    await turn();
    const text = await metrics.registry.metrics();
    assert.match(text, /^# TYPE skylark_loop_slice_seconds histogram$/m);
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1]);
    const count = value('skylark_loop_slice_seconds_count');
    assert.ok(count > 0);
    assert.equal(value('skylark_loop_slice_seconds_bucket{le="\\+Inf"}'), count);
    assert.ok(value('skylark_loop_slice_seconds_bucket{le="0.005"}') <= count);
  });
});
