import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { attacksOn, DOORS, type Door, type Targets } from './hostile/attacks.ts';
import { findings } from './hostile/findings.ts';
import { startHonest } from './hostile/honest.ts';
import { FILM_FPS } from './load/clock-film.ts';
import { type Load, startLoad } from './load/start.ts';
import { archive, plays } from './stall/rig.ts';
import { readSlices, sliceFigures } from './stall/slices.ts';

/** Broadcasts of the attackers' own. */
const OWN = 8;

interface Row {
  readonly door: Door;
  readonly attack: string;
  readonly addresses: number;
  /** The most while it went on, beyond what there was before. */
  readonly moreMb: number;
  /** A while after it. */
  readonly keptMb: number;
  /** Processor time of the longest turn of the server's loop: the upper bound of its bucket. */
  readonly longestSliceMs: number;
  readonly slicesOver5Ms: number;
  readonly honestMs: number;
  readonly refused: number;
  readonly viewerGapMs: number;
  readonly connections: number;
}

/**
 * What it costs when 1,000 connections do the worst that we can think of to each door, from one address and then from 256, while
 * a viewer watches and somebody honest comes by the same door. Flags: --doors http,hls, --attacks name, --seconds of each,
 * --connections.
 */
export async function measure(): Promise<Record<string, unknown>> {
  const { doors, only, seconds, connections } = readFlags();
  const rig = await open();
  const rows: Row[] = [];
  try {
    const table = attacksOn(rig.targets);
    for (const door of doors)
      for (const attack of Object.keys(table[door]).filter(name => only === undefined || name === only))
        for (const addresses of [1, 256]) {
          const row = await attackOnce(rig, { door, attack, addresses, seconds, connections });
          console.error(`hostile: ${JSON.stringify(row)}`);
          rows.push(row);
        }
  } finally {
    await rig.close();
  }
  console.table(rows);
  const most = (read: (row: Row) => number) => Math.max(...rows.map(read));
  return {
    moreMb: most(row => row.moreMb),
    longestSliceMs: most(row => row.longestSliceMs),
    honestMs: most(row => row.honestMs),
    refused: rows.reduce((sum, row) => sum + row.refused, 0),
    viewerGapMs: most(row => row.viewerGapMs),
    rows,
  };
}

function readFlags() {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      json: { type: 'boolean' },
      doors: { type: 'string', default: DOORS.join(',') },
      attacks: { type: 'string' },
      seconds: { type: 'string', default: '7' },
      connections: { type: 'string', default: '1000' },
    },
  });
  return {
    doors: DOORS.filter(door => values.doors.split(',').includes(door)),
    only: values.attacks,
    seconds: Number(values.seconds),
    connections: Number(values.connections),
  };
}

interface Rig {
  readonly server: ServerProcess;
  readonly targets: Targets;
  readonly viewer: Load;
  readonly attacker: Load;
  close(): Promise<void>;
}

async function open(): Promise<Rig> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skylark-hostile-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const server = await startServerProcess({ SKYLARK_LOG: 'error' });
    closers.push(() => server.close());
    const archived = (await archive(server.url)).map(address => new URL(address).pathname);
    const live = await newBroadcast(server.url, 'onair');
    const film = startLoad('stamped-film.ts', live.whipUrl, live.publishToken, '2', '360');
    closers.push(() => film.stop());
    await plays(server.url, live.id);
    const targets = await targetsOf(server.url, live, archived);
    const file = path.join(folder, 'targets.json');
    await writeFile(file, JSON.stringify(targets));
    const viewer = startLoad('whep-gaps.ts', `${server.url}/whep/${live.id}`, `${1000 / FILM_FPS}`);
    closers.push(() => viewer.stop());
    await viewer.nextLine();
    const attacker = startLoad('attacker.ts', new URL(server.url).port, file);
    closers.push(() => attacker.stop());
    await attacker.nextLine();
    return { server, targets, viewer, attacker, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function targetsOf(url: string, { id }: NewBroadcast, archived: readonly string[]): Promise<Targets> {
  const own: NewBroadcast[] = [];
  for (let i = 0; i <= OWN; i++) own.push(await newBroadcast(url, `hostile_own_${i}`));
  return { ...(await findings(url)), broadcastId: id, archived, own };
}

interface Given {
  readonly door: Door;
  readonly attack: string;
  readonly addresses: number;
  readonly seconds: number;
  readonly connections: number;
}

async function attackOnce(rig: Rig, given: Given): Promise<Row> {
  const { server, targets, viewer, attacker } = rig;
  const { door, attack, addresses, seconds, connections } = given;
  const beforeMb = await anonymousMb(server);
  const before = (await readSlices(server.url))!;
  viewer.tell('begin');
  const honest = startHonest(server.url, door, targets);
  const msn = await nextMsn(server.url, targets.broadcastId);
  await attacker.ask(JSON.stringify({ door, name: attack, connections, addresses, msn: msn + 1 }));
  let mostMb = 0;
  for (let i = 0; i < seconds * 4; i++) {
    await sleep(250);
    mostMb = Math.max(mostMb, await anonymousMb(server));
  }
  const { worstGapMs } = JSON.parse(await viewer.ask()) as { worstGapMs: number };
  const served = await honest.stop();
  const came = JSON.parse(await attacker.ask('stop')) as { opened: number };
  const slices = sliceFigures(before, (await readSlices(server.url))!);
  await sleep(2000);
  return {
    ...{ door, attack, addresses },
    moreMb: Math.round(mostMb - beforeMb),
    keptMb: Math.round((await anonymousMb(server)) - beforeMb),
    longestSliceMs: slices.maxMs,
    slicesOver5Ms: slices.over5Ms,
    honestMs: served.worstMs,
    refused: Object.values(served.refused).reduce((sum, count) => sum + count, 0),
    viewerGapMs: Math.round(worstGapMs),
    connections: came.opened,
  };
}

async function nextMsn(url: string, id: string): Promise<number> {
  const text = await (await fetch(`${url}/hls/${id}/video/index.m3u8`)).text();
  return Number([...text.matchAll(/^(\d+)(?:\.\d+)?\.m4s/gm)].at(-1)?.[1] ?? 0) + 1;
}

async function anonymousMb({ child }: ServerProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+)/.exec(status)![1]) / 1024;
}
