/** One segment of a media playlist; `uri` is null while it is being made and only its parts are listed. */
export interface Segment {
  readonly msn: number;
  readonly uri: string | null;
  readonly durationS: number | null;
  readonly programDateMs: number | null;
  /** URI of the initialization section that applies. */
  readonly map: string | null;
  readonly discontinuity: boolean;
  readonly gap: boolean;
  readonly byteRange: string | null;
  readonly parts: readonly Part[];
  /** Tags of the segment that stand after its first part. */
  readonly lateTags: readonly string[];
}

export interface Part {
  readonly uri: string;
  readonly durationS: number;
  readonly independent: boolean;
  readonly gap: boolean;
  readonly byteRange: string | null;
}

export interface MediaPlaylist {
  readonly kind: 'media';
  readonly url: string;
  readonly version: number | null;
  readonly targetDurationS: number | null;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number | null;
  readonly playlistType: string | null;
  readonly ended: boolean;
  readonly independentSegments: boolean;
  readonly partTargetS: number | null;
  readonly control: ServerControl | null;
  readonly segments: readonly Segment[];
  /** Segments that a delta update left out. */
  readonly skipped: number;
  readonly hints: readonly { readonly type: string; readonly uri: string }[];
  readonly reports: readonly Report[];
  /** Names of all tags in it, without `#`. */
  readonly tags: ReadonlySet<string>;
  readonly problems: readonly string[];
}

export interface ServerControl {
  readonly canBlockReload: boolean;
  readonly canSkipUntilS: number | null;
  readonly holdBackS: number | null;
  readonly partHoldBackS: number | null;
}

export interface Report {
  readonly uri: string;
  readonly lastMsn: number | null;
  readonly lastPart: number | null;
}

export interface Variant {
  readonly uri: string;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface MultivariantPlaylist {
  readonly kind: 'multivariant';
  readonly url: string;
  readonly version: number | null;
  readonly independentSegments: boolean;
  readonly variants: readonly Variant[];
  /** Attributes of each EXT-X-MEDIA. */
  readonly media: readonly ReadonlyMap<string, string>[];
  readonly tags: ReadonlySet<string>;
  readonly problems: readonly string[];
}

export type Playlist = MediaPlaylist | MultivariantPlaylist;

/** The last part that a playlist lists: the position a blocking reload continues from. */
export function position(playlist: MediaPlaylist): { msn: number; part: number } {
  const last = playlist.segments.at(-1);
  if (!last) return { msn: playlist.mediaSequence - 1, part: -1 };
  return { msn: last.msn, part: last.parts.length - 1 };
}

/** What a blocking reload asks for next (bis section 6.2.5.2). */
export function next(playlist: MediaPlaylist): { msn: number; part: number } {
  const last = playlist.segments.at(-1);
  if (!last) return { msn: playlist.mediaSequence, part: 0 };
  return last.uri === null ? { msn: last.msn, part: last.parts.length } : { msn: last.msn + 1, part: 0 };
}

/** Whether the part, or one after it, is listed. */
export function has(playlist: MediaPlaylist, msn: number, part: number): boolean {
  const last = playlist.segments.at(-1);
  if (!last || last.msn < msn) return false;
  return last.msn > msn || last.uri !== null || last.parts.length > part;
}

/** Duration as far as it is known: of the segment, or of its parts so far. */
export function lengthS(segment: Segment): number {
  return segment.durationS ?? segment.parts.reduce((sum, part) => sum + part.durationS, 0);
}
