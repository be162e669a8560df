import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import type { BroadcastId } from '#base/ids.ts';
import { ADMITTED_MS, Admission } from './admission.ts';

const id = 'broadcast' as BroadcastId;

test('a thousand who ask at once are one question, and it is asked again in time', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const admission = new Admission(clock, async () => ++asked === 1);
  const answers = await Promise.all(Array.from({ length: 1000 }, () => admission.admit(id)));
  assert.deepEqual([asked, answers.every(Boolean)], [1, true]);
  clock.advance(ADMITTED_MS);
  assert.equal(await admission.admit(id), false);
});

test('what could not be read is asked for again', async () => {
  let asked = 0;
  const admission = new Admission(new FakeClock(), async () => {
    if (++asked === 1) throw new Error('deliberate');
    return true;
  });
  await assert.rejects(admission.admit(id), /deliberate/);
  assert.equal(await admission.admit(id), true);
});
