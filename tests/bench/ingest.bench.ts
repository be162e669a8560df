import { setTimeout as sleep } from 'node:timers/promises';
import { newBroadcast } from '#tests/support/new-broadcast.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { until } from '#tests/support/until.ts';
import { startFilm } from './load/start.ts';

const SETTLE_MS = 3_000;
const MEASURE_MS = 20_000;

/** Cores that one broadcast of 1280x720 at 2.5 Mbit/s costs the server, with LL-HLS, AAC and recording, and no viewer. */
export async function measure(): Promise<{ coresPerBroadcast: { single: number } }> {
  const server = await startServerProcess();
  try {
    const broadcast = await newBroadcast(server.url, 'ana');
    const idle = await cores(server);
    const film = startFilm(broadcast, 2);
    try {
      const playlist = `${server.url}/hls/${broadcast.id}/index.m3u8`;
      await until('the broadcast plays', async () => (await fetch(playlist)).ok);
      await sleep(SETTLE_MS);
      const single = (await cores(server)) - idle;
      return { coresPerBroadcast: { single: Math.round(single * 1000) / 1000 } };
    } finally {
      await film.stop();
    }
  } finally {
    await server.close();
  }
}

async function cores(server: { cpuSeconds(): Promise<number> }): Promise<number> {
  const [fromMs, fromS] = [performance.now(), await server.cpuSeconds()];
  await sleep(MEASURE_MS);
  return (((await server.cpuSeconds()) - fromS) * 1000) / (performance.now() - fromMs);
}
