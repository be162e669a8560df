import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VideoUnit } from '#media/unit.ts';
import { PART_TARGET_S, SEGMENT_MAX_S } from './limits.ts';
import type { PartMedia } from './segment.ts';
import { VideoSegmenter } from './video-segmenter.ts';

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
/** 320x180, as x264 writes it, at levels 1.3 and 3. */
const spsA = hex('6764000dacb40a0cfcf080000003008000001e478a1550');
const spsB = hex('6764001eacb40a0cfcf080000003008000001e478a1550');
const pps = hex('68ef3cb0');
const T = 90_000;

interface Cut {
  codecs: string[];
  segments: {
    start: number;
    discontinuity: boolean;
    independent: boolean;
    parts: PartMedia[];
    isListed: boolean;
    ended: boolean;
  }[];
  inits: number;
  publishes: number;
}

function segmenter() {
  const cut: Cut = { codecs: [], segments: [], inits: 0, publishes: 0 };
  const asked: number[] = [];
  const breaks: [number, number][] = [];
  let now = 0;
  const video = new VideoSegmenter(
    T,
    {
      init(_bytes, info) {
        cut.inits++;
        cut.codecs.push(info.codec);
      },
      begin: (start, discontinuity, independent) =>
        cut.segments.push({ start, discontinuity, independent, parts: [], isListed: true, ended: false }),
      part: part => cut.segments.at(-1)!.parts.push(part),
      end: () => {
        cut.segments.at(-1)!.ended = true;
      },
      joins: () => {},
      unlist: () => {
        cut.segments.at(-1)!.isListed = false;
      },
      gap: () => assert.fail('one layer has no gaps'),
      publish: () => cut.publishes++,
    },
    {
      keyframeWanted: () => asked.push(now),
      discontinuity: (end, start) => breaks.push([end, start]),
    },
  );
  const feed = (seconds: number, key: boolean, sps: Uint8Array | null = spsA) => {
    now = seconds;
    const dts = Math.round(seconds * T);
    const nals = key ? [...(sps ? [sps, pps] : []), hex('6588')] : [hex('419a')];
    const unit: VideoUnit = { kind: 'video', pts: dts, dts, key, nals };
    video.unit(unit);
  };
  return { video, cut, asked, breaks, feed };
}

const ticks = (parts: readonly PartMedia[]) => parts.reduce((sum, part) => sum + part.duration, 0);

test('at 30 frames a second a part is six frames, closed when the seventh arrives', () => {
  const { cut, feed } = segmenter();
  for (let i = 0; i < 6; i++) feed(i / 30, i === 0);
  assert.equal(cut.segments[0]?.parts.length, 0);
  feed(6 / 30, false);
  assert.equal(cut.segments[0]?.parts.length, 1);
  assert.equal(cut.segments[0]?.parts[0]?.duration, 18_000);
  assert.equal(cut.segments[0]?.parts[0]?.independent, true);
});

test('no part is longer than PART-TARGET while single frames are not, however uneven they come', () => {
  const { cut, feed } = segmenter();
  let at = 0;
  for (let i = 0; i < 200; i++) {
    feed(at, i === 0);
    at += [0.01, 0.05, 0.033, 0.12, 0.004, 0.03, 0.21][i % 7]!;
  }
  const parts = cut.segments.flatMap(segment => segment.parts);
  assert.ok(parts.length > 30);
  for (const part of parts) assert.ok(part.duration <= PART_TARGET_S * T, `${part.duration}`);
});

test('the parts of all segments together cover the timeline without a gap', () => {
  const { video, cut, feed } = segmenter();
  for (let i = 0; i < 300; i++) feed(i / 30, i % 63 === 0);
  video.finish(0);
  let at = 0;
  for (const segment of cut.segments) {
    assert.equal(segment.start, at);
    at += ticks(segment.parts);
    assert.ok(segment.ended);
  }
  assert.equal(at, 300 * 3000);
});

test('a key frame is asked for early in the first segment, then at 1.9 s, and again each second until it comes', () => {
  const { asked, feed } = segmenter();
  for (let i = 0; i < 120; i++) feed(i / 30, i === 0 || i === 15);
  assert.deepEqual(
    asked.map(seconds => Math.round(seconds * 10) / 10),
    [0.4, 2.4, 3.4],
  );
});

test('the segment ends at the key frame that was asked for, not at one that comes early', () => {
  const { cut, feed } = segmenter();
  for (let i = 0; i <= 76; i++) feed(i / 30, [0, 15, 45, 75].includes(i));
  assert.deepEqual(
    cut.segments.map(segment => segment.start),
    [0, 45_000, 225_000],
  );
});

test('without key frames a segment is cut before it passes the target duration', () => {
  const { cut, feed } = segmenter();
  for (let i = 0; i < 300; i++) feed(i / 30, i === 0);
  assert.equal(cut.segments.length, 3);
  for (const segment of cut.segments.slice(0, -1)) assert.ok(ticks(segment.parts) <= SEGMENT_MAX_S * T);
  assert.equal(cut.segments[0]?.independent, true);
  assert.equal(cut.segments[1]?.independent, false);
  assert.equal(cut.segments[1]?.parts[0]?.independent, false);
});

test('nothing begins before a key frame with its parameter sets', () => {
  const { video, cut, asked, feed } = segmenter();
  feed(0, false);
  feed(0.1, true, null);
  feed(0.2, true, hex('6701'));
  assert.equal(cut.segments.length, 0);
  assert.equal(video.dropped, 3);
  assert.equal(asked.length, 1);
  feed(0.3, true);
  assert.equal(cut.segments.length, 1);
});

test('other parameter sets bring a new initialization section and a discontinuity', () => {
  const { cut, breaks, feed } = segmenter();
  for (let i = 0; i < 10; i++) feed(i / 30, i === 0);
  feed(10 / 30, true, spsB);
  assert.equal(cut.inits, 2);
  assert.deepEqual(
    cut.segments.map(segment => [segment.start, segment.discontinuity]),
    [
      [0, false],
      [30_000, true],
    ],
  );
  assert.deepEqual(breaks, [[30_000, 30_000]]);
});

test('a picture set that changes between key frames stands in the samples from there on', () => {
  const { video, cut } = segmenter();
  const other = hex('68ce3cb0');
  const slice = hex('419a');
  const feed = (i: number, key: boolean, ...sets: Uint8Array[]) => {
    const nals = [...sets, key ? hex('6588') : slice];
    video.unit({ kind: 'video', pts: i * 3000, dts: i * 3000, key, nals });
  };
  feed(0, true, spsA, pps);
  for (let i = 1; i < 60; i++) feed(i, false, ...(i === 7 ? [pps] : i === 20 ? [other] : []));
  feed(60, true, spsA, pps);
  feed(61, false);
  for (let i = 62; i < 120; i++) feed(i, false);
  feed(120, true);
  video.finish(0);
  assert.deepEqual(cut.codecs, ['avc1.64000d', 'avc3.64000d']);
  assert.deepEqual(
    cut.segments.map(segment => segment.discontinuity),
    [false, true, false],
  );
  const bytes = (segment: number) =>
    Buffer.concat(cut.segments[segment]!.parts.map(part => part.bytes)).toString('hex');
  const sample = (...nals: Uint8Array[]) =>
    nals.map(nal => `000000${nal.length.toString(16).padStart(2, '0')}${Buffer.from(nal).toString('hex')}`);
  assert.ok(bytes(0).includes(sample(other, slice).join('')), 'the one that changed goes with its picture');
  assert.ok(!bytes(0).includes(sample(pps, slice).join('')), 'one that did not change is left out');
  for (const segment of [1, 2])
    assert.ok(bytes(segment).includes(sample(spsA, pps, hex('6588')).join('')), 'key frames have them all');
});

test('a picture set that changes with a key frame is in the initialization section alone', () => {
  const { cut, video, feed } = segmenter();
  for (let i = 0; i < 60; i++) feed(i / 30, i === 0);
  const nals = [spsA, hex('68ce3cb0'), hex('6588')];
  video.unit({ kind: 'video', pts: 180_000, dts: 180_000, key: true, nals });
  assert.deepEqual(cut.codecs, ['avc1.64000d', 'avc1.64000d']);
  assert.equal(cut.segments.at(-1)?.discontinuity, true);
});

test('a pause of the publisher is a discontinuity, and no frame lasts through it', () => {
  const { cut, breaks, feed } = segmenter();
  for (let i = 0; i < 10; i++) feed(i / 30, i === 0);
  feed(40, false);
  assert.equal(cut.segments.length, 1, 'a picture without its key frame is of no use');
  feed(40.1, true);
  assert.deepEqual(breaks, [[30_000, 40.1 * T]]);
  assert.equal(ticks(cut.segments[0]!.parts), 30_000);
  assert.equal(cut.segments[1]?.discontinuity, true);
  assert.equal(cut.inits, 1);
});

test('timestamps that stand still or go back never make a duration of zero or less', () => {
  const { video, cut, feed } = segmenter();
  feed(0, true);
  feed(0, false);
  feed(-1, false);
  feed(0.1, false);
  video.finish(0);
  assert.ok(ticks(cut.segments[0]!.parts) > 9000);
});

test('a part says that it is independent wherever in it the key frame stands', () => {
  const { cut, feed } = segmenter();
  for (let i = 0; i < 20; i++) feed(i / 30, i === 0 || i === 9);
  assert.equal(cut.segments.length, 1, 'a key frame this early does not end the segment');
  assert.deepEqual(
    cut.segments[0]?.parts.map(part => part.independent),
    [true, true, false],
  );
});

for (const fps of [5, 8, 12, 13, 18, 24, 30, 60, 120])
  test(`at ${fps} frames a second every part but the last of its segment lasts 85 to 100 % of PART-TARGET`, () => {
    const { cut, feed } = segmenter();
    for (let i = 0; i < 10 * fps; i++) feed(i / fps, i % (2 * fps) === 0);
    assert.ok(cut.segments.length >= 4);
    for (const { isListed, parts } of cut.segments) {
      assert.ok(isListed);
      for (const part of parts) assert.ok(part.duration <= PART_TARGET_S * T, `${part.duration}`);
      for (const part of parts.slice(0, -1))
        assert.ok(part.duration >= 0.85 * PART_TARGET_S * T, `${part.duration}`);
    }
  });

test('a hole of 0.4 s is bridged: no segment is cut for it, no part is too long', () => {
  const { cut, feed } = segmenter();
  for (let i = 0; i < 60; i++) if (i < 33 || i >= 45) feed(i / 30, i === 0 || i === 15);
  assert.deepEqual(
    cut.segments.map(({ start, isListed }) => [start, isListed]),
    [
      [0, true],
      [45_000, true],
    ],
  );
  for (const part of cut.segments[1]!.parts)
    assert.ok(part.duration <= PART_TARGET_S * T, `${part.duration}`);
});

test('a frame that lasts a second is a segment without listed parts, between segments that have them', () => {
  const { cut, feed } = segmenter();
  for (let i = 0; i < 90; i++) if (i < 33 || i >= 63) feed(i / 30, i === 0 || i === 15);
  assert.deepEqual(
    cut.segments.map(({ isListed, independent }) => [isListed, independent]),
    [
      [true, true],
      [true, true],
      [false, false],
      [true, false],
    ],
  );
  assert.equal(ticks(cut.segments[2]!.parts), (63 - 32) * 3000);
});

test('at one frame a second segments run from key frame to key frame, without listed parts', () => {
  const { cut, feed } = segmenter();
  for (let i = 0; i < 12; i++) feed(i, i % 2 === 0);
  assert.ok(cut.segments.length >= 5);
  assert.ok(cut.segments.every(({ isListed, independent }) => !isListed && independent));
});
