import { setTimeout as sleep } from 'node:timers/promises';
import { newBroadcast } from '#tests/support/new-broadcast.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { until } from '#tests/support/until.ts';
import { type Load, startFilm, startLoad } from './load/start.ts';

/** Fewer than a core can carry: the load generators share the machine, and need more than the server does. */
const VIEWERS = 80;
const LOADS = 2;
const SETTLE_MS = 3_000;
const MEASURE_MS = 15_000;

interface Figures {
  /** Packets that arrived at viewers for each second of the server's CPU, beyond what the broadcast itself costs. */
  readonly packetsPerSecondPerCore: number;
  readonly packetsPerSecond: number;
  /** Of the packets that the server says it sent. */
  readonly arrived: number;
  /** All threads of the server's process, user and system: without viewers, and with them. */
  readonly cores: { readonly alone: number; readonly watched: number };
}

export async function measure(): Promise<Figures> {
  const server = await startServerProcess();
  const broadcast = await newBroadcast(server.url, 'ana');
  const film = startFilm(broadcast, 2);
  try {
    const playlist = `${server.url}/hls/${broadcast.id}/index.m3u8`;
    await until('the broadcast plays', async () => (await fetch(playlist)).ok);
    await sleep(SETTLE_MS);
    const alone = await window(server.cpuSeconds, async () => 0);
    const loads = await Promise.all(Array.from({ length: LOADS }, () => watch(server.url, broadcast.id)));
    try {
      await sleep(SETTLE_MS);
      const sentBefore = await sentPackets(server.url);
      const watched = await window(server.cpuSeconds, async () => {
        const counts = await Promise.all(loads.map(load => load.ask()));
        return counts.reduce((sum, count) => sum + Number(count), 0);
      });
      const sent = (await sentPackets(server.url)) - sentBefore;
      return {
        packetsPerSecondPerCore: Math.round(watched.perSecond / (watched.cores - alone.cores)),
        packetsPerSecond: Math.round(watched.perSecond),
        arrived: round(watched.count / sent),
        cores: { alone: round(alone.cores), watched: round(watched.cores) },
      };
    } finally {
      await Promise.all(loads.map(load => load.stop()));
    }
  } finally {
    await film.stop();
    await server.close();
  }
}

async function watch(url: string, broadcastId: string): Promise<Load> {
  const load = startLoad('whep-viewers.ts', `${url}/whep/${broadcastId}`, String(VIEWERS / LOADS));
  await load.nextLine();
  return load;
}

async function sentPackets(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^skylark_whep_packets_total (\d+)/m.exec(metrics)![1]);
}

const round = (figure: number): number => Math.round(figure * 1000) / 1000;

/** How fast a count grows, and the CPU that went into it. */
async function window(
  cpuSeconds: () => Promise<number>,
  count: () => Promise<number>,
): Promise<{ cores: number; count: number; perSecond: number }> {
  const [fromMs, fromS, from] = [performance.now(), await cpuSeconds(), await count()];
  await sleep(MEASURE_MS);
  const [to, toS] = [await count(), await cpuSeconds()];
  const seconds = (performance.now() - fromMs) / 1000;
  return { cores: (toS - fromS) / seconds, count: to - from, perSecond: (to - from) / seconds };
}
