import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { FakeClock } from '#base/fake-clock.ts';
import {
  audio,
  audioUnit,
  IDR,
  openStream,
  packet,
  Recorder,
  SPS,
  video,
  videoUnit,
} from './samples.suite.ts';
import { PUBLISHER_QUIET_MS, type Stream } from './stream.ts';

describe('one publisher after another', () => {
  let clock: FakeClock;
  let events: string[];
  let stream: Stream;

  beforeEach(() => {
    ({ clock, events, stream } = openStream());
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
    second.packet(video, packet(0, SPS));
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
    first.packet(video, packet(0, SPS));
    const seated: boolean[] = [];
    const second = stream.publish(wasHeard => seated.push(wasHeard));
    let wanted = 0;
    second.onKeyframeWanted(() => wanted++);
    second.tracks([video]);
    second.packet(audio, packet(0));
    second.packet(video, packet(1));
    // Nobody who has seen nothing of it could show this one.
    second.packet(video, packet(1, IDR));
    second.unit(audio, audioUnit(0));
    first.packet(video, packet(1));
    assert.deepEqual([dismissed, reader.packets.length, wanted, stream.tracks], [0, 2, 3, []]);
    second.packet(video, packet(2, SPS));
    first.packet(video, packet(2));
    assert.deepEqual([dismissed, reader.packets.length, stream.tracks], [1, 3, [video]]);
    assert.deepEqual(seated, [true]);
  });

  it('one that waits to take over may give up, be replaced, or find the seat empty', () => {
    const first = stream.publish();
    first.packet(video, packet(0, SPS));
    stream.publish().close('lost');
    assert.deepEqual([stream.isPublished, events], [true, []]);
    let dismissed = 0;
    stream.publish().onClosed(() => dismissed++);
    const third = stream.publish();
    assert.equal(dismissed, 1);
    first.close('ended');
    assert.deepEqual(events, ['lost'], 'its end is not that of the broadcast');
    third.packet(video, packet(0, SPS));
    assert.equal(stream.isPublished, true);
    stream.publish().onClosed(() => dismissed++);
    stream.end();
    assert.equal(dismissed, 2);
  });

  it('one that only tries to come back does not hide that the one before it fell silent', () => {
    const first = stream.publish();
    let dismissed = 0;
    first.onClosed(() => dismissed++);
    first.unit(video, videoUnit(0, true));
    clock.advance(PUBLISHER_QUIET_MS);
    const seated: boolean[] = [];
    const second = stream.publish(wasHeard => seated.push(wasHeard));
    assert.deepEqual([dismissed, seated], [0, []]);
    first.close('lost');
    assert.deepEqual([events, stream.isPublished], [['arrived', 'lost'], false]);
    second.unit(video, videoUnit(0, true));
    assert.deepEqual([events, seated], [['arrived', 'lost', 'arrived'], [false]]);
  });

  it('one that never sent anything is replaced at once', () => {
    const first = stream.publish();
    let dismissed = 0;
    first.onClosed(() => dismissed++);
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
    first.packet(video, packet(0, SPS));
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
      publisher.packet(video, packet(0, SPS, 7));
      publisher.packet(audio, packet(0, SPS, 8));
    }
    const ssrcs = reader.packets.map(entry => entry.ssrc);
    assert.deepEqual(ssrcs.slice(0, 2), [7, 8]);
    assert.equal(new Set(ssrcs).size, 6);
  });
});
