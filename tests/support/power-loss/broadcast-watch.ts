import { parsePlaylist } from '../../../tools/hls-lint/parse-playlist.ts';
import type { MediaPlaylist } from '../../../tools/hls-lint/playlist.ts';

/** A segment that players were told of, at the first time that they were. */
export interface ShownSegment {
  readonly timeNs: bigint;
  readonly rendition: string;
  readonly msn: number;
  readonly programDateMs: number;
}

const LOOK_MS = 100;
/** Two dates this close are of the same segment. */
const SAME_MS = 250;

/** A player that reads every playlist of a broadcast, and notes the numbers in them. */
export class BroadcastWatch {
  readonly shown: ShownSegment[] = [];
  readonly #known = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  /** Numbers that were shown twice for pictures of different times. */
  repeats = 0;

  constructor(url: string, before: readonly ShownSegment[] = []) {
    for (const { rendition, msn, programDateMs } of before)
      this.#known.set(`${rendition} ${msn}`, programDateMs);
    this.shown.push(...before);
    this.#timer = setInterval(() => {
      for (const rendition of ['video', 'audio']) void this.#look(url, rendition).catch(() => {});
    }, LOOK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(url: string, rendition: string): Promise<void> {
    const response = await fetch(`${url}/${rendition}/index.m3u8`);
    if (!response.ok) return;
    const playlist = parsePlaylist(await response.text(), url) as MediaPlaylist;
    const timeNs = process.hrtime.bigint();
    for (const { msn, programDateMs, gap, parts, uri } of playlist.segments) {
      if (gap || programDateMs === null || (uri === null && parts.length === 0)) continue;
      const key = `${rendition} ${msn}`;
      const known = this.#known.get(key);
      if (known === undefined) this.shown.push({ timeNs, rendition, msn, programDateMs });
      else if (Math.abs(known - programDateMs) > SAME_MS) this.repeats++;
      this.#known.set(key, programDateMs);
    }
  }
}
