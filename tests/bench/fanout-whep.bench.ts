import { setTimeout as sleep } from 'node:timers/promises';
import { newBroadcast } from '#tests/support/new-broadcast.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { until } from '#tests/support/until.ts';
import { startFilm, startLoad } from './load/start.ts';

/** Fewer than a core can carry: the load generators share the machine, and need more than the server does. */
const VIEWERS = 40;
const SETTLE_MS = 3_000;
const MEASURE_MS = 15_000;

/** Packets sent to WebRTC viewers for each second of the server's CPU, beyond what the broadcast itself costs. */
export async function measure(): Promise<{ packetsPerSecondPerCore: number; packetsPerSecond: number }> {
  const server = await startServerProcess();
  const broadcast = await newBroadcast(server.url, 'ana');
  const film = startFilm(broadcast, 2);
  try {
    const playlist = `${server.url}/hls/${broadcast.id}/index.m3u8`;
    await until('the broadcast plays', async () => (await fetch(playlist)).ok);
    await sleep(SETTLE_MS);
    const alone = await window(server.cpuSeconds, async () => 0);
    const viewers = startLoad('whep-viewers.ts', `${server.url}/whep/${broadcast.id}`, String(VIEWERS));
    try {
      await viewers.nextLine();
      await sleep(SETTLE_MS);
      const watched = await window(server.cpuSeconds, async () => Number(await viewers.ask()));
      return {
        packetsPerSecondPerCore: Math.round(watched.perSecond / (watched.cores - alone.cores)),
        packetsPerSecond: Math.round(watched.perSecond),
      };
    } finally {
      await viewers.stop();
    }
  } finally {
    await film.stop();
    await server.close();
  }
}

/** How fast a count grows, and the CPU that went into it. */
async function window(
  cpuSeconds: () => Promise<number>,
  count: () => Promise<number>,
): Promise<{ cores: number; perSecond: number }> {
  const [fromMs, fromS, from] = [performance.now(), await cpuSeconds(), await count()];
  await sleep(MEASURE_MS);
  const [to, toS] = [await count(), await cpuSeconds()];
  const seconds = (performance.now() - fromMs) / 1000;
  return { cores: (toS - fromS) / seconds, perSecond: (to - from) / seconds };
}
