import assert from 'node:assert/strict';
import { test } from 'node:test';
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
