import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger as log } from '#base/log.ts';
import type { VideoTrack } from '#media/track.ts';
import { createPackager } from './packager.ts';
import type { HlsAnswer, RenditionName } from './source.ts';

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
const sets = [hex('6764000dacb40a0cfcf080000003008000001e478a1550'), hex('68ef3cb0')];
const T = 90_000;
const tracks = ['video', 'video-2'].map(
  (id): VideoTrack => ({ kind: 'video', codec: 'h264', id, timescale: T }),
);

function open() {
  const packager = createPackager({
    epochMs: 0,
    tracks,
    clock: new FakeClock(),
    log,
    transcoder: { opusToAac: () => Promise.reject(new Error('not used')), close: () => Promise.resolve() },
    keyframeWanted: () => {},
    recording: null,
  });
  /** Frames of a layer from one second to another; key frames at 0.5 s and every 2 s. */
  const feed = (layer: number, second: number, lateTicks = 0) =>
    feedFrames(layer, second * 30, 30, () => false, lateTicks);
  const feedFrames = (
    layer: number,
    from: number,
    count: number,
    isKey: (frame: number) => boolean = () => false,
    lateTicks = 0,
  ) => {
    for (let frame = from; frame < from + count; frame++) {
      const key = frame % 60 === 0 || frame === 15 || isKey(frame);
      const pts = frame * 3000 + lateTicks;
      const nals = key ? [...sets, hex('6588')] : [hex('419a')];
      packager.unit(tracks[layer]!, { kind: 'video', pts, dts: pts, key, nals });
    }
  };
  const playlist = (name: RenditionName) => text(packager.source.playlist(name, { msn: null, part: null }));
  return { packager, feed, feedFrames, playlist };
}

function text(answer: HlsAnswer): string {
  assert.ok('chunks' in answer, 'an answer at once');
  return answer.chunks.map(chunk => new TextDecoder().decode(chunk)).join('');
}

const durations = (playlist: string) =>
  [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].map(match => Number(match[1]));

test('layers whose key frames come a few milliseconds apart have the same segments', () => {
  const { packager, feed, playlist } = open();
  for (let second = 0; second < 9; second++) {
    feed(0, second);
    feed(1, second, 450);
  }
  assert.deepEqual(durations(playlist('video')).slice(0, 4), [0.5, 1.5, 2, 2]);
  assert.deepEqual(durations(playlist('video-2')), durations(playlist('video')));
  const multivariant = text(packager.source.multivariant());
  assert.deepEqual(multivariant.match(/^video.*$/gm), ['video/index.m3u8', 'video-2/index.m3u8']);
});

test('a layer that begins late has gaps for what the others had, and cuts with them from there on', () => {
  const { feed, playlist } = open();
  for (let second = 0; second < 9; second++) {
    feed(0, second);
    if (second >= 3) feed(1, second);
  }
  const late = playlist('video-2');
  assert.equal(late.match(/#EXT-X-GAP/g)?.length, 3);
  assert.match(late, /#EXT-X-GAP\n#EXTINF:0\.5,\n0\.m4s\n/);
  // Its first key frame comes in the middle of a segment of the others.
  assert.deepEqual(durations(late).slice(0, 5), [0.5, 1.5, 2, 2, 2]);
});

test('a layer that missed a key frame cuts at its next one, and the others do not wait', () => {
  const { feed, feedFrames, playlist } = open();
  for (let frame = 0; frame < 300; frame += 10) {
    feedFrames(0, frame, 10);
    // The key frame at 4 s is lost, and comes again 0.5 s later.
    if (frame !== 120) feedFrames(1, frame, 10, at => at === 135);
  }
  feed(0, 10);
  feed(1, 10);
  assert.deepEqual(durations(playlist('video')).slice(0, 5), [0.5, 1.5, 2, 2, 2]);
  assert.deepEqual(durations(playlist('video-2')).slice(0, 5), [0.5, 1.5, 2.5, 1.5, 2]);
});

test('a layer that pauses and returns keeps its place by gaps, without a discontinuity', () => {
  const { feed, playlist } = open();
  for (let second = 0; second < 15; second++) {
    if (second < 5 || second >= 10) feed(0, second);
    feed(1, second);
  }
  const paused = playlist('video');
  assert.match(paused, /#EXT-X-GAP/);
  assert.doesNotMatch(paused, /#EXT-X-DISCONTINUITY\n/);
  const total = (name: RenditionName) => durations(playlist(name)).reduce((sum, one) => sum + one, 0);
  assert.ok(Math.abs(total('video') - total('video-2')) < 0.1, `${total('video')} ${total('video-2')}`);
  assert.doesNotMatch(playlist('video-2'), /#EXT-X-GAP/);
  assert.ok(durations(paused).every(duration => duration <= 4));
  assert.deepEqual(durations(paused).slice(-1), durations(playlist('video-2')).slice(-1));
});

test('a reload that waits for a part of a layer that pauses is answered with the next gap', () => {
  const { packager, feed } = open();
  for (let second = 0; second < 5; second++) for (const layer of [0, 1]) feed(layer, second);
  const answer = packager.source.playlist('video', { msn: 3, part: 5 });
  let reloaded = '';
  assert.ok('onSettled' in answer, 'the answer waits');
  answer.onSettled(outcome => {
    reloaded = text(outcome);
  });
  for (let second = 5; second < 9; second++) feed(1, second);
  assert.match(reloaded, /3\.m4s\n(?:#EXT-X-P.*\n)+#EXT-X-GAP/);
});

test('a layer that pauses has a gap within a second or so, in parts that nobody can have', () => {
  const { packager, feed, feedFrames, playlist } = open();
  for (let second = 0; second < 4; second++) for (const layer of [0, 1]) feed(layer, second);
  for (const layer of [0, 1]) feedFrames(layer, 120, 15);
  feedFrames(1, 135, 30);
  assert.doesNotMatch(playlist('video'), /GAP/);
  feedFrames(1, 165, 1);
  const listed = playlist('video');
  assert.match(listed, /3\.m4s\n#EXT-X-PROGRAM.*\n(.*GAP=YES\n){5}#EXT-X-GAP\n#EXTINF:1,\n4\.m4s/);
  assert.ok('code' in packager.source.part('video', 4, 0) && 'code' in packager.source.segment('video', 4));
});

test('what comes of a layer after its gap was listed, and belongs before the end of that, is left out', () => {
  const { packager, feed, feedFrames, playlist } = open();
  for (let second = 0; second < 5; second++) for (const layer of [0, 1]) feed(layer, second);
  feed(1, 5);
  feed(1, 6);
  feedFrames(0, 150, 45, frame => frame === 150);
  assert.equal(packager.counts.droppedFrames, 30);
  feed(1, 7);
  feed(0, 7);
  for (const second of [8, 9]) for (const layer of [0, 1]) feed(layer, second);
  const total = (name: RenditionName) => durations(playlist(name)).reduce((sum, one) => sum + one, 0);
  assert.equal(total('video'), total('video-2'));
});

test('all layers cross a pause of the publisher at the same discontinuity', () => {
  const { feed, playlist } = open();
  for (const second of [0, 1, 2, 3, 10, 11, 12, 13, 14, 15]) {
    feed(0, second);
    feed(1, second);
  }
  for (const name of ['video', 'video-2'] as const) {
    assert.equal(playlist(name).match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1, name);
    assert.doesNotMatch(playlist(name), /#EXT-X-GAP/);
  }
});
