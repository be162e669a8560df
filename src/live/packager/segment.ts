import type { Rates } from './rates.ts';

/** One part as published. */
export interface PartMedia {
  readonly bytes: Uint8Array;
  /** Ticks of the rendition's timescale. */
  readonly duration: number;
  /** Frames in it. */
  readonly samples: number;
  /** Has a key frame in it: there a player can begin (RFC 8216bis section 4.4.4.9). */
  readonly independent: boolean;
}

/** One segment: its bytes are its parts in a row. Immutable once complete. */
export interface SegmentMedia {
  readonly msn: number;
  /** Decode time of the first sample, ticks since the epoch. */
  readonly start: number;
  /** Ticks of all parts so far. */
  readonly duration: number;
  readonly initNumber: number;
  readonly discontinuity: boolean;
  /** Starts with a key frame. */
  readonly independent: boolean;
  readonly parts: readonly PartMedia[];
  /** Players are told of its parts; otherwise of the whole only. */
  readonly isListed: boolean;
  readonly complete: boolean;
  /** Nothing came in this time: there are no parts. */
  readonly gap: boolean;
}

/** What the initialization section of a rendition says, for the multivariant playlist. */
export type RenditionInfo =
  | { readonly kind: 'video'; readonly codec: string; readonly width: number; readonly height: number }
  | { readonly kind: 'audio'; readonly codec: string; readonly channels: number };

export interface InitMedia {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly info: RenditionInfo;
}

/** A segment that was recorded before a restart: its bytes are with the recorder. */
export interface RecordedSegment extends Omit<SegmentMedia, 'parts' | 'isListed' | 'complete'> {
  /** Made of what a crash left of it: players may have been shown more under its name. */
  readonly restored?: boolean;
  /** A gap that stands for what players may have been shown and nobody stored: it is stored when something follows it. */
  readonly lost?: boolean;
}

/** What a rendition had before a restart, for one that goes on. */
export interface EarlierRendition {
  readonly timescale: number;
  /** Without a gap, at least one. */
  readonly segments: readonly RecordedSegment[];
  /** Discontinuities before those. */
  readonly discontinuitiesGone: number;
  readonly nextInit: number;
  readonly info: RenditionInfo;
  readonly rates: Rates;
}

/** Where a segmenter puts what it cuts. Nothing is visible to players before `publish`. */
export interface SegmentSink {
  init(bytes: Uint8Array, info: RenditionInfo): void;
  begin(start: number, discontinuity: boolean, independent: boolean): void;
  part(part: PartMedia): void;
  end(): void;
  publish(): void;
}

/** A sink of video, whose layers may begin late and pause one by one. */
export interface VideoSink extends SegmentSink {
  /** What comes first has this number, and so many discontinuities before it. */
  joins(msn: number, discontinuitiesGone: number): void;
  /** A segment without media (EXT-X-GAP), in ticks. */
  gap(start: number, duration: number, discontinuity: boolean): void;
  /** The parts of the segment that just began are not listed. */
  unlist(): void;
}

/** The parts that players are told of. */
export function listedParts(segment: SegmentMedia): readonly PartMedia[] {
  return segment.isListed ? segment.parts : [];
}

/** Names below a rendition's folder. They are the same live, in the replay, and in the store of blobs. */
export const initName = (number: number): string => `init-${number}.mp4`;
export const segmentName = (msn: number): string => `${msn}.m4s`;
/** Segments in a row under one name, in the replay. */
export const mergedName = (firstMsn: number, lastMsn: number): string => `${firstMsn}-${lastMsn}.m4s`;
export const partName = (msn: number, part: number): string => `${msn}.${part}.m4s`;
/**
 * A name as players are told it. What a crash took may have been shown already, and caches keep it for ever: after a restart
 * the same numbers stand for other bytes. They come with another initialization section, so its number makes them differ; what
 * was restored has one zero more before it.
 */
export function urlOf(name: string, initNumber: number, isRestored = false): string {
  if (isRestored) return `0${initNumber}_${name}`;
  return initNumber === 0 ? name : `${initNumber}_${name}`;
}
export const PLAYLIST_NAME = 'index.m3u8';
export const REPLAY_NAME = 'replay.m3u8';
