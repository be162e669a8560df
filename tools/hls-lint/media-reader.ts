import { type Attributes, decimal, parseAttributes, wholeNumber } from './attributes.ts';
import type { MediaPlaylist, Part, Report, Segment, ServerControl } from './playlist.ts';

type Problem = (detail: string) => void;
type Read = Omit<MediaPlaylist, 'kind' | 'url' | 'version' | 'independentSegments' | 'tags' | 'problems'>;

/** Tags that may stand once. */
const ONCE = new Set([
  'EXT-X-TARGETDURATION',
  'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-DISCONTINUITY-SEQUENCE',
  'EXT-X-PLAYLIST-TYPE',
  'EXT-X-SERVER-CONTROL',
  'EXT-X-PART-INF',
  'EXT-X-SKIP',
]);
/** Tags of a segment that must stand before its first part (bis section 4.4.4.9). */
const BEFORE_PARTS = new Set(['EXT-X-DISCONTINUITY', 'EXT-X-MAP', 'EXT-X-PROGRAM-DATE-TIME', 'EXT-X-KEY']);

/** Reads a media playlist line by line. */
export class MediaReader {
  readonly #problem: Problem;
  readonly #seen = new Set<string>();
  readonly #segments: Omit<Segment, 'msn'>[] = [];
  readonly #hints: { type: string; uri: string }[] = [];
  readonly #reports: Report[] = [];
  #open = emptySegment(null);
  #target: number | null = null;
  #mediaSequence: number | null = null;
  #discontinuitySequence: number | null = null;
  #playlistType: string | null = null;
  #partTarget: number | null = null;
  #control: ServerControl | null = null;
  #skipped = 0;
  #ended = false;

  constructor(problem: Problem) {
    this.#problem = problem;
  }

  line(tag: string | null, value: string): void {
    if (tag === null) {
      this.#segment(value);
      return;
    }
    if (ONCE.has(tag) && this.#seen.has(tag)) this.#problem(`${tag} stands more than once`);
    this.#seen.add(tag);
    if (BEFORE_PARTS.has(tag) && this.#open.parts.length > 0) this.#open.lateTags.push(tag);
    if (!this.#headTag(tag, value) && !this.#segmentTag(tag, value)) this.#tailTag(tag, value);
  }

  finish(): Read {
    const { durationS, parts, discontinuity, programDateMs } = this.#open;
    if (durationS !== null) this.#problem('EXTINF is not followed by a URI');
    if (parts.length > 0) this.#segments.push(this.#open);
    else if (discontinuity || programDateMs !== null)
      this.#problem('tags of a segment stand without a segment');
    const first = (this.#mediaSequence ?? 0) + this.#skipped;
    return {
      targetDurationS: this.#target,
      mediaSequence: this.#mediaSequence ?? 0,
      discontinuitySequence: this.#discontinuitySequence,
      playlistType: this.#playlistType,
      ended: this.#ended,
      partTargetS: this.#partTarget,
      control: this.#control,
      segments: this.#segments.map((segment, i) => ({ ...segment, msn: first + i })),
      skipped: this.#skipped,
      hints: this.#hints,
      reports: this.#reports,
    };
  }

  #headTag(tag: string, value: string): boolean {
    const whole = () => wholeNumber(value, tag, this.#problem);
    if (tag === 'EXT-X-TARGETDURATION') this.#target = whole();
    else if (tag === 'EXT-X-MEDIA-SEQUENCE') this.#mediaSequence = this.#beforeSegments(tag, whole());
    else if (tag === 'EXT-X-DISCONTINUITY-SEQUENCE')
      this.#discontinuitySequence = this.#beforeSegments(tag, whole());
    else if (tag === 'EXT-X-PLAYLIST-TYPE') {
      this.#playlistType = value;
      if (value !== 'VOD' && value !== 'EVENT') this.#problem(`EXT-X-PLAYLIST-TYPE is "${value}"`);
    } else if (tag === 'EXT-X-PART-INF')
      this.#partTarget = decimal(this.#attributes(value).get('PART-TARGET'), 'PART-TARGET', this.#problem);
    else if (tag === 'EXT-X-SERVER-CONTROL') this.#control = this.#serverControl(this.#attributes(value));
    else if (tag === 'EXT-X-ENDLIST') this.#ended = true;
    else return false;
    return true;
  }

  #segmentTag(tag: string, value: string): boolean {
    const open = this.#open;
    if (tag === 'EXTINF') open.durationS = this.#extinf(value);
    else if (tag === 'EXT-X-PROGRAM-DATE-TIME') open.programDateMs = this.#date(value);
    else if (tag === 'EXT-X-DISCONTINUITY') open.discontinuity = true;
    else if (tag === 'EXT-X-GAP') open.gap = true;
    else if (tag === 'EXT-X-BYTERANGE') open.byteRange = value;
    else if (tag === 'EXT-X-MAP') open.map = this.#uri(tag, this.#attributes(value));
    else if (tag === 'EXT-X-PART') this.#part(this.#attributes(value));
    else return false;
    return true;
  }

  #tailTag(tag: string, value: string): void {
    if (tag === 'EXT-X-SKIP')
      this.#skipped =
        wholeNumber(this.#attributes(value).get('SKIPPED-SEGMENTS'), 'SKIPPED-SEGMENTS', this.#problem) ?? 0;
    else if (tag === 'EXT-X-PRELOAD-HINT') {
      const attributes = this.#attributes(value);
      const type = attributes.get('TYPE') ?? '';
      if (type !== 'PART' && type !== 'MAP') this.#problem(`EXT-X-PRELOAD-HINT has TYPE "${type}"`);
      this.#hints.push({ type, uri: this.#uri(tag, attributes) ?? '' });
    } else if (tag === 'EXT-X-RENDITION-REPORT') this.#report(this.#attributes(value));
  }

  #segment(uri: string): void {
    if (this.#open.durationS === null) this.#problem(`a segment has no EXTINF: ${uri.slice(0, 80)}`);
    this.#segments.push({ ...this.#open, uri });
    this.#open = emptySegment(this.#open.map);
  }

  #part(attributes: Attributes): void {
    const durationS = decimal(attributes.get('DURATION'), 'DURATION of EXT-X-PART', this.#problem) ?? 0;
    this.#open.parts.push({
      uri: this.#uri('EXT-X-PART', attributes) ?? '',
      durationS,
      independent: attributes.get('INDEPENDENT') === 'YES',
      gap: attributes.get('GAP') === 'YES',
      byteRange: attributes.get('BYTERANGE') ?? null,
    });
  }

  #report(attributes: Attributes): void {
    const uri = this.#uri('EXT-X-RENDITION-REPORT', attributes) ?? '';
    const number = (name: string) =>
      attributes.has(name) ? wholeNumber(attributes.get(name), name, this.#problem) : null;
    this.#reports.push({ uri, lastMsn: number('LAST-MSN'), lastPart: number('LAST-PART') });
  }

  #serverControl(attributes: Attributes): ServerControl {
    const seconds = (name: string) =>
      attributes.has(name) ? decimal(attributes.get(name), name, this.#problem) : null;
    return {
      canBlockReload: attributes.get('CAN-BLOCK-RELOAD') === 'YES',
      canSkipUntilS: seconds('CAN-SKIP-UNTIL'),
      holdBackS: seconds('HOLD-BACK'),
      partHoldBackS: seconds('PART-HOLD-BACK'),
    };
  }

  #extinf(value: string): number | null {
    const comma = value.indexOf(',');
    if (comma < 0) this.#problem(`EXTINF has no comma: "${value.slice(0, 40)}"`);
    return decimal(comma < 0 ? value : value.slice(0, comma), 'EXTINF', this.#problem);
  }

  #date(value: string): number | null {
    const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.test(value);
    const ms = iso ? Date.parse(value) : Number.NaN;
    if (!Number.isNaN(ms)) return ms;
    this.#problem(`EXT-X-PROGRAM-DATE-TIME is "${value.slice(0, 40)}"`);
    return null;
  }

  #beforeSegments(tag: string, value: number | null): number | null {
    if (this.#segments.length > 0 || this.#open.parts.length > 0)
      this.#problem(`${tag} stands after the first segment`);
    return value;
  }

  #uri(tag: string, attributes: Attributes): string | null {
    const uri = attributes.get('URI');
    if (!uri) this.#problem(`${tag} has no URI`);
    return uri ?? null;
  }

  #attributes(value: string): Attributes {
    return parseAttributes(value, this.#problem);
  }
}

function emptySegment(map: string | null) {
  return {
    uri: null as string | null,
    durationS: null as number | null,
    programDateMs: null as number | null,
    map,
    discontinuity: false,
    gap: false,
    byteRange: null as string | null,
    parts: [] as Part[],
    lateTags: [] as string[],
  };
}
