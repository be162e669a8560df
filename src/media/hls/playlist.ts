/**
 * A media playlist (RFC 8216bis section 4.4.3). Durations are seconds. What players must see
 * unchanged between reloads (target, part target, hold-backs) the caller keeps constant.
 */
export interface MediaPlaylist {
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
  /** Oldest first; only the last may be without a URI, while it is being made. */
  readonly segments: readonly PlaylistSegment[];
  /** The part that will come next, or null. */
  readonly preloadHint: string | null;
  readonly renditionReports: readonly RenditionReport[];
  /** `vod` is the whole recording, `ended` the last window of what was live. Both carry EXT-X-ENDLIST. */
  readonly state: 'live' | 'ended' | 'vod';
}

export interface LowLatency {
  readonly partTargetS: number;
  readonly partHoldBackS: number;
  /** For players that do not read parts. */
  readonly holdBackS: number;
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
}

export interface RenditionReport {
  readonly uri: string;
  readonly lastMsn: number;
  readonly lastPart: number;
}

/** EXT-X-PART and EXT-X-PRELOAD-HINT come with version 9 and are ignored by older players. */
const VERSION = 9;

export function writeMediaPlaylist(playlist: MediaPlaylist): string {
  const lines = header(playlist);
  let map = '';
  for (const segment of playlist.segments) {
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.map !== map) lines.push(`#EXT-X-MAP:URI="${segment.map}"`);
    map = segment.map;
    writeSegment(lines, segment);
  }
  if (playlist.state !== 'live') lines.push('#EXT-X-ENDLIST');
  else tail(lines, playlist);
  return `${lines.join('\n')}\n`;
}

function header(playlist: MediaPlaylist): string[] {
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${VERSION}`, `#EXT-X-TARGETDURATION:${playlist.targetDurationS}`];
  if (playlist.independentSegments) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  if (playlist.state === 'vod') lines.push('#EXT-X-PLAYLIST-TYPE:VOD');
  const low = playlist.lowLatency;
  if (low) {
    const control = `PART-HOLD-BACK=${seconds(low.partHoldBackS)},HOLD-BACK=${seconds(low.holdBackS)}`;
    lines.push(`#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,${control}`);
    lines.push(`#EXT-X-PART-INF:PART-TARGET=${seconds(low.partTargetS)}`);
  }
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`);
  // Players must not meet the tag for the first time with the first discontinuity (Apple's authoring rule 8.17).
  if (playlist.state !== 'vod' || playlist.discontinuitySequence > 0)
    lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`);
  return lines;
}

function writeSegment(lines: string[], segment: PlaylistSegment): void {
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateMs).toISOString()}`);
  for (const part of segment.parts) {
    const independent = part.independent ? ',INDEPENDENT=YES' : '';
    lines.push(`#EXT-X-PART:DURATION=${seconds(part.durationS)},URI="${part.uri}"${independent}`);
  }
  if (segment.gap) lines.push('#EXT-X-GAP');
  if (segment.uri !== null) lines.push(`#EXTINF:${seconds(segment.durationS)},`, segment.uri);
}

function tail(lines: string[], playlist: MediaPlaylist): void {
  if (playlist.preloadHint !== null)
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${playlist.preloadHint}"`);
  for (const report of playlist.renditionReports) {
    const position = `LAST-MSN=${report.lastMsn},LAST-PART=${report.lastPart}`;
    lines.push(`#EXT-X-RENDITION-REPORT:URI="${report.uri}",${position}`);
  }
}

/** A decimal-floating-point (section 4.2) to 10 us, without needless zeros. */
export function seconds(value: number): string {
  return String(Math.round(value * 100_000) / 100_000);
}
