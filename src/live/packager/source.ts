import type { Refusal } from '#contract/errors.ts';

/** `video` is the first or only layer, `video-2` and so on are the others. */
export type RenditionName = 'video' | 'audio' | `video-${number}`;

/** What a request is answered with. Requests for the same thing share one object, so that it can carry caches. */
export interface HlsBody {
  readonly type: 'playlist' | 'media';
  readonly chunks: readonly Uint8Array[];
  /** Bytes of all chunks together. */
  readonly length: number;
}

/**
 * Bytes that are in the store: read as they are sent, and only as far as they are asked for. Its length is known without
 * reading.
 */
export interface StoredBody {
  readonly type: 'stored';
  readonly length: number;
  /** Some bytes from `at` on, at most up to `end` (not included): at least one, unless the store lacks them. */
  read(at: number, end: number): Promise<Uint8Array>;
}

export type HlsOutcome = HlsBody | StoredBody | Refusal;
export type HlsAnswer = HlsOutcome | Pending;

/** The delivery directives of a playlist request (RFC 8216bis section 6.2.5); null when absent. */
export interface PlaylistQuery {
  readonly msn: number | null;
  readonly part: number | null;
  /** A delta update is wanted (`_HLS_skip`). */
  readonly skip?: boolean;
}

/** A broadcast as HLS sees it, live or recorded. Answers are immediate where the bytes are in memory. */
export interface HlsSource {
  /** Whether playlists may still change: at the latest when the replay takes over. */
  readonly live: boolean;
  multivariant(): HlsAnswer;
  playlist(rendition: RenditionName, query: PlaylistQuery): HlsAnswer;
  init(rendition: RenditionName, number: number): HlsAnswer;
  /** The whole recording as one VOD playlist of few segments; only once the broadcast is over. */
  replay(rendition: RenditionName): HlsAnswer;
  segment(rendition: RenditionName, msn: number): HlsAnswer;
  /** Segments in a row as one, as `replay` lists them. */
  merged(rendition: RenditionName, firstMsn: number, lastMsn: number): HlsAnswer;
  part(rendition: RenditionName, msn: number, part: number): HlsAnswer;
}

/** An answer that is not there yet. It settles once; after `cancel` it never delivers. */
export class Pending {
  #deliver: ((outcome: HlsOutcome) => void) | null = null;
  #outcome: HlsOutcome | null = null;
  #over = false;
  readonly #cancelled: (() => void) | null;

  constructor(cancelled: (() => void) | null = null) {
    this.#cancelled = cancelled;
  }

  /** Calls `deliver` with the outcome, at once when it is there already. */
  onSettled(deliver: (outcome: HlsOutcome) => void): void {
    this.#deliver = deliver;
    if (this.#outcome !== null && !this.#over) this.#finish(this.#outcome);
  }

  settle(outcome: HlsOutcome): void {
    if (this.#over || this.#outcome !== null) return;
    this.#outcome = outcome;
    if (this.#deliver !== null) this.#finish(outcome);
  }

  /** The one who asked has gone. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelled?.();
  }

  #finish(outcome: HlsOutcome): void {
    this.#over = true;
    this.#deliver?.(outcome);
  }
}

const encoder = new TextEncoder();

export function playlistBody(text: string): HlsBody {
  return playlistOf([encoder.encode(text)]);
}

/** A playlist in chunks. One that is the same object in many bodies is compressed once. */
export function playlistOf(chunks: readonly Uint8Array[]): HlsBody {
  return { type: 'playlist', chunks, length: lengthOf(chunks) };
}

export function mediaBody(chunks: readonly Uint8Array[]): HlsBody {
  return { type: 'media', chunks, length: lengthOf(chunks) };
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  return length;
}
