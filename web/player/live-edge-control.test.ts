import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type Hls from 'hls.js';
import type { LevelDetails } from 'hls.js';
import { LiveEdge } from './live-edge.ts';

const HOLD_BACK_S = 0.66;

/** A playlist of parts of 0.2 s that ends at `edge`; a picture that needs none before it begins each second. */
function listed(edge: number): LevelDetails {
  const partList = Array.from({ length: 20 }, (_, i) => ({
    start: edge - 4 + i * 0.2,
    independent: i % 5 === 0,
  }));
  return { live: true, edge, age: 0, partHoldBack: HOLD_BACK_S, partList } as unknown as LevelDetails;
}

class FakeHls {
  static readonly Events = { LEVEL_UPDATED: 'updated', BUFFER_APPENDED: 'appended' };
  readonly handlers = new Map<string, (event: string, data: unknown) => void>();
  targetLatency: number | null = null;
  latestLevelDetails: LevelDetails | null = null;
  startPosition = 90;
  readonly starts: number[] = [];

  startLoad(position: number): void {
    this.starts.push(position);
    this.startPosition = position;
  }

  on(event: string, handler: (event: string, data: unknown) => void): void {
    this.handlers.set(event, handler);
  }

  off(event: string): void {
    this.handlers.delete(event);
  }

  tell(event: string, data: unknown = {}): void {
    this.handlers.get(event)?.(event, data);
  }
}

class FakeVideo extends EventTarget {
  currentTime = 0;
  playbackRate = 1;
  paused = false;
  seeking = false;
  readyState = 4;
  range: [number, number] | null = null;

  get buffered() {
    return { length: this.range ? 1 : 0, start: () => this.range![0], end: () => this.range![1] };
  }
}

describe('keeping to the live edge', () => {
  let nowMs: number;
  let hls: FakeHls;
  let video: FakeVideo;
  let edge: LiveEdge;

  beforeEach(() => {
    nowMs = 0;
    mock.method(performance, 'now', () => nowMs);
    hls = new FakeHls();
    video = new FakeVideo();
    edge = new LiveEdge(FakeHls as unknown as typeof Hls, hls as unknown as Hls, true);
    edge.attach(video as unknown as HTMLVideoElement);
  });
  afterEach(() => mock.restoreAll());

  const update = (at: number) => {
    hls.latestLevelDetails = listed(at);
    hls.tell('updated', { details: hls.latestLevelDetails });
  };
  const begin = () => {
    update(100);
    video.range = [99, 100];
    hls.tell('appended');
  };
  /** Plays at `latency` behind the edge with two seconds in the buffer, until the reading is believed. */
  const play = (latency: number) => {
    video.currentTime = 100 - latency;
    video.range = [video.currentTime - 5, video.currentTime + 2 + latency];
    for (let i = 0; i < 30; i++) video.dispatchEvent(new Event('timeupdate'));
  };
  const settle = () => {
    begin();
    nowMs = 5_000;
  };

  it('aims at the newest picture that keeps the hold-back, until something is fetched', () => {
    update(100);
    assert.equal(hls.targetLatency?.toFixed(2), '1.00');
    update(100.4);
    assert.equal(hls.targetLatency?.toFixed(2), '1.00');
    begin();
    assert.equal(hls.targetLatency, HOLD_BACK_S);
    assert.equal(video.currentTime.toFixed(2), '99.10', 'begins within what is there');
    update(103);
    assert.equal(hls.targetLatency, HOLD_BACK_S);
  });

  it('leaps at the beginning, later plays faster', () => {
    begin();
    nowMs = 1_000;
    play(HOLD_BACK_S + 1);
    assert.ok(100 - video.currentTime < HOLD_BACK_S + 0.3, `${100 - video.currentTime} s behind`);
    nowMs = 5_000;
    play(HOLD_BACK_S + 1);
    assert.equal(video.currentTime, 100 - HOLD_BACK_S - 1);
    assert.equal(video.playbackRate, 1.2);
    play(HOLD_BACK_S);
    assert.equal(video.playbackRate, 1);
  });

  it('leaps later only over what would take long to catch up', () => {
    settle();
    play(HOLD_BACK_S + 2);
    assert.ok(100 - video.currentTime < HOLD_BACK_S + 1.5, `${100 - video.currentTime} s behind`);
  });

  it('stays further behind after a stall, and comes back after a steady time', () => {
    settle();
    play(HOLD_BACK_S + 0.15);
    assert.ok(video.playbackRate > 1);
    video.dispatchEvent(new Event('waiting'));
    play(HOLD_BACK_S + 0.15);
    assert.equal(video.playbackRate, 1);
    nowMs += 21_000;
    play(HOLD_BACK_S + 0.15);
    assert.ok(video.playbackRate > 1);
  });

  it('is told where to go on when it stands still with enough to play', () => {
    settle();
    const stand = (stillMs: number, aheadS: number) => {
      const from = 100 - HOLD_BACK_S;
      video.currentTime = from;
      video.readyState = 2;
      video.dispatchEvent(new Event('waiting'));
      nowMs += stillMs;
      video.range = [90, video.currentTime + aheadS];
      hls.tell('appended');
      return video.currentTime - from;
    };
    assert.equal(stand(100, 0.5), 0, 'it may go on by itself');
    assert.equal(stand(300, 0.2), 0, 'there is next to nothing to play');
    assert.ok(stand(300, 0.5) > 0);
    video.currentTime = 99;
    hls.tell('appended');
    assert.equal(video.currentTime, 99, 'once for each time');
    video.readyState = 4;
    nowMs += 300;
    hls.tell('appended');
    assert.equal(video.currentTime, 99);
  });

  it('takes no seek and no beginning for a stall', () => {
    begin();
    video.dispatchEvent(new Event('waiting'));
    nowMs = 5_000;
    video.seeking = true;
    video.dispatchEvent(new Event('waiting'));
    video.seeking = false;
    play(HOLD_BACK_S + 0.15);
    assert.ok(video.playbackRate > 1);
  });

  it('leaves whoever went back where they are, until they come back', () => {
    settle();
    video.currentTime = 70;
    video.dispatchEvent(new Event('seeking'));
    play(30);
    assert.deepEqual([video.currentTime, video.playbackRate], [70, 1]);
    video.currentTime = 100 - HOLD_BACK_S - 0.5;
    video.dispatchEvent(new Event('seeking'));
    play(HOLD_BACK_S + 0.5);
    assert.ok(video.playbackRate > 1);
  });

  it('goes to the newest picture when nothing to play comes, wherever else it was sent meanwhile', () => {
    settle();
    video.currentTime = 90;
    update(100);
    video.readyState = 2;
    for (let second = 1; second <= 2; second++) {
      nowMs += 1_000;
      update(100 + second);
      // Further behind than somebody who follows ever is.
      video.currentTime += 0.1;
      video.dispatchEvent(new Event('seeking'));
    }
    assert.equal(video.currentTime.toFixed(1), '90.2');
    nowMs += 2_000;
    update(104);
    assert.equal(video.currentTime.toFixed(1), '103.0');
    update(104.5);
    assert.equal(video.currentTime.toFixed(1), '103.0', 'once in a while');
  });

  it('begins anew at the newest picture when the first one does not come, each time later', () => {
    for (let second = 0; second <= 20; second++) {
      nowMs = second * 1_000;
      update(100 + second);
    }
    assert.deepEqual(
      hls.starts.map(position => Math.round(position)),
      [102, 108],
    );
  });

  it('leaves whoever went back where they are, also when nothing to play comes', () => {
    settle();
    video.currentTime = 90;
    update(100);
    video.readyState = 2;
    nowMs += 1_000;
    update(101);
    video.currentTime = 70;
    video.dispatchEvent(new Event('seeking'));
    nowMs += 9_000;
    update(110);
    assert.equal(video.currentTime, 70);
  });

  it('leaves the player as it found it', () => {
    settle();
    play(HOLD_BACK_S + 0.5);
    edge.close();
    assert.equal(video.playbackRate, 1);
    assert.equal(hls.handlers.size, 0);
    play(HOLD_BACK_S + 0.5);
    assert.equal(video.playbackRate, 1);
  });
});
