import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AudioSegmenter } from './audio-segmenter.ts';
import type { PartMedia } from './segment.ts';

const FRAME = 1024;

function segmenter() {
  const segments: { start: number; discontinuity: boolean; parts: PartMedia[]; ended: boolean }[] = [];
  let inits = 0;
  const audio = new AudioSegmenter(
    { timescale: 48_000, channels: 2 },
    {
      init: () => inits++,
      begin: (start, discontinuity) => segments.push({ start, discontinuity, parts: [], ended: false }),
      part: part => segments.at(-1)!.parts.push(part),
      end: () => {
        segments.at(-1)!.ended = true;
      },
      publish: () => {},
    },
  );
  const feed = (pts: number) =>
    audio.unit({ kind: 'audio', pts, duration: FRAME, data: Uint8Array.of(1, 2, 3) });
  return { audio, segments, feed, inits: () => inits };
}

test('the first segment is short, every other is 90 frames in nine equal parts', () => {
  const { segments, feed } = segmenter();
  for (let i = 0; i < 121; i++) feed(i * FRAME);
  assert.equal(segments[0]?.parts.length, 3);
  assert.deepEqual(
    segments[1]?.parts.map(part => part.duration / FRAME),
    [10, 10, 10, 10, 10, 10, 10, 10, 10],
  );
  assert.equal(segments[2]?.start, 120 * FRAME);
});

test('audio that begins late is preceded by silence, so that both renditions start together', () => {
  const { audio, segments, feed } = segmenter();
  feed(5 * FRAME + 100);
  assert.equal(segments[0]?.start, 0);
  assert.equal(audio.silent, 5);
});

for (const [late, silent] of [
  [500, 0],
  [700, 1],
  [3 * FRAME + 700, 4],
] as const)
  test(`sound that comes ${late} ticks after the picture is dated as the picture is, after a break too`, () => {
    const { audio, segments, feed } = segmenter();
    audio.startAt(100);
    feed(100 + late);
    assert.equal(audio.silent, silent);
    audio.breakAt(100 + 5 * FRAME, 1000 * FRAME + 7);
    feed(1000 * FRAME + 7 + late);
    audio.finish();
    assert.deepEqual(
      segments.map(segment => segment.start),
      [100, 1000 * FRAME + 7],
    );
    assert.equal(audio.position, 1000 * FRAME + 7 + (silent + 1) * FRAME);
  });

test('frames that are missing become silence, frames that come too late are dropped', () => {
  const { audio, segments, feed } = segmenter();
  feed(0);
  audio.fillTo(20 * FRAME);
  feed(3 * FRAME);
  feed(20 * FRAME);
  audio.finish();
  assert.equal(audio.silent, 19);
  assert.equal(audio.dropped, 1);
  const duration = segments[0]?.parts.reduce((sum, part) => sum + part.duration, 0);
  assert.equal(duration, 21 * FRAME);
});

test('frames that are a little off follow without a hole, and silence makes up for drift', () => {
  const { audio, segments, feed } = segmenter();
  for (let i = 0; i < 30; i++) feed(i * (FRAME + 50));
  audio.finish();
  const parts = segments.flatMap(segment => segment.parts);
  const duration = parts.reduce((sum, part) => sum + part.duration, 0);
  assert.equal(duration, (30 + audio.silent) * FRAME);
  assert.equal(audio.silent, 1);
  assert.ok(Math.abs(audio.position - 30 * (FRAME + 50)) <= FRAME / 2 + 50);
});

test('a break of the video is a break of the audio at the same place, filled up to its end', () => {
  const { audio, segments, feed } = segmenter();
  for (let i = 0; i < 8; i++) feed(i * FRAME);
  audio.breakAt(12 * FRAME, 1000 * FRAME);
  feed(1000 * FRAME);
  assert.equal(audio.silent, 4);
  assert.deepEqual(
    segments.map(segment => [segment.start, segment.discontinuity]),
    [
      [0, false],
      [1000 * FRAME, true],
    ],
  );
});

test('silence does not fill the time that a break leaves out', () => {
  const { audio, feed } = segmenter();
  feed(0);
  audio.breakAt(5 * FRAME, 1000 * FRAME);
  audio.fillTo(500 * FRAME);
  assert.equal(audio.position, 5 * FRAME);
  audio.fillTo(1003 * FRAME);
  assert.equal(audio.position, 1003 * FRAME);
  assert.equal(audio.silent, 4 + 3);
});

test('frames of before the break still belong before it', () => {
  const { audio, segments, feed } = segmenter();
  audio.breakAt(20 * FRAME, 20 * FRAME);
  for (let i = 0; i < 25; i++) feed(i * FRAME);
  audio.finish();
  assert.equal(audio.silent, 0);
  assert.deepEqual(
    segments.map(segment => [segment.start, segment.discontinuity]),
    [
      [0, false],
      [20 * FRAME, true],
    ],
  );
});
