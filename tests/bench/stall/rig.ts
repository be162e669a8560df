import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { waitForPlayer } from '#tests/support/playback.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { until } from '#tests/support/until.ts';
import { FILM_FPS } from '../load/clock-film.ts';
import { type SeededPeople, seedDatabase } from '../load/seeded-database.ts';
import { type Load, startFilm, startLoad } from '../load/start.ts';

/** What is archived is this long. */
const ARCHIVE_SEGMENTS = 8;

/** A large community's server with a broadcast that two watch: Chromium, and a raw receiver in a process of its own. */
export interface Rig {
  readonly server: ServerProcess;
  readonly people: SeededPeople;
  readonly broadcast: NewBroadcast;
  /** Segments of a broadcast that is over. */
  readonly archived: readonly string[];
  /** Opens Chromium's viewer anew: what one phase did to its buffers is not the next one's. */
  watch(): Promise<Page>;
  readonly raw: Load;
  /** Memory that is no file's, in MB. */
  anonymousMb(): Promise<number>;
  close(): Promise<void>;
}

export async function openRig(seed: { accounts: number; posts: number }): Promise<Rig> {
  const data = await mkdtemp(path.join(tmpdir(), 'skylark-stall-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(data, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const people = await seedDatabase(data, { ...seed, followers: seed.accounts });
    const server = await startServerProcess({}, data);
    closers.push(() => server.close());
    const archived = await archive(server.url);
    const broadcast = await newBroadcast(server.url, 'stall_live');
    const { whipUrl, publishToken } = broadcast;
    const film = startLoad('stamped-film.ts', whipUrl, publishToken, '2', '360');
    closers.push(() => film.stop());
    await plays(server.url, broadcast.id);
    const browser = await openBrowser();
    closers.push(() => browser.close());
    const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const watch = () => open(page, broadcast);
    const raw = startLoad('whep-gaps.ts', `${server.url}/whep/${broadcast.id}`, `${1000 / FILM_FPS}`);
    closers.push(() => raw.stop());
    await raw.nextLine();
    const anonymousMb = async () => {
      const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8');
      return Number(/RssAnon:\s+(\d+)/.exec(status)![1]) / 1024;
    };
    return { server, people, broadcast, archived, watch, raw, anonymousMb, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export async function plays(url: string, id: string): Promise<void> {
  await until('the broadcast plays', async () => (await fetch(`${url}/hls/${id}/index.m3u8`)).ok, 40_000);
}

async function open(page: Page, { postId }: NewBroadcast): Promise<Page> {
  await page.goto(`/p/${postId}`);
  await waitForPlayer(page, 'whep');
  return page;
}

/** Broadcasts for a while, ends it, and gives the addresses of the recording's segments. */
export async function archive(url: string): Promise<string[]> {
  const broadcast = await newBroadcast(url, 'stall_past');
  const film = startFilm(broadcast, 2);
  const folder = `${url}/hls/${broadcast.id}`;
  const listed = new RegExp(`^${ARCHIVE_SEGMENTS}\\.m4s`, 'm');
  const live = async () => listed.test(await textOf(`${folder}/video/index.m3u8`));
  await until('segments enough', live, 60_000);
  await broadcast.end();
  await film.kill();
  const replay = `${folder}/video/replay.m3u8`;
  await until(
    'the recording is whole',
    async () => (await textOf(replay)).includes('#EXT-X-ENDLIST'),
    30_000,
  );
  return [...(await textOf(replay)).matchAll(/^[^#\s]\S*$/gm)].map(([name]) => `${folder}/video/${name}`);
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}
