import { type Attributes, decimal, parseAttributes, wholeNumber } from './attributes.ts';
import { LINE_LENGTH_MAX, LINES_MAX, PROBLEMS_MAX } from './limits.ts';
import { MediaReader } from './media-reader.ts';
import type { Playlist, Variant } from './playlist.ts';

const MULTIVARIANT_TAGS = new Set([
  'EXT-X-MEDIA',
  'EXT-X-STREAM-INF',
  'EXT-X-I-FRAME-STREAM-INF',
  'EXT-X-SESSION-DATA',
  'EXT-X-SESSION-KEY',
  'EXT-X-CONTENT-STEERING',
]);

interface Line {
  /** Tag name without `#`, or null for a URI. */
  readonly tag: string | null;
  readonly value: string;
}

/** Reads a playlist, whatever is in it: what is wrong is among its `problems`. */
export function parsePlaylist(text: string, url: string): Playlist {
  const problems: string[] = [];
  const problem = (detail: string) => {
    if (problems.length < PROBLEMS_MAX) problems.push(detail);
  };
  const lines = splitLines(text, problem);
  const tags = new Set(lines.flatMap(line => line.tag ?? []));
  const version = versionOf(lines, problem);
  const independentSegments = tags.has('EXT-X-INDEPENDENT-SEGMENTS');
  const common = { url, version, independentSegments, tags, problems };
  if (![...tags].some(tag => MULTIVARIANT_TAGS.has(tag))) {
    const reader = new MediaReader(problem);
    for (const { tag, value } of lines) reader.line(tag, value);
    return { kind: 'media', ...common, ...reader.finish() };
  }
  if (tags.has('EXTINF') || tags.has('EXT-X-TARGETDURATION'))
    problem('tags of media and multivariant playlists stand in one playlist');
  return { kind: 'multivariant', ...common, ...readMultivariant(lines, problem) };
}

function splitLines(text: string, problem: (detail: string) => void): Line[] {
  if (text.startsWith('\uFEFF')) problem('begins with a byte order mark');
  const raw = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (raw[0] !== '#EXTM3U') problem('the first line is not #EXTM3U');
  if (raw.length > LINES_MAX) problem(`has more than ${LINES_MAX} lines`);
  const lines: Line[] = [];
  for (const line of raw.slice(1, LINES_MAX)) {
    if (line.length > LINE_LENGTH_MAX) problem(`a line is longer than ${LINE_LENGTH_MAX}`);
    else if (line.startsWith('#EXT')) lines.push(tagLine(line));
    else if (line !== '' && !line.startsWith('#')) lines.push({ tag: null, value: line });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line)) problem('a line has control characters');
  }
  return lines;
}

function tagLine(line: string): Line {
  const colon = line.indexOf(':');
  return colon < 0
    ? { tag: line.slice(1), value: '' }
    : { tag: line.slice(1, colon), value: line.slice(colon + 1) };
}

function versionOf(lines: readonly Line[], problem: (detail: string) => void): number | null {
  const found = lines.filter(line => line.tag === 'EXT-X-VERSION');
  if (found.length > 1) problem('EXT-X-VERSION stands more than once');
  return found[0] ? wholeNumber(found[0].value, 'EXT-X-VERSION', problem) : null;
}

function readMultivariant(
  lines: readonly Line[],
  problem: (detail: string) => void,
): { variants: Variant[]; media: Attributes[] } {
  const variants: Variant[] = [];
  const media: Attributes[] = [];
  let open: Attributes | null = null;
  for (const { tag, value } of lines) {
    if (open && tag !== null) problem('EXT-X-STREAM-INF is not followed by a URI');
    if (tag === null && !open) problem(`a URI stands without EXT-X-STREAM-INF: ${value.slice(0, 80)}`);
    if (tag === null && open) variants.push({ uri: value, attributes: open });
    open = tag === 'EXT-X-STREAM-INF' ? parseAttributes(value, problem) : null;
    if (open) streamInf(open, problem);
    if (tag === 'EXT-X-MEDIA') media.push(mediaTag(parseAttributes(value, problem), problem));
  }
  if (open) problem('EXT-X-STREAM-INF is not followed by a URI');
  return { variants, media };
}

function streamInf(attributes: Attributes, problem: (detail: string) => void): void {
  wholeNumber(attributes.get('BANDWIDTH'), 'BANDWIDTH', problem);
  for (const name of ['AVERAGE-BANDWIDTH'])
    if (attributes.has(name)) wholeNumber(attributes.get(name), name, problem);
  if (attributes.has('FRAME-RATE')) decimal(attributes.get('FRAME-RATE'), 'FRAME-RATE', problem);
  const resolution = attributes.get('RESOLUTION');
  if (resolution !== undefined && !/^[1-9]\d*x[1-9]\d*$/.test(resolution))
    problem(`RESOLUTION is "${resolution}"`);
}

function mediaTag(attributes: Attributes, problem: (detail: string) => void): Attributes {
  for (const name of ['TYPE', 'GROUP-ID', 'NAME'])
    if (!attributes.has(name)) problem(`EXT-X-MEDIA has no ${name}`);
  if (attributes.get('DEFAULT') === 'YES' && attributes.get('AUTOSELECT') === 'NO')
    problem('EXT-X-MEDIA has DEFAULT=YES with AUTOSELECT=NO');
  return attributes;
}
