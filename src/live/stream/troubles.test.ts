import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { FakeClock } from '#base/fake-clock.ts';
import { audio, IDR, openStream, packet, video, videoUnit } from './samples.suite.ts';
import { PICTURE_WAIT_MS } from './seated-publisher.ts';
import { PUBLISHER_QUIET_MS, type Stream } from './stream.ts';

describe('what is wrong with what a publisher sends', () => {
  let clock: FakeClock;
  let stream: Stream;
  let troubled: (readonly string[])[];

  beforeEach(() => {
    ({ clock, stream, troubled } = openStream());
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

  it('says why one never came, until another one tries', () => {
    for (const why of ['not-reached', 'not-secured'] as const) {
      stream.publish().close('lost', why);
      assert.deepEqual([stream.troubles, troubled.at(-1)], [[why], [why]]);
      const next = stream.publish();
      assert.deepEqual([stream.troubles, troubled.at(-1)], [[], []]);
      next.close('lost');
      assert.deepEqual(stream.troubles, [], 'who was there and went is no trouble');
    }
  });

  it('says that an encoder sends B-frames, until it sends none or another one publishes', () => {
    const first = stream.publish();
    first.reordersPictures(true);
    first.reordersPictures(true);
    assert.ok(stream.isReordered);
    first.reordersPictures(false);
    assert.deepEqual([stream.troubles, troubled.at(-1), stream.isReordered], [[], [], false]);
    troubled.length = 0;
    first.reordersPictures(true);
    assert.deepEqual(
      troubled.filter(troubles => troubles.length > 0),
      [['reordered-pictures']],
    );
    clock.advance(PUBLISHER_QUIET_MS);
    stream.publish();
    assert.deepEqual([stream.troubles, troubled.at(-1)], [[], []]);
    first.reordersPictures(true);
    assert.deepEqual(stream.troubles, []);
  });
});
