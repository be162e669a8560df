import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Track } from '#media/track.ts';
import { KeyframeIntervals } from './keyframe-intervals.ts';

const layer = (id: string): Track => ({ kind: 'video', codec: 'h264', id, timescale: 90_000 });
const sound: Track = { kind: 'audio', codec: 'opus', id: 'audio', timescale: 48_000, channels: 2 };

describe('KeyframeIntervals', () => {
  let told: [string, number][];
  let intervals: KeyframeIntervals;
  const picture = (track: Track, seconds: number, key: boolean) => {
    const pts = seconds * track.timescale;
    intervals.unit(track, { kind: 'video', pts, dts: pts, key, nals: [] });
  };

  beforeEach(() => {
    told = [];
    intervals = new KeyframeIntervals((id, seconds) => void told.push([id, seconds]));
  });

  it('tells the time between two key frames of the same layer', () => {
    picture(layer('video'), 0, true);
    picture(layer('video-2'), 0.5, true);
    picture(layer('video'), 1, false);
    intervals.unit(sound, { kind: 'audio', pts: 48_000, duration: 960, data: new Uint8Array(1) });
    picture(layer('video'), 2, true);
    picture(layer('video-2'), 4.5, true);
    picture(layer('video'), 3, true);
    assert.deepEqual(told, [
      ['video', 2],
      ['video-2', 4],
      ['video', 1],
    ]);
  });

  it('leaves out the pause between two publishers', () => {
    picture(layer('video'), 0, true);
    intervals.restart();
    picture(layer('video'), 90, true);
    picture(layer('video'), 92, true);
    assert.deepEqual(told, [['video', 2]]);
  });
});
