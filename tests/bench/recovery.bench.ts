import { percentile } from '#tests/support/glass-clock.ts';
import { type Kill, KilledServer, type KillMoment } from '#tests/support/killed-server.ts';
import { Seeded } from '#tests/support/seeded.ts';

/** `KILLS` in the environment makes a shorter run. */
const KILLS_DEFAULT = 100;
/** A segment is about two seconds long. */
const SEGMENT_MS = 2500;
/** A part is 200 ms long; a segment is kept within less. */
const PART_MS = 200;

/** One broadcast whose server is killed again and again, and whose publisher comes back each time. */
export async function measure(): Promise<Record<string, number>> {
  const count = Number(process.env.KILLS ?? KILLS_DEFAULT);
  const random = new Seeded(100);
  const server = await KilledServer.open();
  const kills: Kill[] = [];
  try {
    while (kills.length < count) {
      await server.publish();
      const [moment, afterMs] = momentOf(kills.length, random);
      const kill = await server.kill(moment, afterMs);
      kills.push(kill);
      console.error(`kill ${kills.length}, ${moment} + ${afterMs} ms: ${inWords(kill)}`);
    }
  } finally {
    await server.close();
  }
  const of = (name: keyof Kill) => kills.map(kill => Math.round(kill[name])).sort((a, b) => a - b);
  return {
    kills: count,
    lostMsMax: of('lostMs').at(-1)!,
    lostMsP95: percentile(of('lostMs'), 0.95),
    playableAfterMsP95: percentile(of('playableAfterMs'), 0.95),
    playableAfterMsMax: of('playableAfterMs').at(-1)!,
    servingAfterMsP95: percentile(of('servingAfterMs'), 0.95),
  };
}

/** Half of the kills come at any time of a segment; the others at what happens in it, and just after it. */
function momentOf(index: number, random: Seeded): [moment: KillMoment, afterMs: number] {
  if (index % 2 === 0) return ['any', random.below(SEGMENT_MS)];
  const moments = ['segment', 'part', 'segment', 'live'] as const;
  return [moments[((index - 1) / 2) % moments.length]!, random.below(PART_MS)];
}

function inWords({ lostMs, playableAfterMs, servingAfterMs }: Kill): string {
  const [lost, serving, playable] = [lostMs, servingAfterMs, playableAfterMs].map(Math.round);
  return `lost ${lost} ms, serving after ${serving} ms, playable after ${playable} ms`;
}
