import { setTimeout as sleep } from 'node:timers/promises';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { until } from '#tests/support/until.ts';
import { LAYERS } from './load/layer-films.ts';
import { type Load, startFilm, startLoad } from './load/start.ts';

const SETTLE_MS = 3_000;
const MEASURE_MS = 20_000;

/**
 * Cores that one broadcast costs the server, all of its threads, with LL-HLS, AAC and recording, and no viewer: of one
 * 1280x720 at 2.5 Mbit/s, and of three simulcast layers at 2.5, 0.8 and 0.2 Mbit/s.
 */
export async function measure(): Promise<{ coresPerBroadcast: { single: number; simulcast3: number } }> {
  const server = await startServerProcess();
  try {
    const ana = await newBroadcast(server.url, 'ana');
    const ben = await newBroadcast(server.url, 'ben');
    const idle = await cores(server);
    const film = () => startFilm(ana, 2);
    const layers = () => startLoad('simulcast-publisher.ts', ben.whipUrl, ben.publishToken);
    const single = (await coresOf(server, ana, 1, film)) - idle;
    const simulcast3 = (await coresOf(server, ben, LAYERS.length, layers)) - idle;
    return { coresPerBroadcast: { single: rounded(single), simulcast3: rounded(simulcast3) } };
  } finally {
    await server.close();
  }
}

async function coresOf(
  server: ServerProcess,
  broadcast: NewBroadcast,
  variants: number,
  publish: () => Load,
): Promise<number> {
  const load = publish();
  try {
    const playlist = `${server.url}/hls/${broadcast.id}/index.m3u8`;
    await until('every layer plays', async () => (await variantsOf(playlist)) === variants, 40_000);
    await sleep(SETTLE_MS);
    return await cores(server);
  } finally {
    await load.stop();
    await broadcast.end();
  }
}

async function variantsOf(playlist: string): Promise<number> {
  const response = await fetch(playlist);
  return response.ok ? ((await response.text()).match(/^#EXT-X-STREAM-INF:/gm)?.length ?? 0) : 0;
}

async function cores(server: ServerProcess): Promise<number> {
  const [fromMs, fromS] = [performance.now(), await server.cpuSeconds()];
  await sleep(MEASURE_MS);
  return (((await server.cpuSeconds()) - fromS) * 1000) / (performance.now() - fromMs);
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
