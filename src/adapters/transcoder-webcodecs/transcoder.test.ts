import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { silentLogger as log } from '#base/log.ts';
import { describeTranscoder } from '#ports/transcoder.suite.ts';
import { decodeAac, encodeOpus, sine } from '#tests/support/media.ts';
import { createWebcodecsTranscoder } from './index.ts';

describeTranscoder('webcodecs', () => createWebcodecsTranscoder({ log }), { encodeOpus, decodeAac });

test('a closed transcoder starts nothing more', async () => {
  const transcoder = createWebcodecsTranscoder({ log });
  await transcoder.close();
  const events = { unit: () => {}, failed: () => {} };
  await assert.rejects(transcoder.opusToAac(2, events), /closed/);
});

test('closing the transcoder while it works ends its sessions and its thread', async () => {
  const transcoder = createWebcodecsTranscoder({ log });
  const events = { unit: () => {}, failed: () => {} };
  const session = await transcoder.opusToAac(2, events);
  for (const unit of await encodeOpus(sine(1, 2), 2)) session.push(unit);
  const flush = assert.rejects(session.flush(), /closed/);
  await transcoder.close();
  await flush;
});

test('the death of the worker fails its sessions, and the next session has another worker', async () => {
  const transcoder = createWebcodecsTranscoder({ log });
  const workers: Worker[] = [];
  const remember = (worker: Worker) => workers.push(worker);
  process.on('worker', remember);
  const failure = Promise.withResolvers<Error>();
  const first = await transcoder.opusToAac(2, { unit: () => {}, failed: failure.resolve });
  await workers[0]?.terminate();
  assert.match((await failure.promise).message, /ended/);
  await assert.rejects(first.flush());
  const units: number[] = [];
  const second = await transcoder.opusToAac(2, { unit: unit => units.push(unit.pts), failed: () => {} });
  for (const unit of await encodeOpus(sine(0.5, 2), 2)) second.push(unit);
  await second.flush();
  assert.ok(units.length > 20);
  process.off('worker', remember);
  await transcoder.close();
});
