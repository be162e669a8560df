import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newBroadcast } from '#tests/support/new-broadcast.ts';
import { startFileNginx } from '#tests/support/nginx.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { until } from '#tests/support/until.ts';
import { type Load, startFilm, startLoad } from './load/start.ts';

const CONNECTIONS = 32;
const REQUESTS = 60_000;
/** Rounds are alternated, so that what else the machine does falls on both. */
const ROUNDS = 3;

interface Contender {
  readonly url: string;
  cpuSeconds(): Promise<number>;
}

interface Figures {
  ratioToNginx: number;
  responsesPerCpuSecond: number;
  nginxResponsesPerCpuSecond: number;
}

/** Parts and blocking playlists per CPU second, against nginx serving the same bytes as files, one process each. */
export async function measure(): Promise<Figures> {
  const server = await startServerProcess();
  const files = await mkdtemp(path.join(tmpdir(), 'skylark-files-'));
  const nginx = await startFileNginx(files);
  const load = startLoad('http-get.ts', String(CONNECTIONS));
  try {
    await load.nextLine();
    const paths = await makeStream(server.url);
    const copies = await Promise.all(paths.map((file, i) => copy(server.url + file, files, `${i}`)));
    const own: number[] = [];
    const others: number[] = [];
    await perCpuSecond(load, server, paths, REQUESTS / 10);
    for (let round = 0; round < ROUNDS; round++) {
      own.push(await perCpuSecond(load, server, paths, REQUESTS));
      others.push(await perCpuSecond(load, nginx, copies, REQUESTS));
    }
    const [ours, theirs] = [Math.max(...own), Math.max(...others)];
    return {
      ratioToNginx: Math.round((ours / theirs) * 100) / 100,
      responsesPerCpuSecond: Math.round(ours),
      nginxResponsesPerCpuSecond: Math.round(theirs),
    };
  } finally {
    await load.stop();
    await nginx.close();
    await server.close();
    await rm(files, { recursive: true });
  }
}

/**
 * A broadcast whose publisher is gone, so that the CPU is that of serving alone, and what it serves stays what it is while
 * it is interrupted: the last video and audio parts, and the answers to the blocking reloads that wait for them.
 */
async function makeStream(url: string): Promise<string[]> {
  const broadcast = await newBroadcast(url, 'ana');
  const film = startFilm(broadcast, 2);
  const folder = `/hls/${broadcast.id}`;
  const playlist = `${url}${folder}/video/index.m3u8`;
  await until('three segments', async () => /^3\.m4s$/m.test(await textOf(playlist)), 40_000);
  await film.kill();
  const paths: string[] = [];
  for (const rendition of ['video', 'audio'])
    for (const [, msn, part] of (await textOf(`${url}${folder}/${rendition}/index.m3u8`)).matchAll(
      /#EXT-X-PART:.*URI="(\d+)\.(\d+)\.m4s"/g,
    )) {
      paths.push(`${folder}/${rendition}/${msn}.${part}.m4s`);
      paths.push(`${folder}/${rendition}/index.m3u8?_HLS_msn=${msn}&_HLS_part=${part}`);
    }
  return paths;
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** The answer's body as it goes over the wire, kept in a file; gives its path. */
async function copy(url: string, folder: string, name: string): Promise<string> {
  const compressed = url.includes('m3u8');
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const body = compressed ? (await import('node:zlib')).gzipSync(bytes) : bytes;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, name), body);
  return `/${name}`;
}

async function perCpuSecond(
  load: Load,
  contender: Contender,
  paths: readonly string[],
  count: number,
): Promise<number> {
  const from = await contender.cpuSeconds();
  const answered = Number(await load.ask(JSON.stringify({ url: contender.url, paths, count })));
  return answered / ((await contender.cpuSeconds()) - from);
}
