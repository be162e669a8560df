import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import type { AccountId, BroadcastId } from '#base/ids.ts';
import { silentLogger } from '#base/log.ts';
import type { Broadcast, BroadcastState } from '#contract/api/types.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import { createLive, type HlsAnswer, type HlsSource, type Live } from '#live/index.ts';
import { readSegmentJournal } from '#live/recorder/segment-journal.ts';
import { listSegments } from '#live/recorder/store.ts';
import type { Blobs } from '#ports/blobs.ts';
import type { Db } from '#ports/db.ts';
import type { BroadcastEvent } from '#ports/events.ts';
import type { Journals } from '#ports/journals.ts';
import { type BroadcastHouse, openBroadcastHouse } from './broadcasts.ts';
import { hlsBytes } from './hls-bytes.ts';
import { feedPublisher } from './publishing.ts';

const REACHED_MS_MAX = 60_000;

/** A plain request for a playlist. */
export const fresh = { msn: null, part: null };

/** What is answered, now or later; a refusal is thrown. */
export async function textOf(answer: HlsAnswer): Promise<string> {
  return (await hlsBytes(answer)).toString();
}

/** Names of the whole segments that a playlist lists, without gaps. */
export const segmentsOf = (playlist: string): string[] =>
  Array.from(playlist.matchAll(/(?<!#EXT-X-GAP\n#EXTINF:.*\n)^(?:\d+_)?(\d+\.m4s)$/gm), match => match[1]!);

/** The room `live` on a database and a folder of its own, with a fake clock, and a person who broadcasts. */
export class LiveRig {
  readonly db: Db;
  readonly house: BroadcastHouse;
  readonly ada: AccountId;
  blobs: Blobs;
  journals: Journals;
  live: Live;
  readonly #folder: string;

  private constructor(db: Db, house: BroadcastHouse, folder: string, blobs: Blobs, journals: Journals) {
    this.db = db;
    this.house = house;
    this.blobs = blobs;
    this.journals = journals;
    this.#folder = folder;
    this.live = this.start();
    this.ada = house.person('ada');
  }

  /** `below`: where its folder is made. */
  static async open(db: Db, below = tmpdir()): Promise<LiveRig> {
    const folder = await mkdtemp(path.join(below, 'skylark-live-'));
    const blobs = await openDiskBlobs({ directory: folder, log: silentLogger });
    const journals = await openDiskJournals({ directory: path.join(folder, 'journals') });
    const rig = new LiveRig(db, await openBroadcastHouse(db), folder, blobs, journals);
    await db.migrate({ ...rig.house.jobs.migrations, ...rig.live.migrations });
    await rig.live.recover();
    return rig;
  }

  async close(): Promise<void> {
    await this.live.drain();
    await this.house.jobs.close();
    await this.db.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** What this process knows, anew: as after a restart. */
  start(publicUrl: string | null = null): Live {
    const transcoder = { opusToAac: () => Promise.reject(new Error('not used')), close: async () => {} };
    const { house, blobs, journals } = this;
    return createLive({ ...house, blobs, journals, transcoder, config: { publicUrl } });
  }

  /** As after a kill: what the process had in memory never finishes. */
  async restartAfterCrash(): Promise<void> {
    this.house.clock.advance(60_000);
    this.live = this.start();
    await this.live.recover();
    await this.live.recover();
  }

  /** Resolves when the room hears that the broadcast came to this state; ask before causing it. */
  reaches(id: BroadcastId, state: BroadcastState): Promise<void> {
    return new Promise((resolve, reject) => {
      // By a real clock: what never comes fails its test, instead of holding up all the others.
      const late = () => reject(new Error(`not within ${REACHED_MS_MAX} ms: ${id} is ${state}`));
      const deadline = setTimeout(late, REACHED_MS_MAX);
      const subscription = this.house.bus.subscribe(`room:${id}`, message => {
        const event = message as RoomEvent;
        if (event.type !== 'state' || event.state !== state) return;
        clearTimeout(deadline);
        void subscription.close();
        resolve();
      });
    });
  }

  async goOnAir(seconds: number) {
    const broadcast = await this.live.create(this.ada, { title: 'A walk' });
    const publisher = await this.live.publish(broadcast.id, broadcast.publishToken);
    const isLive = this.reaches(broadcast.id, 'live');
    const feed = feedPublisher(publisher);
    feed.until(seconds);
    await isLive;
    return { ...broadcast, publisher, feed };
  }

  async source(id: BroadcastId): Promise<HlsSource> {
    const found = await this.live.hls(id);
    assert.ok(found, 'there is something to play');
    return found;
  }

  /** Resolves when the picture is on disk up to here: whole segments with their rows, and the parts of the one behind them. */
  async written(id: BroadcastId, seconds: number): Promise<void> {
    const reached = async () => {
      const rows = await listSegments(this.db.sql, id);
      const kept = rows.findLast(row => row.rendition === 'video');
      let end = kept ? kept.start + kept.duration : 0;
      for (const key of await this.journals.list(`recordings/${id}/video`)) {
        const journal = readSegmentJournal((await this.journals.read(key)) ?? new Uint8Array());
        if (!journal || Math.abs(journal.start - end) > 1) continue;
        end += journal.parts.reduce((sum, part) => sum + part.duration, 0);
        break;
      }
      return end / 90_000;
    };
    await spin(`${seconds} s are written`, async () => (await reached()) >= seconds - 0.001);
  }

  /** Resolves when so many whole segments of the picture have rows: a journal alone needs room to become one. */
  async stored(id: BroadcastId, segments: number): Promise<void> {
    const count = async () =>
      (await listSegments(this.db.sql, id)).filter(row => row.rendition === 'video').length;
    await spin(`${segments} segments are stored`, async () => (await count()) >= segments);
  }

  /** What social is told, in order. */
  async told(id: BroadcastId): Promise<(BroadcastEvent & { kind: string })[]> {
    const events: (BroadcastEvent & { kind: string })[] = [];
    const done = Promise.withResolvers<void>();
    const handler = (kind: string) => async (payload: unknown) => {
      events.push({ kind, ...(payload as BroadcastEvent) });
    };
    await this.house.jobs.enqueue(this.db.sql, {
      kind: 'test.last',
      payload: null,
      orderingKey: `broadcast:${id}`,
    });
    this.house.jobs.start({
      'broadcast.started': handler('broadcast.started'),
      'broadcast.changed': handler('broadcast.changed'),
      'test.last': async () => done.resolve(),
    });
    await done.promise;
    return events.filter(event => event.broadcastId === id);
  }
}

/** Asks until the answer is yes, without a pause: for what happens while a fake clock stands. */
async function spin(what: string, check: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + REACHED_MS_MAX;
  while (!(await check())) {
    assert.ok(performance.now() < untilMs, `not within ${REACHED_MS_MAX} ms: ${what}`);
    await new Promise(setImmediate);
  }
}

/** The last frames of audio and video do not end at the same moment. */
export const isAbout = ({ durationMs }: Broadcast, expectedMs: number): boolean =>
  Math.abs(durationMs! - expectedMs) < 50;
