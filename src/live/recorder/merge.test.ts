import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeSegments } from './merge.ts';
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

const names = (segments: readonly SegmentRow[]) =>
  mergeSegments(segments).map(({ first, last }) => `${first.msn}-${last.msn}`);

test('segments that begin in the same six seconds become one, and nothing is lost', () => {
  const merged = mergeSegments(rows(1800, 2));
  assert.equal(merged.length, 600);
  assert.ok(merged.every(({ duration }) => duration === 6000));
  const sound = mergeSegments(rows(1875, 1.92));
  assert.equal(sound.length, 600);
  assert.equal(
    sound.reduce((sum, { duration }) => sum + duration, 0),
    3_600_000,
  );
  assert.ok(sound.every(({ duration }) => duration >= 5760 && duration <= 7680));
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
