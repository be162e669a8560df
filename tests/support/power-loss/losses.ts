import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Seeded } from '../seeded.ts';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { startSyntheticPublisher } from '../synthetic-publisher.ts';
import { until } from '../until.ts';
import { BroadcastWatch, type ShownSegment } from './broadcast-watch.ts';
import { Community } from './community.ts';
import { dataOf, type Held, inspect, type Promised } from './held.ts';
import { type Cut, Powered } from './powered.ts';

export interface PowerLossOptions {
  readonly shim: string;
  /** Losses of power, at random moments of lives of the server. */
  readonly cuts: number;
  /** Acknowledged writes in all. */
  readonly writes: number;
  /** Cuts of one life; the last is at its end, and the next life goes on from there. */
  readonly cutsPerLife: number;
  /** SQLite's `synchronous`; what the server has itself when absent. */
  readonly synchronous?: string | undefined;
  readonly seed: number;
  readonly tell: (line: string) => void;
}

export interface PowerLossFigures {
  readonly cuts: number;
  readonly acknowledged: number;
  readonly writesPerSecond: number;
  readonly lostAcknowledged: number;
  readonly recordingLostMsMax: number;
  readonly recordingLostMsP95: number;
  readonly sequenceRepeats: number;
  readonly wholeStarts: number;
}

/** New people of each life, beside those that are there. */
const PEOPLE_FIRST = 12;
const PEOPLE_LATER = 2;
/** One cut in so many is looked at by a whole server of its own. */
const WHOLE_START_EVERY = 10;
const TO_EPOCH_MS = Date.now() - Number(process.hrtime.bigint()) / 1e6;
const epochMs = (timeNs: bigint): number => TO_EPOCH_MS + Number(timeNs) / 1e6;

/** A community and a live broadcast, over several lives of a server, and what losses of power in them take. */
export class PowerLosses {
  readonly #options: PowerLossOptions;
  readonly #random: Seeded;
  readonly #community: Community;
  readonly #recordingLostMs: number[] = [];
  #segments: readonly ShownSegment[] = [];
  #disk: string | undefined;
  #powered!: Powered;
  #writingMs = 0;
  #acknowledged = 0;
  #cuts = 0;
  #lost = 0;
  #repeats = 0;
  #wholeStarts = 0;

  constructor(options: PowerLossOptions) {
    this.#options = options;
    this.#random = new Seeded(options.seed);
    this.#community = new Community(this.#random);
  }

  async measure(): Promise<PowerLossFigures> {
    const { cuts, cutsPerLife, writes, tell } = this.#options;
    tell(`seed ${this.#random.seed}`);
    const lives = Math.ceil(cuts / cutsPerLife);
    let before: Powered | null = null;
    for (let life = 0; life < lives; life++) {
      this.#powered = new Powered(this.#disk);
      const liveNs = await this.#live(Math.ceil(writes / lives));
      before?.close();
      before = this.#powered;
      const count = Math.min(cutsPerLife, cuts - life * cutsPerLife);
      for (const cut of this.#powered.cuts(count, this.#random)) await this.#look(cut, liveNs);
      tell(`life ${life + 1} of ${lives}: ${JSON.stringify(this.#figures())}`);
    }
    before?.close();
    return this.#figures();
  }

  /** One life of the server, to its kill; gives the moment from which on pictures were sent. */
  async #live(writes: number): Promise<bigint> {
    const community = this.#community;
    const isFirst = this.#disk === undefined;
    const server = await this.#start(
      dataOf(this.#powered.folder),
      this.#powered.environment(this.#options.shim),
    );
    await community.arrive(server.url, isFirst ? PEOPLE_FIRST : PEOPLE_LATER);
    if (isFirst) await community.goLive();
    const { id } = community.broadcast;
    const whipUrl = new URL(`/whip/${id}`, server.url).href;
    const publisher = startSyntheticPublisher({ ...community.broadcast, whipUrl });
    const watch = new BroadcastWatch(`${server.url}/hls/${id}`, this.#segments);
    await publisher.sending;
    await until('live', async () => (await stateOf(community)) === 'live', 60_000);
    const liveNs = process.hrtime.bigint();
    community.listen();
    const beganMs = performance.now();
    await community.write(writes, () => server.child.exitCode !== null);
    this.#writingMs += performance.now() - beganMs;
    this.#acknowledged += writes;
    const exited = once(server.child, 'exit');
    server.child.kill('SIGKILL');
    await exited;
    publisher.child.kill('SIGKILL');
    watch.close();
    this.#segments = watch.shown;
    this.#repeats += watch.repeats;
    return liveNs;
  }

  async #look(cut: Cut, liveNs: bigint): Promise<void> {
    const before = <T extends { readonly timeNs: bigint }>(all: readonly T[]) =>
      all.filter(({ timeNs }) => timeNs <= cut.timeNs);
    const { broadcast, acknowledged, shown } = this.#community;
    const promised: Promised = {
      broadcastId: broadcast.id,
      acknowledged: before(acknowledged),
      shown: before(shown),
      shownSegments: before(this.#segments),
    };
    const index = this.#cuts++;
    if (cut.isLast) this.#goOnFrom(cut);
    const held = await inspect(dataOf(cut.copy()), promised);
    this.#count(held, cut, liveNs);
    if (index % WHOLE_START_EVERY === 0 && held.lost.length === 0) await this.#serve(cut);
    if (!cut.isLast) rmSync(cut.folder, { recursive: true, force: true });
  }

  #goOnFrom(cut: Cut): void {
    this.#disk = cut.folder;
    this.#community.forgetSince(cut.timeNs);
    this.#segments = this.#segments.filter(segment => segment.timeNs <= cut.timeNs);
  }

  #count({ lost, repeats, recordedToMs }: Held, { timeNs, number }: Cut, liveNs: bigint): void {
    this.#lost += lost.length;
    this.#repeats += repeats.length;
    const missing = timeNs < liveNs ? 0 : epochMs(timeNs) - Math.max(recordedToMs, epochMs(liveNs));
    if (timeNs >= liveNs) this.#recordingLostMs.push(missing);
    if (lost.length + repeats.length > 0 || missing > 1000)
      this.#options.tell(
        `cut ${number}: lost ${lost.slice(0, 3)} (${lost.length}), again ${repeats.slice(0, 3)} (${repeats.length}), ${Math.round(missing)} ms`,
      );
  }

  /** A server of its own starts on it: who had an account is known, what was live is there. */
  async #serve(cut: Cut): Promise<void> {
    this.#wholeStarts++;
    const server = await this.#start(dataOf(cut.copy()), {});
    try {
      await this.#community.visit(server.url, cut.timeNs);
    } finally {
      server.child.kill('SIGKILL');
      await once(server.child, 'exit');
    }
  }

  #start(dataDirectory: string, environment: Record<string, string>): Promise<ServerProcess> {
    const { synchronous } = this.#options;
    const more = synchronous ? { SKYLARK_TEST_SYNCHRONOUS: synchronous } : {};
    return startServerProcess({ SKYLARK_LOG: 'error', ...environment, ...more }, dataDirectory);
  }

  #figures(): PowerLossFigures {
    const lostMs = this.#recordingLostMs.map(Math.round).toSorted((a, b) => a - b);
    return {
      cuts: this.#cuts,
      acknowledged: this.#acknowledged,
      writesPerSecond: Math.round((this.#acknowledged * 1000) / this.#writingMs),
      lostAcknowledged: this.#lost,
      recordingLostMsMax: lostMs.at(-1) ?? 0,
      recordingLostMsP95: lostMs[Math.floor(lostMs.length * 0.95)] ?? 0,
      sequenceRepeats: this.#repeats,
      wholeStarts: this.#wholeStarts,
    };
  }
}

async function stateOf({ oldest, broadcast }: Community): Promise<string> {
  return (await oldest.call<{ state: string }>('GET', `/api/v1/broadcasts/${broadcast.id}`)).state;
}
