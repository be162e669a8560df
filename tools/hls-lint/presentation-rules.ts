import type { Init } from './mp4.ts';
import {
  lengthS,
  type MediaPlaylist,
  type MultivariantPlaylist,
  position,
  type Variant,
} from './playlist.ts';
import type { Rule } from './rule.ts';

/** One rendition at the end of the watch. */
export interface Rendition {
  readonly url: string;
  readonly playlist: MediaPlaylist;
  /** Initialization sections by URI. */
  readonly inits: readonly Init[];
  /** Fetched segments, oldest first. */
  readonly measured: readonly Measured[];
  readonly segmentsIndependent: boolean;
}

export interface Measured {
  readonly msn: number;
  readonly durationS: number;
  readonly bytes: number;
}

export interface Presentation {
  readonly multivariant: MultivariantPlaylist;
  readonly renditions: readonly Rendition[];
}

type PresentationRule = Rule<Presentation>;

const codecsPresent: PresentationRule = {
  name: 'codecs-present',
  clause: 'Apple 9.1, bis 4.4.6.2',
  level: 'must',
  check: ({ multivariant }) => missing(multivariant, 'CODECS'),
};

const averageBandwidthPresent: PresentationRule = {
  name: 'average-bandwidth-present',
  clause: 'Apple 9.14',
  level: 'must',
  check: ({ multivariant }) => missing(multivariant, 'AVERAGE-BANDWIDTH'),
};

const resolutionPresent: PresentationRule = {
  name: 'resolution-present',
  clause: 'Apple 9.2',
  level: 'must',
  check: presentation => missing(withVideo(presentation), 'RESOLUTION'),
};

const frameRatePresent: PresentationRule = {
  name: 'frame-rate-present',
  clause: 'Apple 9.15',
  level: 'must',
  check: presentation => missing(withVideo(presentation), 'FRAME-RATE'),
};

const languagePresent: PresentationRule = {
  name: 'language-present',
  clause: 'Apple 8.10',
  level: 'must',
  *check({ multivariant }) {
    for (const media of multivariant.media)
      if (media.get('TYPE') !== 'VIDEO' && !media.get('LANGUAGE'))
        yield `EXT-X-MEDIA "${media.get('NAME')}" has no LANGUAGE`;
  },
};

const groupsExist: PresentationRule = {
  name: 'groups-exist',
  clause: 'bis 4.4.6.2',
  level: 'must',
  *check({ multivariant: { variants, media } }) {
    for (const { uri, attributes } of variants)
      for (const type of ['AUDIO', 'VIDEO', 'SUBTITLES']) {
        const group = attributes.get(type);
        const exists = media.some(tag => tag.get('TYPE') === type && tag.get('GROUP-ID') === group);
        if (group !== undefined && !exists)
          yield `${uri} names the ${type} group "${group}", which does not exist`;
      }
  },
};

const codecsTrue: PresentationRule = {
  name: 'codecs-true',
  clause: 'bis 4.4.6.2',
  level: 'must',
  *check(presentation) {
    for (const variant of presentation.multivariant.variants) {
      const declared = (variant.attributes.get('CODECS') ?? '').toLowerCase().split(',');
      if (!variant.attributes.has('CODECS')) continue;
      for (const { codec } of renditionsOf(presentation, variant).flatMap(rendition => rendition.inits))
        if (!declared.some(name => name.trim().startsWith(codec.toLowerCase())))
          yield `${variant.uri} has ${codec}, CODECS is "${declared.join(',')}"`;
    }
  },
};

const resolutionTrue: PresentationRule = {
  name: 'resolution-true',
  clause: 'bis 4.4.6.2',
  level: 'must',
  *check(presentation) {
    for (const variant of presentation.multivariant.variants) {
      const declared = variant.attributes.get('RESOLUTION');
      const videos = renditionsOf(presentation, variant).flatMap(rendition =>
        rendition.inits.filter(init => init.kind === 'video'),
      );
      const sizes = videos.map(init => `${init.width}x${init.height}`);
      if (declared !== undefined && sizes.length > 0 && !sizes.includes(declared))
        yield `${variant.uri} is ${sizes.join(' and ')}, RESOLUTION is ${declared}`;
    }
  },
};

/** The sum of peaks of what plays together is at most BANDWIDTH. */
const bandwidthTrue: PresentationRule = {
  name: 'bandwidth-true',
  clause: 'bis 4.4.6.2, Apple 9.13',
  level: 'must',
  *check(presentation) {
    for (const variant of presentation.multivariant.variants) {
      const declared = Number(variant.attributes.get('BANDWIDTH'));
      const peak = renditionsOf(presentation, variant).reduce(
        (sum, rendition) => sum + peakRate(rendition),
        0,
      );
      if (peak > declared * 1.001)
        yield `${variant.uri} peaks at ${Math.round(peak)}, BANDWIDTH is ${declared}`;
    }
  },
};

const sameTargetDuration: PresentationRule = {
  name: 'same-target-duration',
  clause: 'Apple 8.2',
  level: 'must',
  *check({ renditions }) {
    const targets = new Set(renditions.map(rendition => rendition.playlist.targetDurationS));
    if (targets.size > 1) yield `renditions have target durations ${[...targets].join(', ')}`;
  },
};

/** All renditions cover the same time: to one target duration while live, to half a second in a recording. */
const sameTime: PresentationRule = {
  name: 'renditions-cover-same-time',
  clause: 'bis 6.2.4, Apple 8.3, 8.7',
  level: 'must',
  *check({ renditions }) {
    const spans = renditions.flatMap(({ url, playlist }) => spanOf(playlist, url));
    const recorded = renditions.every(({ playlist }) => playlist.playlistType === 'VOD');
    const tolerance = recorded ? 500 : (renditions[0]?.playlist.targetDurationS ?? 0) * 1000;
    for (const edge of ['startMs', 'endMs'] as const) {
      // Segments leave live playlists when they leave; only the end can be compared.
      if (edge === 'startMs' && !recorded) continue;
      const sorted = spans.toSorted((a, b) => a[edge] - b[edge]);
      const apart = (sorted.at(-1)?.[edge] ?? 0) - (sorted[0]?.[edge] ?? 0);
      if (apart > tolerance)
        yield `${sorted[0]?.url} and ${sorted.at(-1)?.url} ${edge === 'endMs' ? 'end' : 'start'} ${Math.round(apart)} ms apart`;
    }
  },
};

const discontinuitiesMatch: PresentationRule = {
  name: 'discontinuities-match',
  clause: 'bis 6.2.4, Apple 8.15',
  level: 'must',
  *check({ renditions }) {
    const lines = renditions.map(({ url, playlist }) => ({
      url,
      span: spanOf(playlist, url)[0],
      breaks: breaksOf(playlist),
    }));
    for (const one of lines)
      for (const other of lines)
        for (const at of one === other ? [] : one.breaks) {
          const covered = other.span && at > other.span.startMs + 1000 && at < other.span.endMs - 1000;
          if (covered && !other.breaks.some(candidate => Math.abs(candidate - at) <= 500))
            yield `${one.url} has a discontinuity at ${new Date(at).toISOString()}, ${other.url} does not`;
        }
  },
};

/** If every video segment starts with a key frame, players should be told so. */
const independentSegmentsSaid: PresentationRule = {
  name: 'independent-segments-said',
  clause: 'Apple 9.11, 9.12',
  level: 'must',
  *check({ multivariant, renditions }) {
    if (multivariant.independentSegments) return;
    for (const { url, playlist, segmentsIndependent, inits } of renditions)
      if (segmentsIndependent && inits.some(init => init.kind === 'video') && !playlist.independentSegments)
        yield `${url} has only independent segments, EXT-X-INDEPENDENT-SEGMENTS stands nowhere`;
  },
};

const independentSegmentsTrue: PresentationRule = {
  name: 'independent-segments-true',
  clause: 'bis 4.4.2.1',
  level: 'must',
  *check({ multivariant, renditions }) {
    for (const { url, playlist, segmentsIndependent, measured } of renditions)
      if (
        measured.length > 0 &&
        !segmentsIndependent &&
        (multivariant.independentSegments || playlist.independentSegments)
      )
        yield `${url} says EXT-X-INDEPENDENT-SEGMENTS, but a segment does not start with a key frame`;
  },
};

export const presentationRules: readonly PresentationRule[] = [
  codecsPresent,
  averageBandwidthPresent,
  resolutionPresent,
  frameRatePresent,
  languagePresent,
  groupsExist,
  codecsTrue,
  resolutionTrue,
  bandwidthTrue,
  sameTargetDuration,
  sameTime,
  discontinuitiesMatch,
  independentSegmentsSaid,
  independentSegmentsTrue,
];

/** A playlist just loaded, and where the others stood when it was asked for. */
export interface Reported {
  readonly playlist: MediaPlaylist;
  readonly others: readonly { readonly url: string; readonly playlist: MediaPlaylist }[];
}

const reportsPresent: Rule<Reported> = {
  name: 'rendition-reports-present',
  clause: 'bis B.1, 4.4.5.4',
  level: 'must',
  *check({ playlist, others }) {
    if (playlist.partTargetS === null || playlist.ended) return;
    const reported = playlist.reports.map(report => new URL(report.uri, playlist.url).href);
    for (const { url } of others) if (!reported.includes(url)) yield `no EXT-X-RENDITION-REPORT for ${url}`;
  },
};

const reportsPlausible: Rule<Reported> = {
  name: 'rendition-reports-plausible',
  clause: 'bis 4.4.5.4',
  level: 'must',
  *check({ playlist, others }) {
    for (const report of playlist.reports) {
      const url = new URL(report.uri, playlist.url).href;
      const other = others.find(candidate => candidate.url === url);
      if (!other || other.playlist.ended) continue;
      const known = position(other.playlist);
      const msn = report.lastMsn ?? position(playlist).msn;
      if (Math.abs(msn - known.msn) > 1)
        yield `LAST-MSN of ${report.uri} is ${msn}, its playlist ends at ${known.msn}`;
      if (other.playlist.partTargetS !== null && report.lastPart === null)
        yield `${report.uri} has no LAST-PART`;
    }
  },
};

export const reportRules = [reportsPresent, reportsPlausible];

function missing({ variants }: { variants: readonly Variant[] }, name: string): string[] {
  return variants
    .filter(variant => !variant.attributes.get(name))
    .map(variant => `EXT-X-STREAM-INF of ${variant.uri} has no ${name}`);
}

function withVideo(presentation: Presentation): { variants: Variant[] } {
  const variants = presentation.multivariant.variants.filter(variant =>
    renditionsOf(presentation, variant).some(rendition =>
      rendition.inits.some(init => init.kind === 'video'),
    ),
  );
  return { variants };
}

/** The rendition of the variant itself, and the heaviest of each of its groups. */
function renditionsOf({ multivariant, renditions }: Presentation, variant: Variant): Rendition[] {
  const find = (uri: string) =>
    renditions.find(rendition => rendition.url === new URL(uri, multivariant.url).href);
  const uris = [variant.uri];
  for (const type of ['AUDIO', 'VIDEO'])
    uris.push(
      ...multivariant.media
        .filter(tag => tag.get('TYPE') === type && tag.get('GROUP-ID') === variant.attributes.get(type))
        .flatMap(tag => tag.get('URI') ?? []),
    );
  return uris.map(find).filter(rendition => rendition !== undefined);
}

/** Peak segment bit rate (bis section 1): of any run of segments of half to one and a half target durations. */
function peakRate({ measured, playlist }: Pick<Rendition, 'measured' | 'playlist'>): number {
  const target = playlist.targetDurationS ?? 6;
  let peak = 0;
  for (let from = 0; from < measured.length; from++) {
    let bytes = 0;
    let durationS = 0;
    for (let i = from; i < measured.length && measured[i]!.msn - measured[from]!.msn === i - from; i++) {
      bytes += measured[i]!.bytes;
      durationS += measured[i]!.durationS;
      if (durationS > 1.5 * target) break;
      if (durationS >= 0.5 * target) peak = Math.max(peak, (bytes * 8) / durationS);
    }
  }
  return peak;
}

function spanOf(playlist: MediaPlaylist, url: string): { url: string; startMs: number; endMs: number }[] {
  const first = playlist.segments.find(segment => segment.programDateMs !== null);
  const last = playlist.segments.findLast(segment => segment.programDateMs !== null);
  if (!first || !last) return [];
  const after = playlist.segments.filter(segment => segment.msn >= last.msn);
  const rest = after.reduce((sum, segment) => sum + lengthS(segment), 0);
  return [{ url, startMs: first.programDateMs!, endMs: last.programDateMs! + rest * 1000 }];
}

function breaksOf({ segments }: MediaPlaylist): number[] {
  return segments.flatMap(segment =>
    segment.discontinuity && segment.programDateMs !== null ? segment.programDateMs : [],
  );
}
