import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger as log } from '#base/log.ts';
import type { AudioTrack } from '#media/track.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { AudioLine } from './audio-line.ts';
import { AUDIO_ABSENT_MS, PAUSE_MAX_S } from './limits.ts';

const RATE = 48_000;
const FRAME = 1024;
const track: AudioTrack = { kind: 'audio', codec: 'aac', id: 'audio', timescale: RATE, channels: 2 };
/** AAC publishers need no codec. */
const transcoder: Transcoder = {
  opusToAac: () => Promise.reject(new Error('not used')),
  close: () => Promise.resolve(),
};

function line() {
  const clock = new FakeClock();
  const starts: [number, boolean][] = [];
  const sink = {
    init: () => {},
    begin: (start: number, discontinuity: boolean) => starts.push([start, discontinuity]),
    part: () => {},
    end: () => {},
    publish: () => {},
  };
  const audio = new AudioLine({ clock, log, transcoder }, track, sink);
  /** Frames from one time to another, while the video stands at `video`. */
  const feed = (from: number, to: number, video: number) => {
    for (let pts = Math.ceil((from * RATE) / FRAME) * FRAME; pts < to * RATE; pts += FRAME)
      audio.unit({ kind: 'audio', pts, duration: FRAME, data: Uint8Array.of(1) }, video);
  };
  return { audio, clock, starts, feed };
}

test('what came before the first picture is left out, what belongs beside it is kept', () => {
  const { audio, starts, feed } = line();
  feed(0, 0.6, 0);
  audio.start(0.5);
  feed(0.6, 2, 1);
  assert.equal(starts[0]?.[0], 0.5 * RATE, 'where the picture begins');
  assert.ok(audio.counts.silentFrames <= 1);
  assert.ok(Math.abs(audio.position - 2) < 0.03, `${audio.position}`);
});

test('absent audio becomes silence beside the video, until it is back', () => {
  const { audio, clock, feed } = line();
  audio.start(0);
  feed(0, 1, 1);
  audio.follow(2.5);
  assert.equal(audio.counts.silentFrames, 0, 'it may only be late');
  clock.advance(AUDIO_ABSENT_MS);
  audio.follow(3.5);
  assert.ok(Math.abs(audio.position - 3.2) < 0.03, `${audio.position}`);
  feed(3.5, 4, 4);
  assert.ok(Math.abs(audio.position - 4) < 0.03);
  clock.advance(10);
  const { silentFrames } = audio.counts;
  audio.follow(4.2);
  assert.equal(audio.counts.silentFrames, silentFrames);
});

test('a burst of both after a pause of the process loses no audio', () => {
  const { audio, clock, feed } = line();
  audio.start(0);
  feed(0, 1, 1);
  clock.advance(5000);
  audio.follow(6); // the video of five seconds comes first
  feed(1, 6, 6);
  audio.follow(6.1);
  assert.equal(audio.counts.silentFrames, 0);
});

test('audio of a stream that resumes waits for its first picture, and breaks where the video breaks', () => {
  const { audio, starts, feed } = line();
  audio.start(0);
  feed(0, 1, 1);
  feed(20, 20.5, 1);
  audio.breakAt(1, 20.5);
  feed(20.5, 21, 20.5);
  const resumed = starts.filter(([, discontinuity]) => discontinuity);
  assert.equal(resumed.length, 1);
  assert.ok(Math.abs(resumed[0]![0] - 20.5 * RATE) < FRAME);
});

test('audio that goes on while pictures pause is held, and goes on where they go on', () => {
  const { audio, starts, feed } = line();
  audio.start(0);
  feed(0, 20, 1);
  assert.ok(audio.position < 1 + PAUSE_MAX_S + 0.03, `${audio.position}`);
  audio.breakAt(1.04, 20);
  feed(20, 21, 20);
  assert.ok(Math.abs(audio.position - 21) < 0.03, `${audio.position}`);
  assert.equal(starts.filter(([, discontinuity]) => discontinuity).length, 1);
});

test('the audio ends where the video ends', () => {
  const { audio, feed } = line();
  audio.start(0);
  feed(0, 3, 3);
  audio.finish(3.6);
  assert.ok(Math.abs(audio.position - 3.6) < 0.03);
});
