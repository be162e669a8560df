import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { skipWithout } from '#tests/support/backend.ts';
import { PowerLosses } from '#tests/support/power-loss/losses.ts';
import { powerLossShim } from '#tests/support/power-loss/shim.ts';

const shim = powerLossShim();

/** A small run of the bench of the same name, which also measures how much of a recording is lost. */
describe('a server that loses power', { skip: skipWithout('C compiler', shim !== null) }, () => {
  const options = { shim: shim!, cuts: 10, cutsPerLife: 5, writes: 300, seed: 47, tell: console.error };

  it('keeps what it acknowledged, and gives no number twice', async () => {
    const { lostAcknowledged, sequenceRepeats, cuts, acknowledged, wholeStarts } = await new PowerLosses(
      options,
    ).measure();
    assert.deepEqual({ lostAcknowledged, sequenceRepeats }, { lostAcknowledged: 0, sequenceRepeats: 0 });
    assert.ok(cuts === 10 && acknowledged >= 300 && wholeStarts > 0);
  });

  it('would be seen to lose it, if commits were not synced', async () => {
    const { lostAcknowledged } = await new PowerLosses({
      ...options,
      cuts: 4,
      writes: 150,
      synchronous: 'normal',
    }).measure();
    assert.ok(lostAcknowledged > 0);
  });
});
