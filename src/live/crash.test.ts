import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { StorageFull } from '#ports/storage-full.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { fresh, LiveRig, segmentsOf, textOf } from '#tests/support/live-rig.ts';
import { feedPublisher } from '#tests/support/publishing.ts';
import { GRACE_MS } from './broadcast/lifecycle.ts';
import { Pending } from './index.ts';
import { LOST_SEGMENTS_MAX } from './packager/limits.ts';

await onEveryDatabase('live, after a crash and on a full disk', open => {
  let rig: LiveRig;
  beforeEach(async () => {
    rig = await LiveRig.open(await open());
  });
  afterEach(() => rig.close());

  it('what a crash left live is interrupted at the next start, and plays up to the last part', async () => {
    const { id } = await rig.goOnAir(7);
    await rig.written(id, 6.8);
    await rig.restartAfterCrash();
    const broadcast = await rig.live.get(id);
    assert.equal(broadcast.state, 'interrupted');
    assert.deepEqual(broadcast.playback, { whepUrl: null, hlsUrl: `/hls/${id}/index.m3u8` });
    const hls = await rig.source(id);
    assert.match(await textOf(hls.multivariant()), /avc1.*mp4a/);
    const playlist = await textOf(hls.playlist('video', fresh));
    assert.doesNotMatch(playlist, /ENDLIST/);
    assert.deepEqual(segmentsOf(playlist), ['0.m4s', '1.m4s', '2.m4s', '3.m4s']);
    for (const name of segmentsOf(playlist))
      assert.ok((await textOf(hls.segment('video', Number.parseInt(name, 10)))).includes('moof'));
    assert.ok((await textOf(hls.init('audio', 0))).includes('moov'));
  });

  it('its publisher comes back after the crash: one broadcast, one playlist, one replay', async () => {
    const { id, publishToken } = await rig.goOnAir(7);
    await rig.written(id, 6.8);
    await rig.restartAfterCrash();
    const waiting = (await rig.source(id)).playlist('video', { msn: 12, part: 0 });
    assert.ok(waiting instanceof Pending, 'a player waits for what comes');
    const resumed = rig.reaches(id, 'live');
    const feed = feedPublisher(await rig.live.publish(id, publishToken));
    feed.until(3);
    await resumed;
    const playlist = await textOf(waiting);
    const places = [
      '#EXT-X-MEDIA-SEQUENCE:0',
      '\n00_3.m4s\n',
      // What was shown last and lost keeps its numbers.
      '#EXT-X-GAP\n#EXTINF:0.04,\n4.m4s',
      '#EXT-X-GAP\n#EXTINF:0.04,\n11.m4s',
      '#EXT-X-DISCONTINUITY\n',
      'init-6000.mp4',
      '12.0.m4s',
    ];
    const found = places.map(place => playlist.indexOf(place));
    assert.ok(!found.includes(-1), playlist);
    assert.deepEqual(
      found,
      [...found].sort((a, b) => a - b),
    );
    rig.house.clock.advance(GRACE_MS);
    const ended = await rig.live.end({ id: rig.ada, role: 'member' }, id);
    assert.ok(Math.abs(ended.durationMs! - 10_120) < 250, `${ended.durationMs}`);
    const replay = await textOf((await rig.source(id)).playlist('audio', fresh));
    assert.equal(replay.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
    const numbers = Array.from(replay.matchAll(/^(?:\d+_)?(\d+)\.m4s$/gm), match => Number(match[1]));
    assert.deepEqual(numbers, [...numbers.keys()], 'no number is left out');
    assert.equal(numbers.length - segmentsOf(replay).length, LOST_SEGMENTS_MAX);
    const times = [...replay.matchAll(/DATE-TIME:(.*)/g)].map(match => Date.parse(match[1]!));
    assert.ok(
      times.some((time, i) => i > 0 && time - times[i - 1]! > 50_000),
      'the pause is in the clock',
    );
    assert.deepEqual(
      (await rig.told(id)).map(event => event.state),
      ['live', 'interrupted', 'live', 'ended', 'archived'],
    );
  });

  it('no name ever stands for other bytes, though nothing was kept between two crashes', async () => {
    const { id, publishToken } = await rig.goOnAir(7);
    await rig.written(id, 6.8);
    await rig.stored(id, 3);
    const { blobs, journals } = rig;
    const full = async () => Promise.reject(new StorageFull('no space'));
    rig.blobs = { ...blobs, put: full };
    rig.journals = { ...journals, create: full };
    const names: string[] = [];
    for (let life = 2; life <= 3; life++) {
      await rig.restartAfterCrash();
      const resumed = rig.reaches(id, 'live');
      feedPublisher(await rig.live.publish(id, publishToken)).until(1);
      await resumed;
      const playlist = await textOf((await rig.source(id)).playlist('video', fresh));
      const made = playlist.slice(playlist.lastIndexOf('#EXT-X-DISCONTINUITY\n'));
      const own = [...made.matchAll(/URI="([^"/]*)"/g)].map(match => match[1]!);
      assert.ok(own.length > 3, made);
      names.push(...own);
    }
    assert.equal(new Set(names).size, names.length, names.join(' '));
    Object.assign(rig, { blobs, journals });
  });

  it('a full disk ends nothing, and the room is told', async () => {
    const full = async () => Promise.reject(new StorageFull('no space'));
    rig.blobs = { ...rig.blobs, put: full };
    rig.journals = { ...rig.journals, create: full };
    rig.live = rig.start();
    const { id, publishToken } = await rig.live.create(rig.ada, { title: 'A walk' });
    const heard = rig.house.hear(id);
    const isLive = rig.reaches(id, 'live');
    feedPublisher(await rig.live.publish(id, publishToken)).until(5);
    await isLive;
    assert.equal((await rig.live.get(id)).state, 'live');
    assert.match(await textOf((await rig.source(id)).playlist('video', fresh)), /EXT-X-PART:/);
    const ended = await rig.live.end({ id: rig.ada, role: 'member' }, id);
    assert.deepEqual([ended.state, ended.durationMs], ['archived', 0]);
    assert.ok(rig.live.counts.recordingLost > 0, 'what the recording lacks is counted');
    assert.deepEqual(
      heard.filter(event => event.type === 'troubles'),
      [{ type: 'troubles', troubles: ['not-recorded'] }],
    );
  });

  it('a publisher that does not come back after the crash ends the broadcast after the grace', async () => {
    const { id } = await rig.goOnAir(5);
    await rig.written(id, 4.8);
    await rig.restartAfterCrash();
    rig.house.clock.advance(GRACE_MS - 1);
    assert.equal((await rig.live.get(id)).state, 'interrupted');
    const archived = rig.reaches(id, 'archived');
    rig.house.clock.advance(1);
    await archived;
    assert.equal((await rig.live.get(id)).durationMs, 4800);
    assert.match(await textOf((await rig.source(id)).playlist('video', fresh)), /ENDLIST/);
  });
});
