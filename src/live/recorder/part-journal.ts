import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { BoundedQueue } from '#base/queue.ts';
import type { JournalFile, Journals } from '#ports/journals.ts';
import type { InitMedia, SegmentMedia } from '../packager/segment.ts';
import type { RenditionName } from '../packager/source.ts';
import { segmentKey } from './keys.ts';
import { writePartRecord, writeSegmentHead } from './segment-journal.ts';

export interface PartJournalDeps {
  readonly journals: Journals;
  readonly log: Logger;
  /** Why a part is not on disk. */
  readonly failed: (cause: unknown) => void;
}

interface Entry {
  readonly key: string;
  /** The segment begins with this. */
  readonly first: boolean;
  readonly bytes: Uint8Array;
}

/** Parts that wait for the disk: about twelve seconds of four layers and their sound. */
const PARTS_MAX = 320;

/**
 * Writes every part of the segments being made to a journal of their own, until the whole segment is kept elsewhere. A
 * journal whose append failed is torn and takes no more; the next segment begins another.
 */
export class PartJournal {
  readonly #deps: PartJournalDeps;
  readonly #broadcastId: BroadcastId;
  readonly #epochMs: number;
  readonly #queue = new BoundedQueue<Entry>(PARTS_MAX);
  readonly #open = new Map<string, JournalFile>();
  /** Segments that are kept elsewhere, and whose journals can go. */
  readonly #kept = new Set<string>();
  /** The segment of each rendition that misses a part: what follows in it is of no use. */
  readonly #holed = new Map<RenditionName, number>();
  #isAbandoned = false;
  #running: Promise<void> | null = null;

  constructor(deps: PartJournalDeps, broadcastId: BroadcastId, epochMs: number) {
    this.#deps = deps;
    this.#broadcastId = broadcastId;
    this.#epochMs = epochMs;
  }

  /** The newest part of a segment that is being made. */
  part(rendition: RenditionName, timescale: number, segment: SegmentMedia, init: InitMedia): void {
    const part = segment.parts.at(-1);
    if (!part || this.#holed.get(rendition) === segment.msn) return;
    const first = segment.parts.length === 1;
    const of = { rendition, epochMs: this.#epochMs, timescale, init };
    const bytes = first
      ? join([writeSegmentHead(of, segment), writePartRecord(part)])
      : writePartRecord(part);
    const key = segmentKey(this.#broadcastId, rendition, segment.msn);
    if (this.#queue.push({ key, first, bytes })) this.#running ??= this.#drain();
    else {
      this.#holed.set(rendition, segment.msn);
      this.#deps.log.warn({ key }, 'the disk is too slow to keep every part at once');
    }
  }

  /** The whole segment is kept: its journal goes. */
  kept(rendition: RenditionName, msn: number): void {
    this.#kept.add(segmentKey(this.#broadcastId, rendition, msn));
    this.#running ??= this.#drain();
  }

  /** Resolves when everything handed over is on disk, or given up. */
  async written(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Nothing more is written. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** As `written`; no file stays open. */
  async close(): Promise<void> {
    await this.written();
    for (const key of [...this.#open.keys()]) await this.#closeFile(key);
  }

  async #drain(): Promise<void> {
    await null; // so that `#running` is set before the first write
    while (this.#queue.size > 0 || this.#kept.size > 0) {
      const kept = [...this.#kept];
      for (const batch of this.#batches()) if (!this.#kept.has(batch.key)) await this.#append(batch);
      for (const key of kept) await this.#forget(key);
    }
    this.#running = null;
  }

  /** All that waits, one entry for each journal, so that a slow disk syncs less often. */
  #batches(): Entry[] {
    const waiting = new Map<string, Entry>();
    for (let entry = this.#queue.shift(); entry; entry = this.#queue.shift()) {
      const before = waiting.get(entry.key);
      waiting.set(entry.key, before ? { ...before, bytes: join([before.bytes, entry.bytes]) } : entry);
    }
    return [...waiting.values()];
  }

  async #append({ key, first, bytes }: Entry): Promise<void> {
    if (this.#isAbandoned) return;
    try {
      if (first) this.#open.set(key, await this.#deps.journals.create(key));
      await this.#open.get(key)?.append(bytes);
    } catch (cause) {
      this.#deps.log.warn({ err: cause, key }, 'a part was not kept');
      this.#deps.failed(cause);
      await this.#closeFile(key);
    }
  }

  async #forget(key: string): Promise<void> {
    await this.#closeFile(key);
    try {
      await this.#deps.journals.delete(key);
    } catch (cause) {
      this.#deps.log.warn({ err: cause, key }, 'a journal that is of no more use stays');
    }
    this.#kept.delete(key);
  }

  async #closeFile(key: string): Promise<void> {
    const file = this.#open.get(key);
    this.#open.delete(key);
    await file?.close().catch((cause: unknown) => this.#deps.log.warn({ err: cause, key }, 'closing failed'));
  }
}

/** One array of several in a row. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
