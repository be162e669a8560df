import type { Clock } from '#base/clock.ts';
import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { BoundedQueue } from '#base/queue.ts';
import type { Blobs } from '#ports/blobs.ts';
import type { Db, Sql } from '#ports/db.ts';
import type { Journals } from '#ports/journals.ts';
import { Fenced } from '#ports/placement.ts';
import { StorageFull } from '#ports/storage-full.ts';
import type { RecordingSink } from '../packager/packager.ts';
import type { InitMedia, SegmentMedia } from '../packager/segment.ts';
import type { RenditionName } from '../packager/source.ts';
import { initKey, segmentKey } from './keys.ts';
import { join, PartJournal } from './part-journal.ts';
import { insertRecording, insertSegments, type SegmentRow, setHandedOver, setInfo } from './store.ts';

export type BroadcastWrite = <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;

export interface RecordingDeps {
  readonly db: Db;
  /** How rows of the broadcast are written: not at all once another process has taken it over. */
  readonly write: BroadcastWrite;
  readonly blobs: Blobs;
  readonly journals: Journals;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Write {
  readonly what: string;
  readonly run: () => Promise<void>;
}

/** Segments that wait for the disk: a minute of four layers and their sound. Then new ones are left out of the recording. */
const WRITES_MAX = 160;
/** This is the layer that retries storage faults of a recording. */
const ATTEMPTS_MAX = 4;
const RETRY_MS = 250;

/**
 * Writes one broadcast's segments behind its back: parts to a journal as they come, then whole segments, bytes before rows.
 * The live stream never waits.
 */
export class Recording implements RecordingSink {
  readonly broadcastId: BroadcastId;
  readonly #deps: RecordingDeps;
  readonly #queue = new BoundedQueue<Write>(WRITES_MAX);
  readonly #parts: PartJournal;
  readonly #inits = new Map<RenditionName, InitMedia>();
  readonly #keptInits = new Map<RenditionName, string>();
  readonly #kept: (isKept: boolean) => void;
  /** Segments in memory whose bytes and rows are stored. */
  readonly #stored = new WeakSet<SegmentMedia>();
  /** Gaps whose write waits. */
  #gaps: SegmentRow[] = [];
  #hasSegment = false;
  #isLosing = false;
  #isAbandoned = false;
  /** Ends the wait of a write that is to be tried again. */
  #endPause: () => void = () => {};
  #running: Promise<void> | null = null;
  /** Writes that are missing from the recording, for good. */
  lost = 0;

  constructor(
    deps: RecordingDeps,
    broadcastId: BroadcastId,
    epochMs: number,
    kept: (isKept: boolean) => void,
  ) {
    this.#kept = kept;
    this.#deps = deps;
    this.broadcastId = broadcastId;
    this.#parts = new PartJournal({ ...deps, failed: cause => this.#failed(cause) }, broadcastId, epochMs);
    this.#add('recording', () => deps.write(sql => insertRecording(sql, broadcastId, epochMs)));
  }

  init(rendition: RenditionName, init: InitMedia): void {
    this.#inits.set(rendition, init);
    this.#add(`${rendition} init ${init.number}`, () => this.#keepInit(rendition, init));
  }

  part(rendition: RenditionName, timescale: number, segment: SegmentMedia): void {
    const init = this.#inits.get(rendition);
    if (init) this.#parts.part(rendition, timescale, segment, init);
  }

  segment(rendition: RenditionName, timescale: number, segment: SegmentMedia): void {
    const row = rowOf(rendition, timescale, segment);
    if (segment.gap) {
      this.#gap(row);
      return;
    }
    const { write } = this.#deps;
    const { msn } = segment;
    const init = this.#inits.get(rendition);
    this.#add(`${rendition} segment ${msn}`, async () => {
      if (init) await this.#keepInit(rendition, init);
      const bytes = join(segment.parts.map(part => part.bytes));
      await this.#put(segmentKey(this.broadcastId, rendition, msn), bytes);
      await write(sql => insertSegments(sql, this.broadcastId, [row]));
      this.#stored.add(segment);
      this.#hasSegment = true;
      this.#parts.kept(rendition, msn);
      this.#isKept(true);
    });
  }

  isKept(segment: SegmentMedia): boolean {
    return this.#stored.has(segment);
  }

  /** Resolves when everything handed over is written, or given up. */
  async written(): Promise<void> {
    while (this.#running) await this.#running;
    await this.#parts.written();
  }

  /** As `written`; nothing is open afterwards. */
  async close(): Promise<void> {
    await this.written();
    await this.#parts.close();
  }

  /** As `close`; another process goes on with it, and learns whether it has all that players were shown. */
  async handOver(): Promise<void> {
    await this.close();
    // Numbers that an earlier process gave and lost become rows with the first segment that follows them.
    if (this.lost === 0 && this.#hasSegment)
      await this.#deps.write(sql => setHandedOver(sql, this.broadcastId, true));
  }

  /** Another process goes on with it: what waits, or comes, is not written, here or in the journals. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#endPause();
    while (this.#queue.shift()) this.lost++;
    this.#parts.abandon();
  }

  /** A layer that begins late brings a gap for every segment of the others: they are one write. */
  #gap(row: SegmentRow): void {
    this.#gaps.push(row);
    if (this.#gaps.length > 1) return;
    let rows: SegmentRow[] | null = null;
    this.#add('gaps', async () => {
      if (rows === null) [rows, this.#gaps] = [this.#gaps, []];
      const gaps = rows;
      await this.#deps.write(sql => insertSegments(sql, this.broadcastId, gaps));
    });
  }

  #add(what: string, run: () => Promise<void>): void {
    if (this.#isAbandoned) {
      this.lost++;
      return;
    }
    if (!this.#queue.push({ what, run })) {
      this.lost++;
      this.#deps.log.error(
        { broadcastId: this.broadcastId, what },
        'the recording cannot keep up and leaves this out',
      );
      return;
    }
    this.#running ??= this.#drain();
  }

  /** Every segment sees to it that its initialization section is there: storage may have been full when that came. */
  async #keepInit(rendition: RenditionName, init: InitMedia): Promise<void> {
    const key = initKey(this.broadcastId, rendition, init.number);
    if (this.#keptInits.get(rendition) === key) return;
    await this.#put(key, init.bytes);
    await this.#deps.write(sql => setInfo(sql, this.broadcastId, rendition, init.info));
    this.#keptInits.set(rendition, key);
  }

  /**
   * Only rows are written by the hold, and whoever takes over may clear the folder under a write of bytes: one that fails asks
   * the hold, which throws `Fenced`.
   */
  async #put(key: string, bytes: Uint8Array): Promise<void> {
    const { write, blobs } = this.#deps;
    try {
      await blobs.put(key, bytes);
    } catch (cause) {
      if (!(cause instanceof StorageFull)) await write(async () => {});
      throw cause;
    }
  }

  #failed(cause: unknown): void {
    if (cause instanceof StorageFull) this.#isKept(false);
  }

  /** Said once when storage is full or fails for good, and once when a whole segment was kept again. */
  #isKept(kept: boolean): void {
    if (this.#isLosing === !kept) return;
    this.#isLosing = !kept;
    this.#deps.log.warn({ broadcastId: this.broadcastId, kept }, 'storage takes nothing, or takes it again');
    this.#kept(kept);
  }

  async #drain(): Promise<void> {
    await null; // so that `#running` is set before the first write
    for (let write = this.#queue.shift(); write; write = this.#queue.shift()) await this.#attempt(write);
    this.#running = null;
  }

  async #attempt(write: Write): Promise<void> {
    const { log } = this.#deps;
    for (let attempt = 1; ; attempt++) {
      try {
        return await write.run();
      } catch (cause) {
        if (cause instanceof Fenced) this.abandon();
        if (this.#isAbandoned) return;
        this.#failed(cause);
        const fields = { err: cause, broadcastId: this.broadcastId, what: write.what, attempt };
        log.warn(fields, 'writing the recording failed');
        if (attempt === ATTEMPTS_MAX || cause instanceof StorageFull) {
          this.lost++;
          this.#isKept(false);
          log.error(fields, 'this is missing from the recording');
          return;
        }
        await this.#pause(RETRY_MS * attempt);
        if (this.#isAbandoned) return;
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#deps.clock.after(ms, resolve);
      this.#endPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function rowOf(rendition: RenditionName, timescale: number, segment: SegmentMedia): SegmentRow {
  const { msn, start, duration, initNumber, discontinuity, independent, parts } = segment;
  const bytes = parts.reduce((sum, part) => sum + part.bytes.length, 0);
  const frames = parts.reduce((sum, part) => sum + part.samples, 0);
  return {
    ...{ rendition, msn, start, duration, timescale, initNumber },
    ...{ discontinuity, independent, bytes, frames, restored: false },
  };
}
