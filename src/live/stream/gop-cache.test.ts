import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GOP_BYTES_MAX, GOP_PACKETS_MAX, GopCache } from './gop-cache.ts';
import { audio, IDR, packet, SLICE, SPS, video } from './samples.suite.ts';

const timestamps = (cache: GopCache) => cache.packets.map(entry => entry.packet.timestamp);

describe('GopCache', () => {
  it('holds nothing before the first key frame', () => {
    const cache = new GopCache();
    assert.equal(cache.add(video, packet(1)), 'left-out');
    assert.equal(cache.add(audio, packet(1)), 'left-out');
    assert.deepEqual(cache.packets, []);
  });

  it('begins anew with the first packet of every key frame and keeps audio in its place', () => {
    const cache = new GopCache();
    cache.add(video, packet(0, SPS));
    cache.add(video, packet(0, IDR));
    cache.add(audio, packet(7));
    cache.add(video, packet(3000));
    assert.deepEqual(timestamps(cache), [0, 0, 7, 3000]);
    cache.add(video, packet(6000, SPS));
    cache.add(video, packet(6000, IDR));
    assert.deepEqual(timestamps(cache), [6000, 6000]);
  });

  it('a key frame may stand on both sides of the wrap of the timestamp', () => {
    const cache = new GopCache();
    cache.add(video, packet(0xffff_f000, IDR));
    cache.add(video, packet(0x0000_0100, IDR));
    cache.add(video, packet(0x0000_0200));
    assert.deepEqual(timestamps(cache), [0x100, 0x200]);
  });

  it('leaves out pictures that came late from before the key frame', () => {
    const cache = new GopCache();
    cache.add(video, packet(9000, IDR));
    assert.equal(cache.add(video, packet(6000)), 'left-out');
    assert.equal(cache.add(video, packet(3000, IDR)), 'left-out');
    assert.deepEqual(timestamps(cache), [9000]);
  });

  it('another source begins with its own key frame', () => {
    const cache = new GopCache();
    cache.add(video, packet(9000, IDR, 1));
    assert.equal(cache.add(video, packet(9000, SLICE, 2)), 'left-out');
    cache.add(video, packet(100, IDR, 2));
    assert.deepEqual(timestamps(cache), [100]);
  });

  it('a group of too many packets is cut, and the next key frame begins again', () => {
    const cache = new GopCache();
    cache.add(video, packet(0, IDR));
    for (let i = 1; i < GOP_PACKETS_MAX; i++) assert.equal(cache.add(audio, packet(i)), 'kept');
    assert.equal(cache.add(audio, packet(1)), 'cut');
    assert.equal(cache.add(video, packet(1)), 'left-out');
    assert.equal(cache.add(video, packet(2, IDR)), 'kept');
  });

  it('a group of too many bytes is cut', () => {
    const cache = new GopCache();
    const big = new Uint8Array(GOP_BYTES_MAX / 4);
    cache.add(video, packet(0, IDR));
    for (let i = 1; i < 4; i++) assert.equal(cache.add(video, packet(i, big)), 'kept');
    assert.equal(cache.add(video, packet(4, big)), 'cut');
    assert.deepEqual(cache.packets, []);
  });
});
