import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { FakeClock } from '#base/fake-clock.ts';
import { GOP_PACKETS_MAX } from './gop-cache.ts';
import { audio, audioUnit, IDR, openStream, packet, Recorder, video, videoUnit } from './samples.suite.ts';
import type { Stream } from './stream.ts';

describe('Stream', () => {
  let clock: FakeClock;
  let events: string[];
  let stream: Stream;

  beforeEach(() => {
    ({ clock, events, stream } = openStream());
  });

  it('every reader gets every packet and unit', () => {
    const readers = [new Recorder(), new Recorder()];
    for (const reader of readers) stream.read(reader);
    const publisher = stream.publish();
    publisher.tracks([video, audio]);
    publisher.packet(video, packet(0, IDR));
    publisher.unit(video, videoUnit(0, true));
    publisher.unit(audio, audioUnit(480));
    assert.deepEqual(stream.tracks, [video, audio]);
    for (const reader of readers) {
      assert.equal(reader.packets.length, 1);
      assert.deepEqual(reader.pts('video'), [0]);
      assert.deepEqual(reader.pts('audio'), [480]);
    }
  });

  it('nothing is decodable before the first key frame, which sets the epoch', () => {
    const reader = new Recorder();
    stream.read(reader);
    const publisher = stream.publish();
    publisher.unit(audio, audioUnit(0));
    publisher.unit(video, videoUnit(0));
    assert.deepEqual([reader.units, events, stream.epochMs], [[], [], null]);
    const firstPacketMs = clock.monotonicMs();
    const epochMs = clock.nowMs();
    clock.advance(40);
    publisher.epoch(firstPacketMs);
    publisher.unit(video, videoUnit(0, true));
    assert.equal(stream.epochMs, epochMs);
    assert.deepEqual(events, ['arrived']);
  });

  it('a reader that throws is dropped and counted; the others go on', () => {
    const reader = new Recorder();
    stream.read({ packet: () => assert.fail('deliberate'), ended() {} });
    stream.read({ unit: () => assert.fail('deliberate'), ended() {} });
    stream.read(reader);
    const publisher = stream.publish();
    publisher.packet(video, packet(0, IDR));
    publisher.unit(video, videoUnit(0, true));
    publisher.unit(video, videoUnit(3000));
    assert.equal(reader.units.length, 2);
    assert.deepEqual([stream.readers, stream.stats.readersDropped], [1, 2]);
  });

  it('a reader that was closed hears nothing more', () => {
    const reader = new Recorder();
    const closer = stream.read(reader);
    const publisher = stream.publish();
    void closer.close();
    void closer.close();
    publisher.packet(video, packet(0, IDR));
    stream.end();
    assert.deepEqual([reader.packets.length, reader.ends], [0, 0]);
  });

  it('the publisher is asked for a key frame at most once a second, however many viewers ask', () => {
    const publisher = stream.publish();
    let asked = 0;
    publisher.onKeyframeWanted(() => asked++);
    for (let i = 0; i < 50; i++) stream.requestKeyframe();
    assert.equal(asked, 1);
    clock.advance(999);
    assert.equal(asked, 1);
    clock.advance(1);
    assert.equal(asked, 2, 'what was asked meanwhile is asked once');
    clock.advance(5_000);
    assert.deepEqual([asked, stream.stats.keyframesAsked], [2, 2]);
  });

  it('a key frame that comes meanwhile answers the requests that wait', () => {
    const publisher = stream.publish();
    let asked = 0;
    publisher.onKeyframeWanted(() => asked++);
    stream.requestKeyframe();
    stream.requestKeyframe();
    publisher.unit(video, videoUnit(0, true));
    clock.advance(5_000);
    assert.equal(asked, 1);
  });

  it('a key frame is asked of nobody when nobody publishes', () => {
    stream.requestKeyframe();
    const publisher = stream.publish();
    let asked = 0;
    publisher.onKeyframeWanted(() => asked++);
    stream.requestKeyframe();
    assert.equal(asked, 1);
  });

  it('a group of pictures that outgrows the cache is cut and a key frame asked for', () => {
    const publisher = stream.publish();
    let asked = 0;
    publisher.onKeyframeWanted(() => asked++);
    publisher.packet(video, packet(0, IDR));
    assert.equal(stream.gop().length, 1);
    for (let i = 0; i < GOP_PACKETS_MAX; i++) publisher.packet(video, packet(i));
    assert.deepEqual([asked, stream.stats.gopsCut, stream.gop().length], [1, 1, 0]);
  });

  it('who joins after the publisher left finds no old pictures', () => {
    const publisher = stream.publish();
    publisher.packet(video, packet(0, IDR));
    publisher.close('lost');
    assert.deepEqual(stream.gop(), []);
  });

  it('ending dismisses the publisher and tells every reader once', () => {
    const reader = new Recorder();
    stream.read({ ended: () => assert.fail('deliberate') });
    stream.read(reader);
    const publisher = stream.publish();
    let dismissed = 0;
    publisher.onClosed(() => dismissed++);
    stream.end();
    stream.end();
    publisher.close('ended');
    assert.deepEqual([reader.ends, dismissed, events, stream.readers], [1, 1, [], 0]);
  });

  it('who comes after the end is told so', () => {
    stream.end();
    const reader = new Recorder();
    stream.read(reader);
    let dismissed = 0;
    stream.publish().onClosed(() => dismissed++);
    assert.deepEqual([reader.ends, dismissed, stream.readers, stream.isPublished], [1, 1, 0, false]);
  });

  it('counts what went through', () => {
    const publisher = stream.publish();
    publisher.packet(video, packet(0, IDR));
    publisher.unit(video, videoUnit(0, true));
    publisher.unit(video, videoUnit(3000));
    const { packets, bytes, units, keyframes } = stream.stats;
    assert.deepEqual({ packets, bytes, units, keyframes }, { packets: 1, bytes: 4, units: 2, keyframes: 1 });
  });
});
