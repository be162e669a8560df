import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { createWebcodecsTranscoder } from '#adapters/transcoder-webcodecs/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/log.ts';
import { encodeOpus, sine } from '#tests/support/media.ts';
import { AudioPath } from './audio-path.ts';

const RATE = 48_000;

test('a codec that dies is started again, and the audio goes on where it is', async () => {
  const clock = new FakeClock();
  const failed = Promise.withResolvers<void>();
  const log = { ...silentLogger, error: () => failed.resolve() };
  const transcoder = createWebcodecsTranscoder({ log: silentLogger });
  const workers: Worker[] = [];
  const remember = (worker: Worker) => workers.push(worker);
  process.on('worker', remember);
  const positions: number[] = [];
  const heard = Promise.withResolvers<void>();
  const unit = (aac: { pts: number }) => {
    positions.push(aac.pts);
    heard.resolve();
  };
  const path = new AudioPath({ channels: 2, transcoder, clock, log, unit });
  const input = await encodeOpus(sine(4, 2), 2);
  const feed = (from: number, to: number) => {
    for (const opus of input) if (opus.pts >= from * RATE && opus.pts < to * RATE) path.unit(opus);
  };
  feed(0, 1);
  await heard.promise;
  await workers[0]?.terminate();
  await failed.promise;
  feed(1, 1.5); // nobody takes these: they become silence
  clock.advance(1000);
  feed(2, 3);
  await path.finish();
  assert.ok(positions.at(-1)! > 2.9 * RATE, `${positions.at(-1)}`);
  assert.ok(positions.every((position, i) => i === 0 || position > positions[i - 1]!));
  process.off('worker', remember);
  await transcoder.close();
});

test('a codec that never starts is given up after some attempts, and finishing still resolves', async () => {
  const clock = new FakeClock();
  let attempts = 0;
  const transcoder = createWebcodecsTranscoder({ log: silentLogger });
  await transcoder.close(); // refuses everything
  let next = Promise.withResolvers<void>();
  const log = {
    ...silentLogger,
    error: () => {
      attempts++;
      next.resolve();
    },
  };
  const path = new AudioPath({ channels: 2, transcoder, clock, log, unit: () => {} });
  for (let i = 0; i < 6; i++) {
    await next.promise;
    next = Promise.withResolvers();
    clock.advance(1000);
  }
  const finished = path.finish();
  clock.advance(10_000);
  await finished;
  assert.equal(attempts, 6);
});
