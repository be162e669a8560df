import path from 'node:path';
import { sql } from 'kysely';
import { readConfig } from '#app/config.ts';
import { FolderMismatch } from '#app/folder-check.ts';
import { openHouse } from '#app/house.ts';
import { Disposer } from '#base/dispose.ts';
import { silentLogger as log } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { HlsAnswer, HlsSource, RenditionName } from '#live/index.ts';
import { LOST_SEGMENTS_MAX } from '#live/packager/limits.ts';
import type { Sql } from '#ports/db.ts';
import { parsePlaylist } from '../../../tools/hls-lint/parse-playlist.ts';
import type { MediaPlaylist, Segment } from '../../../tools/hls-lint/playlist.ts';
import { hlsBytes } from '../hls-bytes.ts';
import type { ShownSegment } from './broadcast-watch.ts';
import type { Acknowledged, Shown } from './community.ts';

/** What was promised up to a loss of power. */
export interface Promised {
  readonly broadcastId: string;
  readonly acknowledged: readonly Acknowledged[];
  readonly shown: readonly Shown[];
  readonly shownSegments: readonly ShownSegment[];
}

/** What a start found of it. */
export interface Held {
  readonly lost: readonly string[];
  /** Numbers that would be given a second time. */
  readonly repeats: readonly string[];
  /** Where the recording ends; 0 where there is none. */
  readonly recordedToMs: number;
}

const SAME_MS = 250;

/** Opens a data folder with what the server opens it with, and holds it against what was promised. */
export async function inspect(dataDirectory: string, promised: Promised): Promise<Held> {
  const disposer = new Disposer(log);
  try {
    const config = readConfig({ SKYLARK_DATA: dataDirectory });
    const { db, live } = await openHouse(config, { log, disposer });
    disposer.add('live', () => live.drain());
    const damage = await integrity(db.sql);
    const lost = await missing(db.sql, promised.acknowledged);
    const numbers = await repeatedNumbers(db.sql, promised);
    await live.recover();
    const source = await live.hls(promised.broadcastId);
    const media = source
      ? await recorded(source, promised.shownSegments)
      : { endMs: 0, repeats: beyond(promised.shownSegments, LOST_SEGMENTS_MAX) };
    return { lost: [...damage, ...lost], repeats: [...numbers, ...media.repeats], recordedToMs: media.endMs };
  } catch (cause) {
    // It says itself that it lost what it had.
    if (!(cause instanceof FolderMismatch)) throw cause;
    return { lost: [cause.message], repeats: [], recordedToMs: 0 };
  } finally {
    await disposer.close();
  }
}

async function integrity(db: Sql): Promise<string[]> {
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  return rows.map(row => row.integrity_check).filter(text => text !== 'ok');
}

const keys = {
  accounts: sql<{ key: string }>`select handle as key from accounts`,
  posts: sql<{ key: string }>`select id as key from posts`,
  comments: sql<{ key: string }>`select id || ' ' || seq as key from comments`,
  likes: sql<{ key: string }>`select post_id || ' ' || account_id as key from post_likes`,
  follows: sql<{ key: string }>`select follower_id || ' ' || followee_id as key from follows`,
};

async function missing(db: Sql, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const lost: string[] = [];
  for (const table of Object.keys(keys) as (keyof typeof keys)[]) {
    const there = new Set((await keys[table].execute(db)).rows.map(row => row.key));
    for (const write of acknowledged)
      if (write.table === table && !there.has(write.key)) lost.push(`${table} ${write.key}`);
  }
  return lost;
}

/** The next number of a topic is above every one that somebody was shown. */
async function repeatedNumbers(db: Sql, { broadcastId, shown }: Promised): Promise<string[]> {
  const given = await sql<{ home: number; room: number | null }>`
    select value as home, (select comments from broadcasts where id = ${broadcastId}) as room from home_sequence`.execute(
    db,
  );
  const { home = 0, room = 0 } = given.rows[0] ?? {};
  const last = (topic: string) => (topic.startsWith('user:') ? home : (room ?? 0));
  return shown.filter(({ topic, seq }) => seq > last(topic)).map(({ topic, seq }) => `${topic} ${seq}`);
}

async function recorded(source: HlsSource, shown: readonly ShownSegment[]) {
  const repeats: string[] = [];
  let endMs = 0;
  for (const rendition of ['video', 'audio'] as const) {
    const text = await bytesOf(source.playlist(rendition, { msn: null, part: null }));
    const playlist = parsePlaylist(text?.toString() ?? '', rendition) as MediaPlaylist;
    const { mediaSequence, segments } = playlist;
    const kept = segments.filter(segment => !segment.gap);
    for (const segment of kept.slice(-3)) await hold(source, rendition, segment);
    const last = kept.at(-1);
    if (rendition === 'video' && last) endMs = (last.programDateMs ?? 0) + 1000 * (last.durationS ?? 0);
    const next = mediaSequence + segments.length;
    for (const { rendition: name, msn, programDateMs } of shown) {
      if (name !== rendition) continue;
      const now = segments[msn - mediaSequence];
      const isOther = now && !now.gap && Math.abs((now.programDateMs ?? 0) - programDateMs) > SAME_MS;
      if (msn >= next || isOther) repeats.push(`${rendition} ${msn}`);
    }
  }
  return { endMs, repeats };
}

const beyond = (shown: readonly ShownSegment[], next: number): string[] =>
  shown.filter(({ msn }) => msn >= next).map(({ rendition, msn }) => `${rendition} ${msn}`);

/** What is listed can be had. */
async function hold(source: HlsSource, rendition: RenditionName, { msn, map }: Segment): Promise<void> {
  const media = await bytesOf(source.segment(rendition, msn));
  const init = await bytesOf(source.init(rendition, Number(/\d+/.exec(map ?? '')?.[0])));
  if (!media?.length || !init?.length) throw new Error(`${rendition} ${msn} is listed and not there`);
}

/** Null where it is refused. */
function bytesOf(answer: HlsAnswer): Promise<Buffer | null> {
  return hlsBytes(answer).catch((error: unknown) => {
    if (error instanceof Refusal) return null;
    throw error;
  });
}

export const dataOf = (disk: string): string => path.join(disk, 'data');
