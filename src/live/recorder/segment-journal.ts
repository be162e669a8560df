import type { InitMedia, PartMedia, RenditionInfo, SegmentMedia } from '../packager/segment.ts';
import type { RenditionName } from '../packager/source.ts';
import { readRecords, writeRecords } from './journal-records.ts';

/**
 * A segment that is being made, as its journal has it: the first record says what it is, the second is the initialization
 * section, every other one a part. So a journal can be played by itself, whatever else a crash left unwritten.
 */
export interface JournalledSegment {
  readonly rendition: RenditionName;
  readonly epochMs: number;
  readonly timescale: number;
  readonly msn: number;
  /** Ticks. */
  readonly start: number;
  readonly discontinuity: boolean;
  readonly independent: boolean;
  readonly init: InitMedia;
  /** Whole and in order, at least one. */
  readonly parts: readonly JournalledPart[];
}

export type JournalledPart = Omit<PartMedia, 'independent'>;

type Head = Omit<JournalledSegment, 'init' | 'parts'> & {
  readonly version: 2;
  readonly initNumber: number;
  readonly info: RenditionInfo;
};

/** Before the bytes of a part: its duration and its frames, 32 bits each. */
const PART_HEAD_BYTES = 8;

/** The records that a segment's journal begins with. */
export function writeSegmentHead(
  of: Pick<JournalledSegment, 'rendition' | 'epochMs' | 'timescale' | 'init'>,
  segment: SegmentMedia,
): Uint8Array {
  const { rendition, epochMs, timescale, init } = of;
  const { msn, start, discontinuity, independent } = segment;
  const place = { rendition, epochMs, timescale, msn, start, discontinuity, independent };
  const head: Head = { version: 2, ...place, initNumber: init.number, info: init.info };
  return writeRecords([new TextEncoder().encode(JSON.stringify(head)), init.bytes]);
}

export function writePartRecord({ duration, samples, bytes }: PartMedia): Uint8Array {
  const payload = new Uint8Array(PART_HEAD_BYTES + bytes.length);
  const view = new DataView(payload.buffer);
  view.setUint32(0, duration);
  view.setUint32(4, samples);
  payload.set(bytes, PART_HEAD_BYTES);
  return writeRecords([payload]);
}

/** What can be played of a segment's journal; null when the crash came before its first part was whole. */
export function readSegmentJournal(bytes: Uint8Array): JournalledSegment | null {
  const [headBytes, initBytes, ...payloads] = readRecords(bytes);
  if (!headBytes || !initBytes || payloads.length === 0) return null;
  const head = JSON.parse(new TextDecoder().decode(headBytes)) as Head;
  if (head.version !== 2) return null;
  const { version: _, initNumber: number, info, ...place } = head;
  return { ...place, init: { number, bytes: initBytes, info }, parts: payloads.map(readPart) };
}

function readPart(payload: Uint8Array): JournalledPart {
  const view = new DataView(payload.buffer, payload.byteOffset);
  return {
    duration: view.getUint32(0),
    samples: view.getUint32(4),
    bytes: payload.subarray(PART_HEAD_BYTES),
  };
}
