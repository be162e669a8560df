import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import { CREDENTIALS_REVOKED, type CredentialsRevoked } from '#ports/credentials.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { fresh, isAbout, LiveRig, segmentsOf, textOf } from '#tests/support/live-rig.ts';
import { feedPublisher } from '#tests/support/publishing.ts';
import { until } from '#tests/support/until.ts';
import { STARTING_MAX_MS } from './broadcast/lifecycle.ts';
import { LINGER_MS } from './broadcast/on-air.ts';
import { SWEEP_MS } from './broadcast/on-air-registry.ts';
import { Pending, type Publisher } from './index.ts';
import { listSegments } from './recorder/store.ts';
import { packet, video } from './stream/samples.suite.ts';
import { PICTURE_WAIT_MS } from './stream/seated-publisher.ts';

await onEveryDatabase('live', open => {
  let rig: LiveRig;
  beforeEach(async () => {
    rig = await LiveRig.open(await open());
  });
  afterEach(() => rig.close());

  it('a broadcast that waits says where to publish and nothing to watch', async () => {
    const broadcast = await rig.live.create(rig.ada, { title: 'A walk' });
    assert.equal(broadcast.state, 'starting');
    assert.equal(broadcast.whipUrl, `/whip/${broadcast.id}`);
    assert.deepEqual(broadcast.playback, { whepUrl: null, hlsUrl: null });
    await assert.rejects(rig.live.watch(broadcast.id), { code: 'not-live' });
    assert.equal(await rig.live.hls(broadcast.id), null);
    const away = await rig.start('https://sky.example').create(rig.ada, { title: 'A walk' });
    assert.equal(away.whipUrl, `https://sky.example/whip/${away.id}`);
  });

  it('the first key frame makes it live, and its time is the start', async () => {
    const startedAtMs = rig.house.clock.nowMs();
    const { id } = await rig.goOnAir(3);
    const broadcast = await rig.live.get(id);
    assert.equal(broadcast.state, 'live');
    assert.equal(broadcast.startedAt, new Date(startedAtMs).toISOString());
    assert.deepEqual(broadcast.playback, { whepUrl: `/whep/${id}`, hlsUrl: `/hls/${id}/index.m3u8` });
    assert.equal((await rig.live.watch(id)).epochMs, startedAtMs);
    assert.match(await textOf((await rig.source(id)).playlist('video', fresh)), /EXT-X-PART:/);
    assert.deepEqual(
      (await rig.live.listLive()).items.map(item => item.id),
      [id],
    );
  });

  it('ends what was made with a credential that is revoked, and nothing else', async () => {
    const make = (credentialId: string) => rig.live.create(rig.ada, { title: 'A walk', credentialId });
    const [mine, stolen, waiting] = [await make('session'), await make('token'), await make('token')];
    const publishers: Publisher[] = [];
    for (const { id, publishToken } of [mine, stolen]) {
      const publisher = await rig.live.publish(id, publishToken);
      const isLive = rig.reaches(id, 'live');
      feedPublisher(publisher).until(2);
      await isLive;
      publishers.push(publisher);
    }
    const cut = new Promise<void>(resolve => publishers[1]!.onClosed(() => resolve()));
    const revoked: CredentialsRevoked = { accountId: rig.ada, credentialIds: ['token', 'unknown'] };
    await rig.live.jobHandlers[CREDENTIALS_REVOKED]!(revoked);
    await cut;
    const states = await Promise.all(
      [mine, stolen, waiting].map(async ({ id }) => (await rig.live.get(id)).state),
    );
    assert.deepEqual(states, ['live', 'archived', 'ended']);
    for (const { id, publishToken } of [stolen, waiting])
      await assert.rejects(rig.live.publish(id, publishToken), { code: 'broadcast-over' });
    await rig.live.jobHandlers[CREDENTIALS_REVOKED]!(revoked);
  });

  it('tells the room that no picture comes, also whoever enters later, and that one came', async () => {
    const { id, publishToken } = await rig.live.create(rig.ada, { title: 'A walk' });
    const heard = rig.house.hear(id);
    const publisher = await rig.live.publish(id, publishToken);
    publisher.packet(video, packet(0));
    rig.house.clock.advance(PICTURE_WAIT_MS);
    const entered = await rig.live.room.snapshot(id);
    const said = { type: 'troubles', troubles: ['no-picture'] } as const;
    assert.deepEqual(
      entered.events.filter(event => event.type === 'troubles'),
      [said],
    );
    const isLive = rig.reaches(id, 'live');
    feedPublisher(publisher).until(1);
    await isLive;
    assert.deepEqual(
      heard.filter(event => event.type === 'troubles'),
      [said, { type: 'troubles', troubles: [] }],
    );
  });

  it('when the owner ends it, the publisher is let go and the replay is there at once', async () => {
    const { id, publisher, publishToken } = await rig.goOnAir(5);
    rig.house.clock.advance(5000);
    let dismissed = false;
    publisher.onClosed(() => {
      dismissed = true;
    });
    const ended = await rig.live.end({ id: rig.ada, role: 'member' }, id);
    assert.equal(dismissed, true);
    assert.equal(ended.state, 'archived');
    assert.ok(isAbout(ended, 5000));
    assert.equal(ended.endedAt, new Date(rig.house.clock.nowMs()).toISOString());
    assert.deepEqual(ended.playback, { whepUrl: null, hlsUrl: `/hls/${id}/index.m3u8` });
    const hls = await rig.source(id);
    assert.match(await textOf(hls.multivariant()), /video\/replay\.m3u8/);
    const playlist = await textOf(hls.replay('video'));
    assert.match(playlist, /#EXT-X-PLAYLIST-TYPE:VOD/);
    assert.match(playlist, /#EXT-X-ENDLIST/);
    assert.match(playlist, /\n0-2\.m4s\n/);
    const names = segmentsOf(await textOf(hls.playlist('video', fresh)));
    assert.deepEqual(names, ['0.m4s', '1.m4s', '2.m4s']);
    await assert.rejects(rig.live.watch(id), { code: 'broadcast-over' });
    await assert.rejects(rig.live.publish(id, publishToken), { code: 'broadcast-over' });
    assert.deepEqual((await rig.live.listLive()).items, []);
  });

  it('ending twice, and by owner and publisher at once, is ending once', async () => {
    const { id, publisher } = await rig.goOnAir(3);
    publisher.close('ended');
    const [one, two] = await Promise.all([
      rig.live.end({ id: rig.ada, role: 'member' }, id),
      rig.live.end({ id: rig.ada, role: 'member' }, id),
    ]);
    assert.equal(one.state, 'archived');
    assert.deepEqual(two, one);
    assert.deepEqual(await rig.live.end({ id: rig.ada, role: 'member' }, id), one);
    assert.deepEqual(
      (await rig.told(id)).map(event => event.state),
      ['live', 'ended', 'archived'],
    );
  });

  it('a broadcast that ends in the moment it starts has started', async () => {
    const { id, publishToken } = await rig.live.create(rig.ada, { title: 'A blink' });
    const publisher = await rig.live.publish(id, publishToken);
    feedPublisher(publisher).until(0.1);
    publisher.close('ended');
    const ended = await rig.live.end({ id: rig.ada, role: 'member' }, id);
    assert.equal(ended.state, 'archived');
    assert.ok(isAbout(ended, 100));
    assert.deepEqual(
      (await rig.told(id)).map(event => event.state),
      ['live', 'ended', 'archived'],
    );
  });

  it('nobody but the owner ends or renames a broadcast', async () => {
    const { id } = await rig.goOnAir(1);
    const bob = rig.house.person('bob');
    await assert.rejects(rig.live.end({ id: bob, role: 'member' }, id), { code: 'not-allowed' });
    await assert.rejects(rig.live.update(bob, id, { title: 'Mine' }), { code: 'not-allowed' });
    assert.equal((await rig.live.update(rig.ada, id, { title: 'A longer walk' })).title, 'A longer walk');
    assert.equal((await rig.live.get(id)).state, 'live');
  });

  it('a player in the middle reaches the end, and whoever comes then gets it from the start', async () => {
    const { id, feed } = await rig.goOnAir(29);
    const before = await rig.source(id);
    const waiting = before.playlist('video', { msn: 14, part: 5 });
    assert.ok(waiting instanceof Pending);
    const reload = textOf(waiting);
    feed.until(29.2);
    await rig.live.end({ id: rig.ada, role: 'member' }, id);
    assert.match(await reload, /#EXT-X-PART:/);
    const after = await rig.source(id);
    const next = await textOf(after.playlist('video', { msn: 15, part: 0 }));
    assert.match(next, /#EXT-X-ENDLIST/);
    assert.equal(/MEDIA-SEQUENCE:(\d+)/.exec(next)?.[1], /MEDIA-SEQUENCE:(\d+)/.exec(await reload)?.[1]);
    const part = /URI="(\d+)\.(\d+)\.m4s"/.exec(next)!;
    assert.ok((await textOf(after.part('video', Number(part[1]), Number(part[2])))).length > 0);
    assert.match(await textOf(after.replay('video')), /\n0-2\.m4s\n/);

    rig.house.clock.advance(LINGER_MS);
    const later = await rig.source(id);
    assert.notEqual(later, after);
    const still = await textOf(later.playlist('video', fresh));
    assert.match(still, /#EXT-X-ENDLIST/);
    assert.deepEqual(segmentsOf(still), segmentsOf(next), 'a player that slept finds the same numbers');
  });

  it('while it is live every segment can be had from the start, from the recording when memory has let it go', async () => {
    const { id, feed } = await rig.goOnAir(10);
    for (let at = 20; at <= 70; at += 10) {
      await until(
        'the segments so far are stored',
        async () => (await listSegments(rig.db.sql, id)).length >= at - 14,
      );
      feed.until(at);
    }
    const hls = await rig.source(id);
    for (const name of ['video', 'audio'] as const) {
      const listed = segmentsOf(await textOf(hls.playlist(name, fresh)));
      assert.deepEqual(
        listed,
        listed.map((_, msn) => `${msn}.m4s`),
      );
      assert.ok((await textOf(hls.segment(name, 0))).includes('moof'));
    }
    await assert.rejects(textOf(hls.segment('video', 99)), { code: 'not-found' });
  });

  it('a replay is the same after a restart', async () => {
    const { id } = await rig.goOnAir(7);
    await rig.live.end({ id: rig.ada, role: 'member' }, id);
    const playlist = await textOf((await rig.source(id)).replay('video'));
    const first = await textOf((await rig.source(id)).merged('audio', 0, 3));
    const ended = await rig.live.get(id);
    await rig.live.drain();
    rig.live = rig.start();
    await rig.live.recover();
    assert.deepEqual(await rig.live.get(id), ended);
    assert.equal(await textOf((await rig.source(id)).replay('video')), playlist);
    assert.equal(await textOf((await rig.source(id)).merged('audio', 0, 3)), first);
  });

  it('a broadcast that nobody publishes ends by itself, also under a publisher that sends nothing', async () => {
    const quiet = await rig.live.create(rig.ada, { title: 'Never' });
    const silent: CreatedBroadcast = await rig.live.create(rig.ada, { title: 'Silence' });
    const publisher = await rig.live.publish(silent.id, silent.publishToken);
    const dismissed = new Promise<void>(resolve => publisher.onClosed(resolve));
    rig.house.clock.advance(STARTING_MAX_MS - SWEEP_MS);
    assert.equal((await rig.live.get(quiet.id)).state, 'starting');
    const ended = [quiet, silent].map(({ id }) => rig.reaches(id, 'ended'));
    rig.house.clock.advance(2 * SWEEP_MS);
    await Promise.all([...ended, dismissed]);
    for (const { id, publishToken } of [quiet, silent]) {
      const broadcast = await rig.live.get(id);
      assert.deepEqual(
        [broadcast.state, broadcast.startedAt, broadcast.playback.hlsUrl],
        ['ended', null, null],
      );
      await assert.rejects(rig.live.publish(id, publishToken), { code: 'broadcast-over' });
    }
    assert.deepEqual(await rig.told(quiet.id), []);
  });

  it('an owner may end what never started', async () => {
    const { id } = await rig.live.create(rig.ada, { title: 'Never' });
    assert.equal((await rig.live.end({ id: rig.ada, role: 'member' }, id)).state, 'ended');
    assert.equal((await rig.live.end({ id: rig.ada, role: 'member' }, id)).state, 'ended');
  });

  it('a drain lets publishers and viewers go, interrupts, and takes nobody else', async () => {
    const { id, publisher, publishToken } = await rig.goOnAir(3);
    const waiting = await rig.live.create(rig.ada, { title: 'Later' });
    const dismissed = new Promise<void>(resolve => publisher.onClosed(resolve));
    await rig.live.room.sendHearts(id, rig.house.person('bob'), 5, null);
    const hls = await rig.source(id);
    const blocked = textOf(hls.playlist('video', { msn: 2, part: 0 }));
    const viewer = Promise.withResolvers<void>();
    (await rig.live.watch(id)).read({ ended: viewer.resolve });
    const drains = [rig.live.drain(), rig.live.drain()];
    await assert.rejects(blocked, { code: 'unavailable' });
    await Promise.all([...drains, dismissed, viewer.promise]);
    assert.doesNotMatch(await textOf(hls.playlist('video', fresh)), /ENDLIST/);
    const broadcast = await rig.start().get(id);
    assert.deepEqual([broadcast.state, broadcast.hearts], ['interrupted', 5]);
    for (const closed of [waiting, { id, publishToken }])
      await assert.rejects(rig.live.publish(closed.id, closed.publishToken), { code: 'unavailable' });
    await assert.rejects(rig.live.end({ id: rig.ada, role: 'member' }, id), { code: 'unavailable' });
    assert.equal((await rig.start().get(waiting.id)).state, 'starting');
  });

  it('the next process goes on with what a drain interrupted: nothing is lost, and it is one replay', async () => {
    const { id, publishToken } = await rig.goOnAir(7.03);
    await rig.live.drain();
    assert.deepEqual(await rig.journals.list(`recordings/${id}`), [], 'every part is in a segment');
    rig.live = rig.start();
    await rig.live.recover();
    assert.equal((await rig.live.get(id)).state, 'interrupted');
    const resumed = rig.reaches(id, 'live');
    feedPublisher(await rig.live.publish(id, publishToken)).until(3);
    await resumed;
    const ended = await rig.live.end({ id: rig.ada, role: 'member' }, id);
    assert.ok(Math.abs(ended.durationMs! - 10_030) < 60, `${ended.durationMs}`);
    const replay = await textOf((await rig.source(id)).playlist('video', fresh));
    assert.doesNotMatch(replay, /EXT-X-GAP/, 'no number was given to what is not here');
    assert.equal(replay.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
    assert.deepEqual(
      (await rig.told(id)).map(event => event.state),
      ['live', 'interrupted', 'live', 'ended', 'archived'],
    );
  });

  it('an end that the database refused is made up for by the next sweep', async () => {
    const { id } = await rig.goOnAir(3);
    const rename = (from: string, to: string) => rig.db.sql.schema.alterTable(from).renameTo(to).execute();
    await rename('recording_segments', 'gone');
    const failing = rig.live.end({ id: rig.ada, role: 'member' }, id);
    const giveUp = setInterval(() => rig.house.clock.advance(250), 1);
    await assert.rejects(failing);
    clearInterval(giveUp);
    await rename('gone', 'recording_segments');
    assert.equal((await rig.live.get(id)).state, 'ended');
    const archived = rig.reaches(id, 'archived');
    rig.house.clock.advance(SWEEP_MS);
    await archived;
  });

  it('the room of a broadcast counts who is in it', async () => {
    const { id } = await rig.goOnAir(1);
    const viewer = await rig.live.room.enter(id, null);
    assert.equal((await rig.live.get(id)).viewers, 1);
    await viewer.close();
    assert.equal((await rig.live.get(id)).viewers, 0);
  });
});
