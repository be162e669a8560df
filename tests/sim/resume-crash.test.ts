import { describe, it } from 'node:test';
import { KilledBroadcast } from '#tests/support/killed-broadcast.ts';
import { Seeded } from '#tests/support/seeded.ts';

const BROADCASTS = 60;
const SECONDS_MAX = 6;

describe('a broadcast of three layers, killed at any step of its storage and resumed', () => {
  it(`loses no part, breaks no rule and gives no URL to other bytes, ${BROADCASTS} times`, async () => {
    const steps = await stepsOfALife();
    for (let run = 0; run < BROADCASTS; run++) {
      const random = new Seeded(104_729 * (run + 1));
      try {
        await liveThroughCrashes(random, steps);
      } catch (cause) {
        throw new Error(`run ${run}, seed ${random.seed}`, { cause });
      }
    }
  });
});

async function liveThroughCrashes(random: Seeded, steps: number): Promise<void> {
  const broadcast = await KilledBroadcast.open(random);
  try {
    const crashes = 1 + random.below(3);
    for (let crash = 0; crash < crashes; crash++) {
      await broadcast.publish(SECONDS_MAX, 1 + random.below(steps));
      await broadcast.restart(random.chance(0.3) ? 1 + random.below(8) : null);
    }
    if (random.chance(0.7)) await broadcast.publish(1 + random.below(SECONDS_MAX), Number.POSITIVE_INFINITY);
    await broadcast.end();
  } finally {
    await broadcast.close();
  }
}

async function stepsOfALife(): Promise<number> {
  const broadcast = await KilledBroadcast.open(new Seeded(1));
  await broadcast.publish(SECONDS_MAX, Number.POSITIVE_INFINITY);
  await broadcast.close();
  return broadcast.steps;
}
