import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VideoTrack } from '#media/track.ts';
import { LAYERS_MAX, Layers } from './layers.ts';
import { audio, IDR, packet, SLICE, video } from './samples.suite.ts';

const layer = (number: number): VideoTrack => ({ ...video, id: `video-${number}` });

describe('Layers', () => {
  it('keeps a cache for each layer, so that a key frame of one empties no other', () => {
    const layers = new Layers();
    layers.add(video, packet(0, IDR), 0);
    layers.add(layer(2), packet(0, IDR, 2), 0);
    layers.add(video, packet(3000, SLICE), 33);
    layers.add(layer(2), packet(3000, IDR, 2), 33);
    layers.add(audio, packet(7, SLICE, 3), 34);
    const times = (id: string) => layers.gop(id).map(entry => entry.packet.timestamp);
    assert.deepEqual(times('video'), [0, 3000, 7]);
    assert.deepEqual(times('video-2'), [3000, 7]);
    assert.deepEqual(times('video-3'), []);
  });

  it('measures what each layer sends, and when it sent last', () => {
    const layers = new Layers();
    const big = new Uint8Array(1000).fill(0x41);
    for (let nowMs = 0; nowMs <= 8000; nowMs += 10) {
      layers.add(video, packet(nowMs * 90, big), nowMs);
      if (nowMs <= 6000 && nowMs % 100 === 0) layers.add(layer(2), packet(nowMs * 90, big, 2), nowMs);
    }
    const [high, low] = layers.states;
    assert.ok(Math.abs(high!.bitrateBps - 800_000) < 10_000, `${high!.bitrateBps}`);
    assert.ok(Math.abs(low!.bitrateBps - 80_000) < 5_000, `${low!.bitrateBps}`);
    assert.deepEqual([high!.lastMs, low!.lastMs], [8000, 6000]);
  });

  it('has room for as many layers as an offer may have', () => {
    const layers = new Layers();
    for (let i = 1; i <= LAYERS_MAX + 3; i++) layers.add(layer(i), packet(0, IDR, i), 0);
    assert.equal(layers.states.length, LAYERS_MAX);
  });
});
