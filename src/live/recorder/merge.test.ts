import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeRenditions } from './merge.ts';
import type { SegmentRow } from './store.ts';

function rows(count: number, seconds: number, change: (msn: number) => Partial<SegmentRow> = () => ({})) {
  return Array.from({ length: count }, (_, msn): SegmentRow => {
    const place = { rendition: 'video', msn, start: msn * seconds * 1000, duration: seconds * 1000 } as const;
    const media = {
      initNumber: 0,
      discontinuity: false,
      independent: true,
      bytes: 10,
      frames: 60,
      restored: false,
    };
    return { ...place, timescale: 1000, ...media, ...change(msn) };
  });
}

/** The first layer, and beside it a second one or the sound. */
function together(
  video: readonly SegmentRow[],
  beside: readonly SegmentRow[] = [],
  rendition: 'audio' | 'video-2' = 'audio',
) {
  const own = beside.map(row => ({ ...row, rendition }));
  const merged = mergeRenditions(new Map(Object.entries({ video, own })), 'video');
  return { video: merged.get('video')!, own: merged.get('own')! };
}

const names = (segments: readonly SegmentRow[]) =>
  together(segments).video.map(({ first, last }) => `${first.msn}-${last.msn}`);

/** Segments of any lengths, in seconds. */
function uneven(lengths: readonly number[], startS = 0): SegmentRow[] {
  let start = Math.round(startS * 1000);
  return rows(lengths.length, 0, msn => {
    const place = { start, duration: Math.round(lengths[msn]! * 1000) };
    start += place.duration;
    return place;
  });
}

test('segments that begin in the same six seconds become one, and nothing is lost', () => {
  const { video, own: audio } = together(rows(1800, 2), rows(1875, 1.92));
  assert.equal(video.length, 600);
  assert.ok(video.every(({ duration }) => duration === 6000));
  assert.equal(audio.length, 600);
  assert.equal(
    audio.reduce((sum, { duration }) => sum + duration, 0),
    3_600_000,
  );
  assert.ok(audio.every(({ duration }) => duration >= 5760 && duration <= 7680));
});

test('sound is cut with the segment that begins first when the picture was cut', () => {
  // Key frames as encoders send them, and sound whose first segment is short.
  const lengths = Array.from({ length: 300 }, (_, i) => [0.5, 3.7, 2.1, 1.6, 2.9, 4, 1.5][i % 7]!);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const sound = [0.64, ...Array.from({ length: Math.floor(total / 1.92) }, () => 1.92)];
  const { video, own: audio } = together(uneven(lengths), uneven(sound));
  assert.equal(audio.length, video.length);
  for (const [i, { first }] of audio.entries()) {
    const after = first.start - video[i]!.first.start;
    assert.ok(after >= 0 && after < 1920, `number ${i} begins ${after} ms after its picture`);
  }
});

test('layers of one video are cut at the same places, also one that began late', () => {
  const lengths = Array.from({ length: 60 }, (_, i) => 1.5 + (i % 5) / 2);
  const late = uneven(lengths).map((row, i) => ({ ...row, start: row.start - 40, bytes: i < 4 ? 0 : 10 }));
  const { video, own: layer } = together(uneven(lengths), late, 'video-2');
  const starts = (merged: typeof video) => merged.map(({ first }) => first.msn);
  assert.deepEqual(
    starts(layer),
    [...new Set([...starts(video), 4])].sort((a, b) => a - b),
  );
});

test('sound without a picture is cut every six seconds', () => {
  assert.equal(together([], rows(1875, 1.92)).own.length, 600);
});

test('a discontinuity, another initialization section, a hole and a gap begin a new one', () => {
  assert.deepEqual(names(rows(6, 2)), ['0-2', '3-5']);
  assert.deepEqual(names(rows(6, 2, msn => ({ discontinuity: msn === 1 }))), ['0-0', '1-2', '3-5']);
  assert.deepEqual(names(rows(6, 2, msn => ({ initNumber: Number(msn > 3) }))), ['0-2', '3-3', '4-5']);
  assert.deepEqual(names(rows(6, 2).filter(row => row.msn !== 4)), ['0-2', '3-3', '5-5']);
  assert.deepEqual(names(rows(6, 2, msn => ({ bytes: msn === 1 || msn === 2 ? 0 : 10 }))), [
    '0-0',
    '1-2',
    '3-5',
  ]);
});
