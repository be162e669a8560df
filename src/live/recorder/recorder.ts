import type { BroadcastId } from '#base/ids.ts';
import type { Migrations } from '#ports/db.ts';
import type { RecordingSink } from '../packager/packager.ts';
import type { HlsSource } from '../packager/source.ts';
import { discard } from './discard.ts';
import { recorderMigrations } from './migrations.ts';
import { type BroadcastWrite, Recording, type RecordingDeps } from './recording.ts';
import { type Reopened, reopen } from './reopen.ts';
import { createReplay } from './replay.ts';
import { restore } from './restore.ts';
import { soundRows } from './sound.ts';
import {
  findRecording,
  hasPicture,
  listSegments,
  type RecordingTotals,
  type SegmentRow,
  setComplete,
} from './store.ts';
import { StoredBlocks } from './stored-blocks.ts';
import { type StoredMedia, storedMedia } from './stored-media.ts';

/** A recording that is being made. */
export interface RunningRecording extends RecordingSink {
  /** Writes that are missing from the recording, for good. */
  readonly lost: number;
  /** Resolves when everything handed over so far is written, or given up. */
  written(): Promise<void>;
  /** As `written`; nothing is open afterwards. */
  close(): Promise<void>;
  /** As `close`; the recording is not complete: whoever reopens it goes on. */
  handOver(): Promise<void>;
  /** Another process goes on with it: nothing more is written. */
  abandon(): void;
  /** Resolves when everything is on disk. Null when nothing was recorded. */
  finish(): Promise<RecordingTotals | null>;
}

/** Keeps what was broadcast, and serves it afterwards. `write` is how rows are written: by the hold of who owns the broadcast. */
export interface Recorder {
  readonly migrations: Migrations;
  /**
   * Starts at once; storage follows behind. `epochMs` is the wall time of tick zero. `kept` is told when storage is full, or fails, and
   * nothing is recorded any more, and when there is room again.
   */
  start(
    broadcastId: BroadcastId,
    epochMs: number,
    kept?: (isKept: boolean) => void,
    write?: BroadcastWrite,
  ): RunningRecording;
  /** The recording as it stands in the database; null when there is none. Repeated calls are cheap once it is complete. */
  openReplay(broadcastId: BroadcastId): Promise<HlsSource | null>;
  /** The bytes of what was stored so far, under their names. */
  stored(broadcastId: BroadcastId): StoredMedia;
  /** What a crash left of a recording that goes on; null when there is nothing to play. */
  reopen(broadcastId: BroadcastId, write?: BroadcastWrite): Promise<Reopened | null>;
  /** Closes the recording of a broadcast that nobody finished, after a crash. Null when there is nothing to replay. */
  complete(broadcastId: BroadcastId, write?: BroadcastWrite): Promise<RecordingTotals | null>;
  delete(broadcastId: BroadcastId): Promise<void>;
}

/** Replays whose playlists stay in memory. */
const REPLAYS_MAX = 100;

export interface RecorderDeps extends Omit<RecordingDeps, 'write'> {
  /** Asked before a replay is read from storage: refuses where its bytes are elsewhere. */
  readonly mayOpen?: (broadcastId: BroadcastId) => Promise<void>;
}

export function createRecorder(deps: RecorderDeps): Recorder {
  const { db } = deps;
  const by = (write: BroadcastWrite = work => work(db.sql)): RecordingDeps => ({ ...deps, write });
  const media = { ...deps, blocks: new StoredBlocks(deps.blobs) };
  const replays = new Map<BroadcastId, HlsSource>();

  const remember = (broadcastId: BroadcastId, replay: HlsSource): void => {
    replays.set(broadcastId, replay);
    const oldest = replays.keys().next().value;
    if (replays.size > REPLAYS_MAX && oldest !== undefined) replays.delete(oldest);
  };

  const openReplay = async (broadcastId: BroadcastId): Promise<HlsSource | null> => {
    const known = replays.get(broadcastId);
    if (known) return known;
    const recording = await findRecording(db.sql, broadcastId);
    if (!recording) return null;
    await deps.mayOpen?.(broadcastId);
    const segments = await soundRows(deps, broadcastId, await listSegments(db.sql, broadcastId));
    if (!hasPicture(recording, segments)) return null;
    const replay = createReplay(media, broadcastId, recording, segments);
    if (recording.complete) remember(broadcastId, replay);
    return replay;
  };

  const complete: Recorder['complete'] = async (broadcastId, write) => {
    const writing = by(write);
    const segments = await restore(writing, broadcastId);
    if (!segments.some(segment => segment.rendition !== 'audio')) return null;
    const totals = totalsOf(segments);
    await writing.write(sql => setComplete(sql, broadcastId, totals));
    return totals;
  };

  return {
    migrations: recorderMigrations,
    start(broadcastId, epochMs, kept = () => {}, write = undefined) {
      const recording = new Recording(by(write), broadcastId, epochMs, kept);
      const finish = async () => {
        await recording.close();
        return complete(broadcastId, write);
      };
      return {
        get lost() {
          return recording.lost;
        },
        init: (rendition, init) => recording.init(rendition, init),
        part: (rendition, timescale, segment) => recording.part(rendition, timescale, segment),
        segment: (rendition, timescale, segment) => recording.segment(rendition, timescale, segment),
        isKept: segment => recording.isKept(segment),
        written: () => recording.written(),
        close: () => recording.close(),
        handOver: () => recording.handOver(),
        abandon: () => recording.abandon(),
        finish,
      };
    },
    openReplay,
    stored: broadcastId => storedMedia(media, broadcastId),
    reopen: (broadcastId, write) => reopen(by(write), broadcastId),
    complete,
    async delete(broadcastId) {
      replays.delete(broadcastId);
      await discard(by(), broadcastId);
    },
  };
}

/** What a player shows as the length: the segments of the longest layer in a row. */
function totalsOf(segments: readonly SegmentRow[]): RecordingTotals {
  const durations = new Map<string, number>();
  let bytes = 0;
  for (const segment of segments) {
    bytes += segment.bytes;
    const { rendition, duration, timescale } = segment;
    if (rendition !== 'audio')
      durations.set(rendition, (durations.get(rendition) ?? 0) + (duration * 1000) / timescale);
  }
  return { durationMs: Math.round(Math.max(0, ...durations.values())), bytes };
}
