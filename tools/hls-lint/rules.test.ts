import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Change, changeRules, hintIsNew } from './change-rules.ts';
import {
  advanceLimit,
  type Exchange,
  exchangeRules,
  type Refused,
  type Reload,
  reloadRules,
} from './delivery-rules.ts';
import { deltaRules, mergeUpdate, type Update } from './delta-rules.ts';
import {
  type Dated,
  datesFollowMedia,
  initReadable,
  type Parent,
  type Piece,
  partsAreSegment,
  pieceRules,
} from './media-rules.ts';
import type { Fragment, Init } from './mp4.ts';
import { parsePlaylist } from './parse-playlist.ts';
import { playlistRules } from './playlist-rules.ts';
import { type Presentation, presentationRules, type Reported, reportRules } from './presentation-rules.ts';
import type { Rule } from './rule.ts';
import { allRules } from './rules.ts';
import { media, SAMPLE_URL, samplePlaylist } from './samples.ts';

const covered = new Set<string>();

/** Names of the rules that the subject breaks. */
function broken<Subject>(rules: readonly Rule<Subject>[], subject: Subject): string[] {
  return rules.filter(rule => [...rule.check(subject)].length > 0).map(rule => rule.name);
}

/** The sound subject breaks nothing; each change of it breaks the rule it stands for. */
function trips<Subject>(
  what: string,
  rules: readonly Rule<Subject>[],
  sound: Subject,
  cases: readonly (readonly [rule: string, broken: Subject])[],
): void {
  test(`a sound ${what} breaks no rule`, () => assert.deepEqual(broken(rules, sound), []));
  for (const [name, subject] of cases) {
    covered.add(name);
    test(`${what}: ${name} is found`, () => {
      const found = broken(rules, subject);
      assert.ok(found.includes(name), `found instead: ${found.join(', ')}`);
    });
  }
}

const good = samplePlaylist();
/** The sample with one thing replaced; what is replaced must be in it. */
function edit(pattern: string | RegExp, by: string, text = good): string {
  const edited = text.replace(pattern, by);
  assert.notEqual(edited, text, `${pattern} is in the sample`);
  return edited;
}
const edited = (pattern: string | RegExp, by: string) => media(edit(pattern, by));

trips('playlist', [...playlistRules, hintIsNew], media(good), [
  ['playlist-syntax', edited('#EXTM3U\n', '')],
  ['playlist-syntax', edited('PART-TARGET=0.22', 'PART-TARGET="0.22"')],
  ['playlist-syntax', edited('#EXTINF:2,\n10.m4s', '10.m4s')],
  ['playlist-syntax', edited('#EXTINF:2,', '#EXTINF:2')],
  ['playlist-syntax', edited('T00:00:20.000Z', ' 00:00:20')],
  ['playlist-syntax', edited('#EXT-X-TARGETDURATION:4', '#EXT-X-TARGETDURATION:4\n#EXT-X-TARGETDURATION:4')],
  ['playlist-syntax', edited(',INDEPENDENT=YES', ',INDEPENDENT=YES,')],
  ['version-enough', edited('VERSION:9', 'VERSION:5')],
  ['required-tags', edited('#EXT-X-TARGETDURATION:4\n', '')],
  ['required-tags', edited('PART-HOLD-BACK=0.66,', '')],
  ['low-latency-profile', edited('CAN-BLOCK-RELOAD=YES,', '')],
  ['low-latency-profile', edited(/#EXT-X-PRELOAD-HINT.*\n/, '')],
  ['target-duration', edited('#EXTINF:2,', '#EXTINF:4.5,')],
  ['segment-overrun', edited('#EXTINF:2,', '#EXTINF:4.6,')],
  ['part-hold-back', edited('PART-HOLD-BACK=0.66', 'PART-HOLD-BACK=0.43')],
  ['part-hold-back-apple', edited('PART-HOLD-BACK=0.66', 'PART-HOLD-BACK=0.65')],
  ['hold-back', edited(',HOLD-BACK=12', ',HOLD-BACK=11.9')],
  ['skip-boundary', edited('CAN-SKIP-UNTIL=24', 'CAN-SKIP-UNTIL=23')],
  ['delta-updates', media(edit('CAN-SKIP-UNTIL=24,', '', samplePlaylist({ count: 61 })))],
  [
    'playlist-syntax',
    edited('#EXTINF', '#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXTINF'),
  ],
  ['part-longest', edited('DURATION=0.2,URI="16.0.m4s"', 'DURATION=0.2201,URI="16.0.m4s"')],
  ['part-shortest', edited('DURATION=0.2,URI="15.1.m4s"', 'DURATION=0.186,URI="15.1.m4s"')],
  ['parts-fill-segment', edited('#EXTINF:2,\n15.m4s', '#EXTINF:2.1,\n15.m4s')],
  ['segment-tags-before-parts', edited(/(#EXT-X-PART:.*"15\.1.*\n)/, '$1#EXT-X-DISCONTINUITY\n')],
  ['map-present', edited(/#EXT-X-MAP.*\n/, '')],
  ['program-date-present', edited(/#EXT-X-PROGRAM-DATE-TIME.*\n/g, '')],
  ['program-date-consistent', edited('00:00:24.000Z', '00:00:24.051Z')],
  [
    'discontinuity-sequence-present',
    media(
      edit(
        '#EXT-X-DISCONTINUITY-SEQUENCE:0\n',
        '',
        edit('#EXTINF:2,\n12', '#EXT-X-DISCONTINUITY\n#EXTINF:2,\n12'),
      ),
    ),
  ],
  ['map-change-discontinuity', edited('#EXTINF:2,\n12', '#EXT-X-MAP:URI="init-1.mp4"\n#EXTINF:2,\n12')],
  ['live-window', media(samplePlaylist({ count: 5 }))],
  ['ended-is-over', media(`${good}#EXT-X-ENDLIST\n`)],
  ['vod-is-ended', edited('#EXT-X-PART-INF', '#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-PART-INF')],
  ['preload-hint-new', edited('TYPE=PART,URI="16.2.m4s"', 'TYPE=PART,URI="16.1.m4s"')],
]);

test('the last part of a segment, an independent one and the newest may be short; no other', () => {
  const short = (name: string) =>
    broken(
      playlistRules,
      edited(`DURATION=0.2,URI="${name}.m4s"`, `DURATION=0.1,URI="${name}.m4s"`),
    ).includes('part-shortest');
  assert.deepEqual(['15.9', '15.0', '16.1', '15.8'].map(short), [false, false, false, true]);
});

const after = samplePlaylist({ first: 11, open: 0 });
const change = (pattern: string | RegExp, by: string): Change => ({
  before: media(good),
  after: media(edit(pattern, by, after)),
});
const withBreak = (text: string, msn: number) =>
  edit(`#EXTINF:2,\n${msn}.m4s`, `#EXT-X-DISCONTINUITY\n#EXTINF:2,\n${msn}.m4s`, text);

trips('reload', changeRules, { before: media(good), after: media(after) }, [
  ['target-duration-constant', change('DURATION:4', 'DURATION:5')],
  ['part-target-constant', change('PART-TARGET=0.22', 'PART-TARGET=0.21')],
  ['part-hold-back-constant', change('PART-HOLD-BACK=0.66', 'PART-HOLD-BACK=0.67')],
  ['version-constant', change('VERSION:9', 'VERSION:10')],
  ['media-sequence-forward', { before: media(after), after: media(good) }],
  ['end-forward', { before: media(good), after: media(samplePlaylist({ open: 1 })) }],
  [
    'end-forward',
    { before: media(edit(/#EXT-X-PRELOAD[\s\S]*/, '#EXT-X-ENDLIST\n', after)), after: media(after) },
  ],
  [
    'event-keeps-segments',
    {
      before: media(edit('#EXT-X-PART-INF', '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-PART-INF')),
      after: media(edit('#EXT-X-PART-INF', '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-PART-INF', after)),
    },
  ],
  ['segment-unchanged', change('#EXTINF:2,\n13', '#EXTINF:2.001,\n13')],
  ['segment-unchanged', change('\n13.m4s', '\n13b.m4s')],
  ['segment-unchanged', change('00:00:26.000Z', '00:00:26.001Z')],
  ['part-unchanged', change('DURATION=0.2,URI="15.3.m4s"', 'DURATION=0.21,URI="15.3.m4s"')],
  ['part-unchanged', change('"16.1.m4s"', '"16.x.m4s"')],
  [
    'finished-segment-closed',
    change(/(#EXT-X-PART:.*"15\.9.*\n)/, '$1#EXT-X-PART:DURATION=0.2,URI="15.10.m4s"\n'),
  ],
  ['discontinuity-sequence', { before: media(withBreak(good, 10)), after: media(after) }],
  ['discontinuity-sequence', change('DISCONTINUITY-SEQUENCE:0', 'DISCONTINUITY-SEQUENCE:1')],
  ['preload-hint-fulfilled', change('"16.2.m4s"', '"16.2b.m4s"')],
]);

const long = samplePlaylist({ count: 40 });
const skipping = samplePlaylist({ count: 40, open: 3, skip: 28 });
const update: Update = { before: media(long), asked: true, answer: media(skipping) };
const delta = (pattern: string | RegExp, by: string): Update => ({
  ...update,
  answer: media(edit(pattern, by, skipping)),
});

trips('delta update', deltaRules, update, [
  ['skip-asked-for', { ...update, asked: false }],
  ['skip-offered', delta('CAN-SKIP-UNTIL=24,', '')],
  ['skip-boundary-kept', { ...update, answer: media(samplePlaylist({ count: 40, skip: 29 })) }],
  ['skip-mergeable', delta('SEGMENTS=28', 'SEGMENTS=27')],
  ['skip-mergeable', { ...update, before: media(good) }],
  ['skip-discontinuity-sequence', delta('DISCONTINUITY-SEQUENCE:0', 'DISCONTINUITY-SEQUENCE:1')],
  ['skip-used', { ...update, answer: media(long) }],
]);

test('a delta update merged is the whole playlist', () => {
  const whole = media(samplePlaylist({ count: 40, open: 3 }));
  const merged = mergeUpdate(update.before, update.answer);
  const lines = ({ segments }: typeof merged) => segments.map(({ parts: _, ...segment }) => segment);
  assert.deepEqual(lines(merged), lines(whole));
  assert.deepEqual(broken([...playlistRules, hintIsNew], merged), []);
  assert.deepEqual(broken(changeRules, { before: media(long), after: merged }), []);
});

const exchange: Exchange = {
  kind: 'playlist',
  url: SAMPLE_URL,
  status: 200,
  fault: null,
  headers: new Headers({
    'content-type': 'application/vnd.apple.mpegurl',
    'content-encoding': 'gzip',
    'cache-control': 'public, max-age=1',
  }),
  body: new Uint8Array(1),
  redirected: false,
  ms: 1,
};
const headers = (name: string, value: string | null) => {
  const changed = new Headers(exchange.headers);
  if (value === null) changed.delete(name);
  else changed.set(name, value);
  return changed;
};

trips('answer', exchangeRules, exchange, [
  ['reachable', { ...exchange, status: 404 }],
  ['reachable', { ...exchange, status: 0, fault: 'socket hang up' }],
  ['reachable', { ...exchange, body: new Uint8Array() }],
  ['not-redirected', { ...exchange, kind: 'segment', redirected: true }],
  ['playlist-content-type', { ...exchange, headers: headers('content-type', 'text/plain') }],
  ['media-content-type', { ...exchange, kind: 'part' }],
  ['playlist-gzip', { ...exchange, headers: headers('content-encoding', null) }],
  ['cache-control', { ...exchange, headers: headers('cache-control', null) }],
  ['cache-control', { ...exchange, kind: 'segment', headers: headers('cache-control', 'no-store') }],
]);

const reload: Reload = { msn: 16, part: 1, status: 200, ms: 150, playlist: media(good) };
trips('blocking reload', reloadRules, reload, [
  ['reload-blocks', { ...reload, part: 2 }],
  ['reload-without-part', { ...reload, msn: 17, part: null }],
  ['reload-without-part', { ...reload, part: null, status: 400, playlist: null }],
  ['reload-timely', { ...reload, ms: 12_001 }],
]);

const refused: Refused = { query: '_HLS_msn=1016', status: 400, ended: false };
trips('refusal', [advanceLimit], refused, [['advance-limit', { ...refused, status: 200 }]]);

const init: Init = {
  kind: 'video',
  timescale: 90_000,
  codec: 'avc1.42e01f',
  width: 1280,
  height: 720,
  tracks: 1,
  sampleDuration: 0,
  sampleFlags: 0,
};
const fragment: Fragment = {
  start: 180_000,
  duration: 18_000,
  samples: 6,
  sync: [true, false, false, false, false, false],
};
const piece: Piece = {
  name: '12.0',
  kind: 'part',
  declaredS: 0.2,
  bytes: 1000,
  init,
  fragments: [fragment],
  problem: null,
  independent: true,
  expectedStart: 180_000,
  programDateMs: null,
};
const keyless = { ...fragment, sync: fragment.sync.map(() => false) };

trips('piece of media', pieceRules, piece, [
  ['media-readable', { ...piece, fragments: [], problem: 'there is no moof' }],
  ['media-readable', { ...piece, init: { ...init, tracks: 2 } }],
  ['declared-duration', { ...piece, declaredS: 0.217 }],
  ['decode-time-continuous', { ...piece, expectedStart: 179_900 }],
  ['segment-starts-with-key-frame', { ...piece, kind: 'segment', fragments: [keyless] }],
  ['part-independent', { ...piece, fragments: [keyless] }],
  ['part-independent-said', { ...piece, independent: false }],
]);
trips('initialization section', [initReadable], null, [['init-readable', 'there is no moov']]);

const parent: Parent = {
  msn: 12,
  segment: [{ ...fragment, duration: 36_000, samples: 12 }],
  parts: [fragment, fragment],
};
trips('segment with its parts', [partsAreSegment], parent, [
  ['parts-are-segment', { ...parent, parts: [fragment] }],
]);

const dated: Dated = {
  first: { msn: 1, startS: 2, programDateMs: 2000 },
  msn: 5,
  startS: 10,
  programDateMs: 10_000,
};
trips('date', [datesFollowMedia], dated, [
  ['program-date-follows-media', { ...dated, programDateMs: 10_060 }],
]);

const multivariantText = [
  '#EXTM3U',
  '#EXT-X-VERSION:9',
  '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",LANGUAGE="und",URI="audio/index.m3u8"',
  '#EXT-X-STREAM-INF:BANDWIDTH=1000000,AVERAGE-BANDWIDTH=500000,CODECS="avc1.42e01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio"',
  'video/index.m3u8',
  '',
].join('\n');

interface Parts {
  readonly text?: string;
  readonly video?: string;
  readonly audio?: string;
  readonly bytes?: number;
  readonly independent?: boolean;
  readonly init?: Partial<Init>;
}

function presentation({
  text = multivariantText,
  video = good,
  audio = good,
  bytes = 124_000,
  independent = true,
  ...rest
}: Parts): Presentation {
  const multivariant = parsePlaylist(text, 'http://host/index.m3u8');
  assert.ok(multivariant.kind === 'multivariant');
  const common = {
    segmentsIndependent: independent,
    measured: [10, 11, 12].map(msn => ({ msn, durationS: 2, bytes })),
  };
  const audioInit: Init = { ...init, kind: 'audio', codec: 'mp4a.40', width: 0, height: 0 };
  const of = (name: string, playlist: string, own: Init) => {
    const url = `http://host/${name}/index.m3u8`;
    return { url, playlist: media(playlist, url), inits: [own], ...common };
  };
  return {
    multivariant,
    renditions: [of('video', video, { ...init, ...rest.init }), of('audio', audio, audioInit)],
  };
}
const without = (name: string) =>
  presentation({ text: edit(new RegExp(`,?${name}=("[^"]*"|[^,\\n]*)`), '', multivariantText) });
const vod = (text: string) =>
  edit(
    /#EXT-X-PRELOAD[\s\S]*/,
    '#EXT-X-ENDLIST\n',
    edit('#EXT-X-PART-INF', '#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-PART-INF', text),
  );

trips('presentation', presentationRules, presentation({}), [
  ['codecs-present', without('CODECS')],
  ['average-bandwidth-present', without('AVERAGE-BANDWIDTH')],
  ['resolution-present', without('RESOLUTION')],
  ['frame-rate-present', without('FRAME-RATE')],
  ['language-present', without('LANGUAGE')],
  ['groups-exist', presentation({ text: edit(',AUDIO="audio"', ',AUDIO="other"', multivariantText) })],
  ['codecs-true', presentation({ init: { codec: 'avc1.64001f' } })],
  ['resolution-true', presentation({ init: { width: 640, height: 360 } })],
  ['bandwidth-true', presentation({ bytes: 126_000 })],
  ['same-target-duration', presentation({ audio: edit('DURATION:4', 'DURATION:5') })],
  ['renditions-cover-same-time', presentation({ audio: samplePlaylist({ first: 13 }) })],
  ['renditions-cover-same-time', presentation({ video: vod(good), audio: vod(samplePlaylist({ open: 6 })) })],
  ['discontinuities-match', presentation({ audio: withBreak(good, 12) })],
  ['independent-segments-said', presentation({ video: edit('#EXT-X-INDEPENDENT-SEGMENTS\n', '') })],
  ['independent-segments-true', presentation({ independent: false })],
]);

const reported: Reported = {
  playlist: media(good),
  others: [{ url: 'http://host/audio/index.m3u8', playlist: media(good, 'http://host/audio/index.m3u8') }],
};
trips('rendition report', reportRules, reported, [
  ['rendition-reports-present', { ...reported, playlist: edited(/#EXT-X-RENDITION-REPORT.*\n/, '') }],
  ['rendition-reports-plausible', { ...reported, playlist: edited('LAST-MSN=16', 'LAST-MSN=12') }],
  ['rendition-reports-plausible', { ...reported, playlist: edited(',LAST-PART=1', '') }],
]);

test('every rule has a name of its own, a clause, and a stream here that breaks it', () => {
  const names = allRules.map(rule => rule.name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    names.filter(name => !covered.has(name)),
    [],
  );
  for (const rule of allRules) assert.match(rule.clause, /^(bis|Apple) [0-9B]/);
});
