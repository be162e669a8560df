import { parsePlaylist } from './parse-playlist.ts';
import type { MediaPlaylist } from './playlist.ts';

const epochMs = Date.UTC(2026, 0, 1);
export const SAMPLE_URL = 'http://host/video/index.m3u8';

export interface SampleOptions {
  readonly first?: number;
  /** Finished segments. */
  readonly count?: number;
  /** Parts of the segment that is being made. */
  readonly open?: number;
  /** Makes it a delta update that leaves out this many of `count`. */
  readonly skip?: number;
}

/** A low-latency playlist that breaks no rule: segments of 2 s, parts of 0.2 s. */
export function samplePlaylist({ first = 10, count = 6, open = 2, skip = 0 }: SampleOptions = {}): string {
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    '#EXT-X-TARGETDURATION:4',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,PART-HOLD-BACK=0.66,HOLD-BACK=12',
    '#EXT-X-PART-INF:PART-TARGET=0.22',
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    '#EXT-X-DISCONTINUITY-SEQUENCE:0',
    skip > 0 ? `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skip}` : '#EXT-X-MAP:URI="init-0.mp4"',
  ];
  for (let msn = first + skip; msn < first + count; msn++) {
    lines.push(date(msn));
    if (msn >= first + count - 2) lines.push(...parts(msn, 10));
    lines.push('#EXTINF:2,', `${msn}.m4s`);
  }
  const last = first + count;
  if (open > 0) lines.push(date(last), ...parts(last, open));
  lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${last}.${open}.m4s"`);
  lines.push(`#EXT-X-RENDITION-REPORT:URI="../audio/index.m3u8",LAST-MSN=${last},LAST-PART=1`);
  return `${lines.join('\n')}\n`;
}

/** Reads it as the linter would. */
export function media(text: string, url = SAMPLE_URL): MediaPlaylist {
  const playlist = parsePlaylist(text, url);
  if (playlist.kind !== 'media') throw new Error('not a media playlist');
  return playlist;
}

function date(msn: number): string {
  return `#EXT-X-PROGRAM-DATE-TIME:${new Date(epochMs + msn * 2000).toISOString()}`;
}

function parts(msn: number, count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => `#EXT-X-PART:DURATION=0.2,URI="${msn}.${i}.m4s"${i === 0 ? ',INDEPENDENT=YES' : ''}`,
  );
}
