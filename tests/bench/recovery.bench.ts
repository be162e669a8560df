import { percentile } from '#tests/support/glass-clock.ts';
import { type Kill, KilledServer } from '#tests/support/killed-server.ts';
import { Seeded } from '#tests/support/seeded.ts';

/** `KILLS` in the environment makes a shorter run. */
const KILLS_DEFAULT = 100;
/** A kill comes at any moment of a segment, which is about two seconds long. */
const KILL_AFTER_MS_MAX = 2500;

/** One broadcast whose server is killed again and again, and whose publisher comes back each time. */
export async function measure(): Promise<Record<string, number>> {
  const count = Number(process.env.KILLS ?? KILLS_DEFAULT);
  const random = new Seeded(100);
  const server = await KilledServer.open();
  const kills: Kill[] = [];
  try {
    while (kills.length < count) {
      await server.publish();
      kills.push(await server.kill(random.below(KILL_AFTER_MS_MAX)));
    }
  } finally {
    await server.close();
  }
  const lost = kills.map(kill => kill.lostMs);
  const playable = kills.map(kill => kill.playableAfterMs);
  return {
    kills: count,
    lostMsMax: Math.round(Math.max(...lost)),
    lostMsP95: Math.round(percentile(lost, 0.95)),
    playableAfterMsP95: Math.round(percentile(playable, 0.95)),
    playableAfterMsMax: Math.round(Math.max(...playable)),
  };
}
