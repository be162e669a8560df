import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/log.ts';
import type { RtpPacket } from '#media/rtp/packet.ts';
import type { Track } from '#media/track.ts';
import type { Unit } from '#media/unit.ts';
import { GOP_PACKETS_MAX } from './gop-cache.ts';
import type { StreamReader } from './reader.ts';
import { audio, audioUnit, IDR, packet, video, videoUnit } from './samples.suite.ts';
import { PICTURE_WAIT_MS } from './seated-publisher.ts';
import { PUBLISHER_QUIET_MS, Stream } from './stream.ts';

class Recorder implements StreamReader {
  readonly packets: RtpPacket[] = [];
  readonly units: { track: Track; unit: Unit }[] = [];
  ends = 0;

  packet(_track: Track, packet: RtpPacket): void {
    this.packets.push(packet);
  }

  unit(track: Track, unit: Unit): void {
    this.units.push({ track, unit });
  }

  ended(): void {
    this.ends++;
  }

  pts(kind: 'audio' | 'video'): number[] {
    return this.units.filter(entry => entry.unit.kind === kind).map(entry => entry.unit.pts);
  }
}

describe('Stream', () => {
  let clock: FakeClock;
  let events: string[];
  let stream: Stream;
  let troubled: (readonly string[])[];

  beforeEach(() => {
    clock = new FakeClock();
    events = [];
    troubled = [];
    stream = new Stream({
      clock,
      log: silentLogger,
      events: {
        mediaArrived: () => events.push('arrived'),
        publisherLeft: reason => events.push(reason),
        troubled: () => troubled.push(stream.troubles),
      },
    });
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

  it('a publisher that comes back continues the timeline where it is by the clock', () => {
    const reader = new Recorder();
    stream.read(reader);
    const first = stream.publish();
    first.unit(video, videoUnit(0, true));
    const epochMs = stream.epochMs;
    first.close('lost');
    clock.advance(10_000);
    const second = stream.publish();
    second.packet(video, packet(0, IDR));
    second.unit(audio, audioUnit(0));
    second.unit(video, videoUnit(0, true));
    second.unit(audio, audioUnit(960));
    second.packet(video, { ...packet(3000), mediaTimeMs: 33 });
    assert.deepEqual(reader.pts('video'), [0, 900_000]);
    assert.deepEqual(reader.pts('audio'), [480_960]);
    assert.equal(reader.packets[1]!.mediaTimeMs, 10_033);
    assert.equal(stream.epochMs, epochMs);
    assert.deepEqual(events, ['arrived', 'lost', 'arrived']);
  });

  it('the timeline does not run backwards when a publisher takes over from one that was ahead of the clock', () => {
    const reader = new Recorder();
    stream.read(reader);
    const first = stream.publish();
    first.unit(video, videoUnit(0, true));
    first.unit(video, videoUnit(90_000));
    first.unit(audio, audioUnit(50_000));
    const second = stream.publish();
    clock.advance(500);
    second.unit(video, videoUnit(0, true));
    const [, last, next] = reader.pts('video');
    assert.ok(next! / 90_000 > 50_960 / 48_000, `${next} comes after the audio`);
    assert.ok(next! > last!);
  });

  it('one that takes over sits down with its first key frame; until then the one before it is seen', () => {
    const reader = new Recorder();
    stream.read(reader);
    const first = stream.publish();
    let dismissed = 0;
    first.onClosed(() => dismissed++);
    first.packet(video, packet(0, IDR));
    const seated: boolean[] = [];
    const second = stream.publish(wasHeard => seated.push(wasHeard));
    let wanted = 0;
    second.onKeyframeWanted(() => wanted++);
    second.tracks([video]);
    second.packet(audio, packet(0));
    second.packet(video, packet(1));
    second.unit(audio, audioUnit(0));
    first.packet(video, packet(1));
    assert.deepEqual([dismissed, reader.packets.length, wanted, stream.tracks], [0, 2, 2, []]);
    second.packet(video, packet(2, IDR));
    first.packet(video, packet(2));
    assert.deepEqual([dismissed, reader.packets.length, stream.tracks], [1, 3, [video]]);
    assert.deepEqual(seated, [true]);
  });

  it('one that waits to take over may give up, be replaced, or find the seat empty', () => {
    const first = stream.publish();
    first.packet(video, packet(0, IDR));
    stream.publish().close('lost');
    assert.deepEqual([stream.isPublished, events], [true, []]);
    let dismissed = 0;
    stream.publish().onClosed(() => dismissed++);
    const third = stream.publish();
    assert.equal(dismissed, 1);
    first.close('ended');
    assert.deepEqual(events, ['lost'], 'its end is not that of the broadcast');
    third.packet(video, packet(0, IDR));
    assert.equal(stream.isPublished, true);
    stream.publish().onClosed(() => dismissed++);
    stream.end();
    assert.equal(dismissed, 2);
  });

  it('says while one who sends has had no key frame for three seconds', () => {
    const publisher = stream.publish();
    clock.advance(2 * PICTURE_WAIT_MS);
    assert.deepEqual(stream.troubles, [], 'it has not sent yet');
    publisher.packet(audio, packet(0));
    clock.advance(PICTURE_WAIT_MS - 1);
    assert.deepEqual(stream.troubles, []);
    clock.advance(1);
    assert.deepEqual([stream.troubles, troubled.at(-1)], [['no-picture'], ['no-picture']]);
    publisher.packet(video, packet(1, IDR));
    publisher.unit(video, videoUnit(0, true));
    assert.deepEqual([stream.troubles, troubled.at(-1)], [[], []]);
    publisher.packet(audio, packet(2));
    clock.advance(2 * PICTURE_WAIT_MS);
    assert.deepEqual(stream.troubles, [], 'pictures came: a long interval is another matter');
  });

  it('says it of one who waits to take over, until that one gives up', () => {
    const first = stream.publish();
    first.packet(video, packet(0, IDR));
    first.unit(video, videoUnit(0, true));
    const second = stream.publish();
    second.packet(video, packet(0));
    clock.advance(PUBLISHER_QUIET_MS - 1);
    first.packet(video, packet(1));
    clock.advance(PICTURE_WAIT_MS - PUBLISHER_QUIET_MS + 1);
    assert.deepEqual(troubled.at(-1), ['no-picture']);
    second.close('lost');
    assert.deepEqual([stream.troubles, troubled.at(-1)], [[], []]);
    clock.advance(PICTURE_WAIT_MS);
    assert.deepEqual(stream.troubles, []);
  });

  it('says that an encoder sends B-frames, as long as that one publishes', () => {
    const first = stream.publish();
    first.reordersPictures();
    first.reordersPictures();
    assert.deepEqual(
      troubled.filter(troubles => troubles.length > 0),
      [['reordered-pictures']],
    );
    clock.advance(PUBLISHER_QUIET_MS);
    stream.publish();
    assert.deepEqual([stream.troubles, troubled.at(-1)], [[], []]);
    first.reordersPictures();
    assert.deepEqual(stream.troubles, []);
  });

  it('one that fell silent is replaced at once', () => {
    const first = stream.publish();
    let dismissed = 0;
    first.onClosed(() => dismissed++);
    first.packet(video, packet(0, IDR));
    clock.advance(PUBLISHER_QUIET_MS);
    const seated: boolean[] = [];
    stream.publish(wasHeard => seated.push(wasHeard));
    assert.deepEqual([dismissed, seated], [1, [false]]);
  });

  it('a takeover closes the older publisher, whose media is heard no more, and keeps the readers', () => {
    const reader = new Recorder();
    stream.read(reader);
    const first = stream.publish();
    let dismissed = 0;
    first.onClosed(() => dismissed++);
    const second = stream.publish();
    first.unit(video, videoUnit(0, true));
    first.packet(video, packet(0, IDR));
    first.close('lost');
    assert.deepEqual([dismissed, events, reader.units, reader.packets], [1, [], [], []]);
    second.unit(video, videoUnit(0, true));
    assert.equal(reader.units.length, 1);
    assert.equal(stream.stats.publishers, 2);
  });

  it('packets of one who takes over never bear the SSRC of the one before', () => {
    const reader = new Recorder();
    stream.read(reader);
    for (let i = 0; i < 3; i++) {
      const publisher = stream.publish();
      publisher.packet(video, packet(0, IDR, 7));
      publisher.packet(audio, packet(0, IDR, 8));
    }
    const ssrcs = reader.packets.map(entry => entry.ssrc);
    assert.deepEqual(ssrcs.slice(0, 2), [7, 8]);
    assert.equal(new Set(ssrcs).size, 6);
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
