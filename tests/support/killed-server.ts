import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import type { Broadcast } from '#contract/api/types.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { startSyntheticPublisher } from './synthetic-publisher.ts';
import { until } from './until.ts';

/** What one kill cost. */
export interface Kill {
  /** From the last moment that the replay shows, or the moment that pictures were sent again, to the kill, milliseconds. */
  readonly lostMs: number;
  /** From the start of the next process to the first picture of the replay, milliseconds. */
  readonly playableAfterMs: number;
  /** How much of that the process took to serve anything. */
  readonly servingAfterMs: number;
}

/**
 * What the server is killed after: its picture goes on; it says that it is live; it shows a
 * part; it shows the first part of a segment, while the one before is being kept.
 */
export type KillMoment = 'any' | 'live' | 'part' | 'segment';

/** A server in a process of its own that is killed and started again, and a broadcast that goes on through all of it. */
export class KilledServer {
  broadcast!: CreatedBroadcast;
  readonly #data: string;
  #server!: ServerProcess;
  #cookie = '';
  #publisher: ChildProcess | null = null;
  #sendingMs = 0;

  static async open(): Promise<KilledServer> {
    const killed = new KilledServer(await mkdtemp(path.join(tmpdir(), 'skylark-kill-')));
    await killed.#start();
    const password = 'a lark in the morning';
    const account = { handle: 'ana', email: 'ana@example.org', password };
    const response = await killed.#request('/api/v1/accounts', account);
    const lines = response.headers.getSetCookie();
    killed.#cookie = lines.map(line => line.split(';')[0]).join('; ');
    const created = await killed.#request('/api/v1/broadcasts', { title: 'Through thick and thin' });
    killed.broadcast = (await created.json()) as CreatedBroadcast;
    return killed;
  }

  private constructor(data: string) {
    this.#data = data;
  }

  get url(): string {
    return this.#server.url;
  }

  async state(): Promise<Broadcast> {
    return (await (await this.#request(`/api/v1/broadcasts/${this.broadcast.id}`)).json()) as Broadcast;
  }

  /** A publisher with the token of the one broadcast; resolves when it is live. */
  async publish(): Promise<void> {
    const whipUrl = new URL(`/whip/${this.broadcast.id}`, this.url).href;
    const { child, sending } = startSyntheticPublisher({ ...this.broadcast, whipUrl });
    this.#publisher = child;
    await sending;
    this.#sendingMs = Date.now();
    await until('live', async () => (await this.state()).state === 'live');
  }

  /** As `publish`, in three layers; resolves when each of them can be played. */
  async publishLayers(): Promise<void> {
    const whipUrl = new URL(`/whip/${this.broadcast.id}`, this.url).href;
    const args = ['tests/bench/load/simulcast-publisher.ts', whipUrl, this.broadcast.publishToken];
    this.#publisher = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: 'inherit',
    });
    await until('live', async () => (await this.state()).state === 'live', 60_000);
    this.#sendingMs = Date.now();
    const layers = ['video', 'video-2', 'video-3'].map(name => `${name}/index.m3u8`);
    const isSent = async (name: string) => endOf(await this.playlist(name)) > this.#sendingMs;
    await until('every layer', async () =>
      (await Promise.all(layers.map(name => isSent(name).catch(() => false)))).every(Boolean),
    );
  }

  /** Kills the process at the given moment, starts the next one, and measures. The publisher is gone, too. */
  async kill(moment: KillMoment, afterMs = 0): Promise<Kill> {
    await this.#reach(moment);
    await new Promise(resolve => setTimeout(resolve, afterMs));
    const exited = once(this.#server.child, 'exit');
    const killedAtMs = Date.now();
    this.#server.child.kill('SIGKILL');
    await exited;
    await this.#killPublisher();
    const startedMs = performance.now();
    await this.#start();
    const servingAfterMs = performance.now() - startedMs;
    const endMs = await this.#play();
    const playableAfterMs = performance.now() - startedMs;
    return { lostMs: killedAtMs - Math.max(endMs, this.#sendingMs), playableAfterMs, servingAfterMs };
  }

  async #reach(moment: KillMoment): Promise<void> {
    if (moment === 'live') return;
    await until('the picture goes on', async () => (await this.endMs().catch(() => 0)) > this.#sendingMs);
    if (moment === 'any') return;
    const [msn, part] = nextOf(await this.playlist('video/index.m3u8'));
    const query = moment === 'part' ? `_HLS_msn=${msn}&_HLS_part=${part}` : `_HLS_msn=${msn + 1}&_HLS_part=0`;
    await this.playlist(`video/index.m3u8?${query}`);
  }

  /** The owner ends it; resolves when the replay is there. */
  async end(): Promise<Broadcast> {
    return (await (
      await this.#request(`/api/v1/broadcasts/${this.broadcast.id}/end`, {})
    ).json()) as Broadcast;
  }

  async close(): Promise<void> {
    await this.#killPublisher();
    await this.#server?.close();
    await rm(this.#data, { recursive: true, force: true });
  }

  async playlist(name: string): Promise<string> {
    const response = await fetch(`${this.url}/hls/${this.broadcast.id}/${name}`);
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    return response.text();
  }

  /** Wall time at which the picture ends, as its playlist has it: whole segments and parts. */
  async endMs(): Promise<number> {
    return endOf(await this.playlist('video/index.m3u8'));
  }

  /** Fetches as a player does: playlists, the last initialization sections, the last segments. */
  async #play(): Promise<number> {
    await this.playlist('index.m3u8');
    for (const rendition of ['video', 'audio']) {
      const text = withoutGaps(await this.playlist(`${rendition}/index.m3u8`));
      const names = [text.match(/init-\d+\.mp4/g)?.at(-1), text.match(/^(?:\d+_)?\d+\.m4s$/gm)?.at(-1)];
      for (const name of names) await this.#media(`${rendition}/${name}`);
    }
    return this.endMs();
  }

  async #media(name: string): Promise<void> {
    const response = await fetch(`${this.url}/hls/${this.broadcast.id}/${name}`);
    const bytes = await response.arrayBuffer();
    if (!response.ok || bytes.byteLength === 0) throw new Error(`${name}: ${response.status}`);
  }

  async #killPublisher(): Promise<void> {
    const child = this.#publisher;
    this.#publisher = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async #start(): Promise<void> {
    this.#server = await startServerProcess({ SKYLARK_LOG: 'error' }, this.#data);
  }

  #request(route: string, body?: unknown): Promise<Response> {
    return fetch(this.url + route, {
      headers: { cookie: this.#cookie, origin: this.url, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  }
}

/** The segment that is being made, and the part that comes next in it. */
function nextOf(playlist: string): [msn: number, part: number] {
  const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)![1]);
  const whole = playlist.match(/^#EXTINF:/gm)?.length ?? 0;
  const open = playlist.slice(playlist.lastIndexOf('#EXTINF:'));
  return [first + whole, open.match(/^#EXT-X-PART:/gm)?.length ?? 0];
}

/** What a crash took from one rendition only is listed as missing from it. */
function withoutGaps(playlist: string): string {
  return playlist.replaceAll(/^#EXT-X-GAP\n#EXTINF:.*\n.*\n/gm, '');
}

/** The last segment's time, and how long it or its parts last; gaps do not count. */
function endOf(playlist: string): number {
  const kept = withoutGaps(playlist);
  const last = kept.slice(kept.lastIndexOf('#EXT-X-PROGRAM-DATE-TIME:'));
  const startMs = Date.parse(/DATE-TIME:(.*)/.exec(last)?.[1] ?? '');
  const whole = /#EXTINF:([\d.]+)/.exec(last)?.[1];
  const parts = [...last.matchAll(/#EXT-X-PART:.*?DURATION=([\d.]+)/g)].map(match => Number(match[1]));
  return startMs + 1000 * (whole ? Number(whole) : parts.reduce((sum, part) => sum + part, 0));
}
