import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { installAvClock, startAvProbe, takeWatched, type Watched } from '#tests/support/av-clock.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { median, percentile } from '#tests/support/glass-clock.ts';
import { type InspectedServer, type Memory, startInspectedServer } from '#tests/support/inspected-server.ts';
import { openPerson, type Person, signUp } from '#tests/support/people.ts';
import { packetTimes, readReplayEnd } from '#tests/support/replay-clock.ts';
import { goLive, joins } from './main-job.bench.ts';

/** `MINUTES` in the environment makes a shorter run. */
const MINUTES = Number(process.env.MINUTES ?? 60);
/** Players settle on their target latency before the first minute begins. */
const SETTLE_MS = 15_000;
/** Caches and compiled code are there by then; what the process holds after this is compared with it. */
const MEMORY_FROM_MINUTE = MINUTES >= 10 ? 5 : Math.min(2, MINUTES);
/** So many minutes' median is compared with that of as many at the end: what V8 holds rises and falls. */
const MEMORY_MINUTES = 5;
/** Of the replay, this many segments are decoded at each end. */
const SEGMENTS_DECODED = 12;

const modes = ['whep', 'hls'] as const;
type Mode = (typeof modes)[number];
interface Minute {
  readonly rssMb: number;
  readonly cores: number;
  readonly watched: Readonly<Record<Mode, Watched>>;
}

interface Stage {
  readonly server: InspectedServer;
  readonly ana: Person;
  readonly viewers: Readonly<Record<Mode, Page>>;
}

/** A long broadcast with a viewer on each protocol: whether its last minute is as good as its first, and then the replay. */
export async function measure(): Promise<Record<string, unknown>> {
  const server = await startInspectedServer();
  const browser = await openBrowser();
  try {
    const stage = await open(server, browser);
    const minutes: Minute[] = [];
    while (minutes.length < MINUTES) minutes.push(await watchMinute(stage, minutes.length + 1));
    const whep = viewer(minutes, 'whep');
    const hls = viewer(minutes, 'hls');
    // Only now: collecting all garbage holds up what is live, and a browser keeps the distance that it took then.
    const memory = memoryOf(minutes, await server.memory());
    const replay = await endAndReplay(stage);
    return { minutes: MINUTES, passed: passed(whep, hls, memory, replay), whep, hls, memory, replay };
  } finally {
    await browser.close();
    await server.close();
  }
}

async function open(server: InspectedServer, browser: Browser): Promise<Stage> {
  const ana = await openPerson(browser, server.url, 'ana');
  await installAvClock(ana.context);
  await signUp(ana);
  await goLive(ana.page);
  await lighten(ana.page);
  await hidePreview(ana.page);
  const ben = await openPerson(browser, server.url, 'ben');
  await signUp(ben);
  const viewers = { whep: ben.page, hls: await ben.context.newPage() };
  for (const mode of modes) {
    await lighten(viewers[mode]);
    await joins(viewers[mode], mode, 1);
    await startAvProbe(viewers[mode]);
  }
  await sleep(SETTLE_MS);
  for (const mode of modes) await takeWatched(viewers[mode]);
  return { server, ana, viewers };
}

/** Whatever costs CPU besides the media: an hour has to run beside other work. */
async function lighten(page: Page): Promise<void> {
  await page.setViewportSize({ width: 480, height: 360 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
}

async function hidePreview(page: Page): Promise<void> {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('video { display: none !important }');
    document.adoptedStyleSheets.push(sheet);
  });
}

async function watchMinute({ server, viewers }: Stage, number: number): Promise<Minute> {
  const [fromS, fromMs] = [await server.cpuSeconds(), performance.now()];
  await sleep(60_000);
  const cores = ((await server.cpuSeconds()) - fromS) / ((performance.now() - fromMs) / 1000);
  const watched = { whep: await takeWatched(viewers.whep), hls: await takeWatched(viewers.hls) };
  const minute = { rssMb: await server.residentMb(), cores, watched };
  tell(number, minute);
  return minute;
}

function tell(number: number, { watched, cores, rssMb }: Minute): void {
  const views = modes.map(mode => {
    const { delaysMs, offsetsMs, frozenMs } = watched[mode];
    const { medianMs, p95Ms } = spread(delaysMs);
    return `${mode} ${medianMs}/${p95Ms} ms, sound ${Math.round(median(offsetsMs))} ms, frozen ${Math.round(frozenMs)} ms`;
  });
  console.error(
    `minute ${number}: ${views.join('; ')}; rss ${rssMb.toFixed(1)} MB; ${cores.toFixed(2)} cores`,
  );
}

function spread(values: readonly number[]): { medianMs: number; p95Ms: number } {
  const sorted = values.toSorted((a, b) => a - b);
  return { medianMs: Math.round(percentile(sorted, 0.5)), p95Ms: Math.round(percentile(sorted, 0.95)) };
}

function viewer(minutes: readonly Minute[], mode: Mode) {
  const own = minutes.map(minute => minute.watched[mode]);
  const [firstMinute, lastMinute] = [spread(own[0]!.delaysMs), spread(own.at(-1)!.delaysMs)];
  const worstMinuteMedianMs = Math.max(...own.map(({ delaysMs }) => spread(delaysMs).medianMs));
  const offsets = own.map(({ offsetsMs }) => Math.round(median(offsetsMs)));
  return {
    firstMinute,
    lastMinute,
    worstMinuteMedianMs,
    lastToFirst: ratio(lastMinute.medianMs, firstMinute.medianMs),
    soundLateMs: { firstMinute: offsets[0]!, lastMinute: offsets.at(-1)!, worstMinute: furthest(offsets) },
    frozenMsMax: Math.round(Math.max(...own.map(({ frozenMs }) => frozenMs))),
  };
}

const furthest = (values: readonly number[]): number =>
  values.reduce((worst, value) => (Math.abs(value) > Math.abs(worst) ? value : worst), 0);

const ratio = (a: number, b: number): number => Math.round((a / b) * 1000) / 1000;

function memoryOf(minutes: readonly Minute[], needed: Memory) {
  const rss = minutes.slice(MEMORY_FROM_MINUTE - 1).map(({ rssMb }) => rssMb);
  const [early, end] = [rss.slice(0, MEMORY_MINUTES), rss.slice(-MEMORY_MINUTES)].map(median);
  return {
    earlyRssMb: Math.round(early!),
    endRssMb: Math.round(end!),
    rssEndToEarly: ratio(end!, early!),
    rssMbPerHour: slopePerHour(rss),
    needed,
    serverCores: ratio(
      minutes.reduce((sum, { cores }) => sum + cores, 0),
      minutes.length,
    ),
  };
}

/** Of the straight line through values that are a minute apart. */
function slopePerHour(values: readonly number[]): number {
  const centre = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const along = values.reduce((sum, value, i) => sum + (i - centre) * (value - mean), 0);
  const squares = values.reduce((sum, _, i) => sum + (i - centre) ** 2, 0);
  return Math.round((along / squares) * 60 * 10) / 10;
}

/** The owner ends it; the replay must have everything that the clock showed, in time with its sound. */
async function endAndReplay({ server, ana }: Stage) {
  const api = `${server.url}/api/v1`;
  const { items } = await (await ana.context.request.get(`${api}/timelines/live`)).json();
  const { id } = items[0];
  const endedAtMs = Date.now();
  const headers = { origin: server.url };
  const ended = await ana.context.request.post(`${api}/broadcasts/${id}/end`, { data: {}, headers });
  const { durationMs } = (await ended.json()) as { durationMs: number };
  const playlists = await mediaPlaylists(`${server.url}/hls/${id}/index.m3u8`);
  const first = await readReplayEnd(playlists, 'first', SEGMENTS_DECODED);
  const last = await readReplayEnd(playlists, 'last', SEGMENTS_DECODED);
  const [video, audio] = [await packetTimes(playlists.video), await packetTimes(playlists.audio)];
  return {
    durationMs,
    durationErrorMs: Math.round(durationMs - (last.lastMs - first.firstMs)),
    missingAtEndMs: Math.round(endedAtMs - last.lastMs),
    longestGapMs: Math.round(Math.max(longestStep(video), longestStep(audio))),
    soundLateMs: { start: Math.round(first.offsetMs), end: Math.round(last.offsetMs) },
    audioToVideoEndMs: Math.round((audio.at(-1)! - video.at(-1)!) * 1000),
  };
}

async function mediaPlaylists(url: string): Promise<{ video: string; audio: string }> {
  const text = await (await fetch(url)).text();
  const video = /#EXT-X-STREAM-INF:.*\n(.*)/.exec(text)![1]!;
  const audio = /#EXT-X-MEDIA:.*URI="(.*?)"/.exec(text)![1]!;
  return { video: new URL(video, url).href, audio: new URL(audio, url).href };
}

function longestStep(times: readonly number[]): number {
  let longest = 0;
  for (let i = 1; i < times.length; i++) longest = Math.max(longest, (times[i]! - times[i - 1]!) * 1000);
  return longest;
}

function passed(
  whep: ReturnType<typeof viewer>,
  hls: ReturnType<typeof viewer>,
  memory: ReturnType<typeof memoryOf>,
  replay: Awaited<ReturnType<typeof endAndReplay>>,
) {
  const inStep = (ms: number) => Math.abs(ms) <= 40;
  const sounds = [whep, hls].flatMap(({ soundLateMs }) => Object.values(soundLateMs));
  return {
    latency: [whep, hls].every(({ lastToFirst }) => lastToFirst <= 1.2),
    memory: memory.rssEndToEarly <= 1.1,
    audioVideo: [...sounds, ...Object.values(replay.soundLateMs)].every(inStep),
    // Within a part; a picture lasts a thirtieth.
    replay: Math.abs(replay.durationErrorMs - 33) <= 220 && replay.missingAtEndMs <= 500,
  };
}
