import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeMultivariant } from './multivariant.ts';
import {
  type MediaPlaylist,
  type PlaylistSegment,
  seconds,
  secondsOf,
  writeMediaPlaylist,
} from './playlist.ts';

const epochMs = Date.UTC(2026, 0, 1);

function segment(msn: number, change: Partial<PlaylistSegment> = {}): PlaylistSegment {
  return {
    uri: `${msn}.m4s`,
    durationS: 2,
    programDateMs: epochMs + msn * 2000,
    map: 'init-0.mp4',
    discontinuity: false,
    parts: [],
    ...change,
  };
}

function playlist(change: Partial<MediaPlaylist>): string[] {
  const text = writeMediaPlaylist({
    targetDurationS: 4,
    lowLatency: null,
    mediaSequence: 0,
    discontinuitySequence: 0,
    segments: [],
    preloadHint: null,
    renditionReports: [],
    state: 'live',
    ...change,
  });
  assert.ok(text.endsWith('\n'), 'the last line is ended');
  return text.trimEnd().split('\n');
}

test('a live playlist says line by line what RFC 8216bis asks', () => {
  const parts = [
    { uri: '8.0.m4s', durationS: 0.2, independent: true },
    { uri: '8.1.m4s', durationS: 0.199999, independent: false },
  ];
  const lines = playlist({
    independentSegments: true,
    lowLatency: { partTargetS: 0.22, partHoldBackS: 0.66, holdBackS: 12, canSkipUntilS: 24 },
    mediaSequence: 7,
    discontinuitySequence: 3,
    segments: [segment(7, { durationS: 2.00533 }), segment(8, { uri: null, parts })],
    preloadHint: '8.2.m4s',
    renditionReports: [{ uri: '../audio/index.m3u8', lastMsn: 8, lastPart: 1 }],
  });
  assert.deepEqual(lines, [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    '#EXT-X-TARGETDURATION:4',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,PART-HOLD-BACK=0.66,HOLD-BACK=12',
    '#EXT-X-PART-INF:PART-TARGET=0.22',
    '#EXT-X-MEDIA-SEQUENCE:7',
    '#EXT-X-DISCONTINUITY-SEQUENCE:3',
    '#EXT-X-MAP:URI="init-0.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:14.000Z',
    '#EXTINF:2.00533,',
    '7.m4s',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:16.000Z',
    '#EXT-X-PART:DURATION=0.2,URI="8.0.m4s",INDEPENDENT=YES',
    '#EXT-X-PART:DURATION=0.2,URI="8.1.m4s"',
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.2.m4s"',
    '#EXT-X-RENDITION-REPORT:URI="../audio/index.m3u8",LAST-MSN=8,LAST-PART=1',
  ]);
});

test('a discontinuity and its initialization section stand before their segment, the map only where it changes', () => {
  const lines = playlist({
    segments: [
      segment(0),
      segment(1, { map: 'init-1.mp4', discontinuity: true }),
      segment(2, { map: 'init-1.mp4' }),
    ],
  });
  assert.deepEqual(lines.slice(5), [
    '#EXT-X-MAP:URI="init-0.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z',
    '#EXTINF:2,',
    '0.m4s',
    '#EXT-X-DISCONTINUITY',
    '#EXT-X-MAP:URI="init-1.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z',
    '#EXTINF:2,',
    '1.m4s',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z',
    '#EXTINF:2,',
    '2.m4s',
  ]);
});

test('the replay is a VOD playlist with an end; a segment that was lost is a gap', () => {
  const lines = playlist({ state: 'vod', segments: [segment(0), segment(1, { gap: true })] });
  assert.deepEqual(lines, [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    '#EXT-X-TARGETDURATION:4',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-MAP:URI="init-0.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z',
    '#EXTINF:2,',
    '0.m4s',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z',
    '#EXT-X-GAP',
    '#EXTINF:2,',
    '1.m4s',
    '#EXT-X-ENDLIST',
  ]);
});

test('what was live and ended has an end and nothing to wait for', () => {
  const reports = [{ uri: '../audio/index.m3u8', lastMsn: 0, lastPart: 0 }];
  const lines = playlist({
    state: 'ended',
    segments: [segment(0)],
    preloadHint: '1.0.m4s',
    renditionReports: reports,
  });
  assert.equal(lines.at(-1), '#EXT-X-ENDLIST');
  assert.ok(!lines.some(line => /HINT|REPORT|VOD/.test(line)));
});

test('the multivariant playlist names every variant and their audio', () => {
  const of = { codecs: ['avc1.42e01f', 'mp4a.40.2'], frameRate: 30 };
  const best = { ...of, bandwidth: 2_500_000.4, averageBandwidth: 2_100_000.2, width: 1280, height: 720 };
  const least = { ...of, bandwidth: 800_000, averageBandwidth: 700_000, width: 640, height: 360 };
  const text = writeMultivariant({
    variants: [
      { ...best, uri: 'video/index.m3u8' },
      { ...least, uri: 'video-2/index.m3u8' },
    ],
    audio: { uri: 'audio/index.m3u8', channels: 2 },
  });
  assert.deepEqual(text.trimEnd().split('\n'), [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",LANGUAGE="und",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/index.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=2500001,AVERAGE-BANDWIDTH=2100001,CODECS="avc1.42e01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio"',
    'video/index.m3u8',
    '#EXT-X-STREAM-INF:BANDWIDTH=800000,AVERAGE-BANDWIDTH=700000,CODECS="avc1.42e01f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="audio"',
    'video-2/index.m3u8',
  ]);
});

test('parts add up to their segment, in the decimals that are written', () => {
  const [start, frames] = [2_900_003, 59];
  const sum = Array.from({ length: frames }, (_, i) => secondsOf(start + i * 3003, 3003, 90_000));
  const written = sum.reduce((units, durationS) => units + Math.round(durationS * 100_000), 0);
  assert.equal(written, Math.round(secondsOf(start, frames * 3003, 90_000) * 100_000));
  assert.equal(seconds(secondsOf(7, 19_800, 90_000)), '0.22', 'none is longer than it is');
});

test('durations are decimals without an exponent, rounded to 10 microseconds', () => {
  assert.deepEqual([2, 0.2, 1 / 3, 0.000001, 1.99999999].map(seconds), ['2', '0.2', '0.33333', '0', '2']);
});
