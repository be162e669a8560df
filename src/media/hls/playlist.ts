/**
 * A media playlist (RFC 8216bis section 4.4.3). Durations are seconds. What players must see
 * unchanged between reloads (target, part target, hold-backs) the caller keeps constant.
 */
export interface MediaPlaylist extends PlaylistHead, PlaylistTail {
  /** Oldest first; only the last may be without a URI, while it is being made. */
  readonly segments: readonly PlaylistSegment[];
}

export interface PlaylistHead {
  /** EXT-X-TARGETDURATION, whole seconds: no segment rounds to more. */
  readonly targetDurationS: number;
  /** Every segment can be decoded without another (EXT-X-INDEPENDENT-SEGMENTS). */
  readonly independentSegments?: boolean;
  /** Absent from the finished form, which has no parts. */
  readonly lowLatency: LowLatency | null;
  /** EXT-X-MEDIA-SEQUENCE: the number of the first segment. */
  readonly mediaSequence: number;
  /** EXT-X-DISCONTINUITY-SEQUENCE: how many discontinuities have left the playlist. */
  readonly discontinuitySequence: number;
  readonly state: PlaylistState;
}

export interface PlaylistTail {
  /** The part that will come next, or null. */
  readonly preloadHint: string | null;
  readonly renditionReports: readonly RenditionReport[];
  readonly state: PlaylistState;
}

/** `vod` is the whole recording, `ended` what was live. Both carry EXT-X-ENDLIST. */
export type PlaylistState = 'live' | 'ended' | 'vod';

export interface LowLatency {
  readonly partTargetS: number;
  readonly partHoldBackS: number;
  /** For players that do not read parts. */
  readonly holdBackS: number;
  /** The Skip Boundary: delta updates leave out what is further than this from the end. */
  readonly canSkipUntilS: number;
}

export interface PlaylistSegment {
  /** Null while the segment is being made: then only its parts are listed. */
  readonly uri: string | null;
  readonly durationS: number;
  /** Wall time of its first sample, milliseconds since the Unix epoch. */
  readonly programDateMs: number;
  /** URI of its initialization section. */
  readonly map: string;
  readonly discontinuity: boolean;
  /** There are no bytes behind the URI (EXT-X-GAP). */
  readonly gap?: boolean;
  /** Parts to list, oldest first. */
  readonly parts: readonly PlaylistPart[];
}

export interface PlaylistPart {
  readonly uri: string;
  readonly durationS: number;
  /** Has a key frame in it (INDEPENDENT). */
  readonly independent: boolean;
  /** There are no bytes behind the URI (GAP). */
  readonly gap?: boolean;
}

export interface RenditionReport {
  readonly uri: string;
  readonly lastMsn: number;
  readonly lastPart: number;
}

/** EXT-X-PART and EXT-X-PRELOAD-HINT come with version 9 and are ignored by older players. */
const VERSION = 9;
/** Of 10 us. */
const UNITS_PER_SECOND = 100_000;

/** A whole playlist in one go; a live one that grows is put together of the same pieces by `Backlog`. */
export function writeMediaPlaylist(playlist: MediaPlaylist): string {
  const { segments } = playlist;
  const firstMap = segments[0]?.map ?? null;
  const texts = segments.map((segment, i) => segmentText(segment, segments[i - 1]?.map ?? firstMap));
  return `${headText(playlist, firstMap)}${texts.join('')}${tailText(playlist)}`;
}

/** Everything before the first segment. `firstMap` is the initialization section that applies there; null in delta updates. */
export function headText(head: PlaylistHead, firstMap: string | null): string {
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${VERSION}`, `#EXT-X-TARGETDURATION:${head.targetDurationS}`];
  if (head.independentSegments) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  if (head.state === 'vod') lines.push('#EXT-X-PLAYLIST-TYPE:VOD');
  const low = head.lowLatency;
  if (low) {
    lines.push(`#EXT-X-SERVER-CONTROL:${serverControl(low)}`);
    lines.push(`#EXT-X-PART-INF:PART-TARGET=${seconds(low.partTargetS)}`);
  }
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${head.mediaSequence}`);
  // Players must not meet the tag for the first time with the first discontinuity (Apple's authoring rule 8.17).
  if (head.state !== 'vod' || head.discontinuitySequence > 0)
    lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${head.discontinuitySequence}`);
  if (firstMap !== null) lines.push(mapLine(firstMap));
  return ended(lines);
}

function serverControl({ canSkipUntilS, partHoldBackS, holdBackS }: LowLatency): string {
  const holdBacks = `PART-HOLD-BACK=${seconds(partHoldBackS)},HOLD-BACK=${seconds(holdBackS)}`;
  return `CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=${seconds(canSkipUntilS)},${holdBacks}`;
}

/** Stands for the oldest segments, and all of their tags, in a delta update (section 4.4.5.2). */
export function skipText(skippedSegments: number): string {
  return `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skippedSegments}\n`;
}

/** One segment with its tags, after one that has the initialization section `mapBefore`. */
export function segmentText(segment: PlaylistSegment, mapBefore: string | null): string {
  const lines: string[] = [];
  if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
  if (segment.map !== mapBefore) lines.push(mapLine(segment.map));
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateMs).toISOString()}`);
  for (const part of segment.parts) {
    const says = `${part.independent ? ',INDEPENDENT=YES' : ''}${part.gap ? ',GAP=YES' : ''}`;
    lines.push(`#EXT-X-PART:DURATION=${seconds(part.durationS)},URI="${part.uri}"${says}`);
  }
  if (segment.gap) lines.push('#EXT-X-GAP');
  if (segment.uri !== null) lines.push(`#EXTINF:${seconds(segment.durationS)},`, segment.uri);
  return ended(lines);
}

/** Everything after the last segment. */
export function tailText(tail: PlaylistTail): string {
  if (tail.state !== 'live') return '#EXT-X-ENDLIST\n';
  const lines: string[] = [];
  if (tail.preloadHint !== null) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${tail.preloadHint}"`);
  for (const { uri, lastMsn, lastPart } of tail.renditionReports) {
    const position = `LAST-MSN=${lastMsn},LAST-PART=${lastPart}`;
    lines.push(`#EXT-X-RENDITION-REPORT:URI="${uri}",${position}`);
  }
  return ended(lines);
}

function mapLine(map: string): string {
  return `#EXT-X-MAP:URI="${map}"`;
}

function ended(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('');
}

/**
 * Seconds of a stretch of media, in ticks, between times that are rounded as `seconds` rounds: what lies end to end adds up to
 * the same decimals however it is divided, and no player finds a hole between a segment's last part and the next segment.
 */
export function secondsOf(start: number, duration: number, timescale: number): number {
  const units = (ticks: number): number => Math.round((ticks * UNITS_PER_SECOND) / timescale);
  return (units(start + duration) - units(start)) / UNITS_PER_SECOND;
}

/** A decimal-floating-point (section 4.2) to 10 us, without needless zeros. */
export function seconds(value: number): string {
  return String(Math.round(value * UNITS_PER_SECOND) / UNITS_PER_SECOND);
}
