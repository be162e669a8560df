import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BEEP_EVERY_MS, BEEP_THRESHOLD, bitX, CLOCK_BITS, WIDTH } from './av-clock.ts';
import { median } from './glass-clock.ts';
import { outputOf } from './programs.ts';

const SAMPLE_RATE = 48_000;

/** What a recording of the clock and the beeps tells about itself at one of its ends. */
export interface ReplayEnd {
  /** Time of day of the first and the last picture. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** How much later than its picture a beep is, milliseconds. */
  readonly offsetMs: number;
}

/** Times of all packets of a media playlist, seconds. */
export async function packetTimes(playlist: string): Promise<number[]> {
  const entries = ['-show_entries', 'packet=dts_time', '-of', 'csv=p=0'];
  const out = await run('ffprobe', ['-v', 'error', ...hlsInput, ...entries, '-i', playlist]);
  return out
    .toString()
    .match(/-?[\d.]+/g)!
    .map(Number);
}

/** Decodes the first or the last segments of a replay that shows the clock. */
export async function readReplayEnd(
  playlists: { readonly video: string; readonly audio: string },
  which: 'first' | 'last',
  segments: number,
): Promise<ReplayEnd> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skylark-replay-'));
  try {
    const [video, audio] = [path.join(folder, 'video.m3u8'), path.join(folder, 'audio.m3u8')];
    await writeFile(video, await excerpt(playlists.video, which, segments));
    await writeFile(audio, await excerpt(playlists.audio, which, segments));
    const pictures = await clockOf(video);
    const zeroMs = median(pictures.map(({ atS, shownMs }) => shownMs - atS * 1000));
    const offsets = (await beepsOf(audio)).map(atS => wrapped(atS * 1000 + zeroMs));
    return {
      firstMs: pictures[0]!.shownMs,
      lastMs: pictures.at(-1)!.shownMs,
      offsetMs: median(offsets),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A playlist of the first or last segments of another one. */
async function excerpt(url: string, which: 'first' | 'last', count: number): Promise<string> {
  const entries: string[] = [];
  let map = '';
  let tags: string[] = [];
  for (const line of (await (await fetch(url)).text()).split('\n')) {
    if (line.startsWith('#EXT-X-MAP:'))
      map = line.replace(/URI="(.*?)"/, (_, uri) => `URI="${new URL(uri, url).href}"`);
    else if (/^#EXT(INF|-X-BYTERANGE|-X-DISCONTINUITY$)/.test(line)) tags.push(line);
    else if (line && !line.startsWith('#')) {
      entries.push([map, ...tags, new URL(line, url).href].join('\n'));
      tags = [];
    }
  }
  const taken = which === 'first' ? entries.slice(0, count) : entries.slice(-count);
  return ['#EXTM3U', '#EXT-X-VERSION:9', '#EXT-X-TARGETDURATION:30', ...taken, '#EXT-X-ENDLIST', ''].join(
    '\n',
  );
}

async function clockOf(playlist: string): Promise<{ atS: number; shownMs: number }[]> {
  const times = await packetTimes(playlist);
  const filter = `crop=iw:2:0:ih/2,scale=${WIDTH}:2,format=gray`;
  const rows = await run('ffmpeg', [
    ...['-v', 'error', ...hlsInput, '-i', playlist],
    ...['-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
  ]);
  const frameBytes = WIDTH * 2;
  if (rows.length !== times.length * frameBytes)
    throw new Error(`${times.length} pictures are stored, ${rows.length / frameBytes} can be decoded`);
  return times.map((atS, i) => ({ atS, shownMs: timeOf(rows.subarray(i * frameBytes)) }));
}

/** The clock shows only its lower bits; the recording is younger than what they cover. */
function timeOf(row: Uint8Array): number {
  let shown = 0;
  for (let bit = 0; bit < CLOCK_BITS; bit++) if (row[bitX(bit)]! > 128) shown += 2 ** bit;
  const nowMs = Date.now();
  return nowMs - ((((nowMs - shown) % 2 ** CLOCK_BITS) + 2 ** CLOCK_BITS) % 2 ** CLOCK_BITS);
}

/** When beeps begin, seconds on the timeline of the recording. */
async function beepsOf(playlist: string): Promise<number[]> {
  const startS = (await packetTimes(playlist))[0]!;
  const raw = await run('ffmpeg', [
    ...['-v', 'error', ...hlsInput, '-i', playlist],
    ...['-ac', '1', '-ar', `${SAMPLE_RATE}`, '-f', 'f32le', '-'],
  ]);
  const samples = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  const beeps: number[] = [];
  let quiet = 0;
  samples.forEach((value, i) => {
    if (Math.abs(value) < BEEP_THRESHOLD) quiet++;
    else {
      if (quiet > SAMPLE_RATE / 2) beeps.push(startS + i / SAMPLE_RATE);
      quiet = 0;
    }
  });
  return beeps;
}

function wrapped(ms: number): number {
  const late = ((ms % BEEP_EVERY_MS) + BEEP_EVERY_MS) % BEEP_EVERY_MS;
  return late > BEEP_EVERY_MS / 2 ? late - BEEP_EVERY_MS : late;
}

const hlsInput = ['-protocol_whitelist', 'file,http,tcp', '-allowed_extensions', 'ALL', '-copyts'];

function run(program: 'ffmpeg' | 'ffprobe', args: readonly string[]): Promise<Buffer> {
  return outputOf(program, program === 'ffmpeg' ? args : args.filter(arg => arg !== '-copyts'));
}
