import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import type { AccountId, BroadcastId } from '#base/ids.ts';
import { silentLogger } from '#base/log.ts';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import type { Broadcast, BroadcastState } from '#contract/api/types.ts';
import { Refusal } from '#contract/errors.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import type { Blobs } from '#ports/blobs.ts';
import type { Db } from '#ports/db.ts';
import type { BroadcastEvent } from '#ports/events.ts';
import type { Journals } from '#ports/journals.ts';
import { StorageFull } from '#ports/storage-full.ts';
import { type BroadcastHouse, openBroadcastHouse } from '#tests/support/broadcasts.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { feedPublisher } from '#tests/support/publishing.ts';
import { until } from '#tests/support/until.ts';
import { GRACE_MS, STARTING_MAX_MS } from './broadcast/lifecycle.ts';
import { LINGER_MS } from './broadcast/on-air.ts';
import { SWEEP_MS } from './broadcast/on-air-registry.ts';
import { createLive, type HlsAnswer, type HlsSource, type Live, Pending } from './index.ts';
import { readSegmentJournal } from './recorder/segment-journal.ts';
import { listSegments } from './recorder/store.ts';
import { PUBLISHER_QUIET_MS } from './stream/stream.ts';

const fresh = { msn: null, part: null };

async function text(answer: HlsAnswer): Promise<string> {
  const outcome =
    answer instanceof Pending ? await new Promise(resolve => answer.onSettled(resolve)) : answer;
  if (outcome instanceof Refusal) throw outcome;
  return Buffer.concat((outcome as { chunks: Uint8Array[] }).chunks).toString();
}

/** The last frames of audio and video do not end at the same moment. */
const isAbout = ({ durationMs }: Broadcast, expectedMs: number) => Math.abs(durationMs! - expectedMs) < 50;

const segments = (playlist: string): string[] => playlist.match(/^\d+\.m4s$/gm) ?? [];

await onEveryDatabase('live', open => {
  let folder: string;
  let db: Db;
  let blobs: Blobs;
  let journals: Journals;
  let house: BroadcastHouse;
  let live: Live;
  let ada: AccountId;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'skylark-live-'));
    db = await open();
    blobs = await openDiskBlobs({ directory: folder, log: silentLogger });
    journals = await openDiskJournals({ directory: path.join(folder, 'journals') });
    house = await openBroadcastHouse(db);
    live = start();
    await db.migrate({ ...house.jobs.migrations, ...live.migrations });
    await live.recover();
    ada = house.person('ada');
  });

  afterEach(async () => {
    await live.drain();
    await house.jobs.close();
    await db.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What this process knows, anew: as after a restart. */
  function start(publicUrl: string | null = null): Live {
    const transcoder = { opusToAac: () => Promise.reject(new Error('not used')), close: async () => {} };
    return createLive({ ...house, blobs, journals, transcoder, config: { publicUrl } });
  }

  /** Resolves when the room hears that the broadcast came to this state; ask before causing it. */
  function reaches(id: BroadcastId, state: BroadcastState): Promise<void> {
    return new Promise(resolve => {
      const subscription = house.bus.subscribe(`room:${id}`, message => {
        const event = message as RoomEvent;
        if (event.type !== 'state' || event.state !== state) return;
        void subscription.close();
        resolve();
      });
    });
  }

  async function goOnAir(seconds: number) {
    const broadcast = await live.create(ada, { title: 'A walk' });
    const publisher = await live.publish(broadcast.id, broadcast.publishToken);
    const isLive = reaches(broadcast.id, 'live');
    const feed = feedPublisher(publisher);
    feed.until(seconds);
    await isLive;
    return { ...broadcast, publisher, feed };
  }

  async function source(id: BroadcastId): Promise<HlsSource> {
    const found = await live.hls(id);
    assert.ok(found, 'there is something to play');
    return found;
  }

  /** Resolves when the picture is on disk up to here: whole segments, and the parts of the one being made. */
  async function written(id: BroadcastId, seconds: number): Promise<void> {
    const reached = async () => {
      const rows = await listSegments(db.sql, id);
      const kept = rows.findLast(row => row.rendition === 'video');
      const ends = kept ? [kept] : [];
      for (const key of await journals.list(`recordings/${id}/video`)) {
        const journal = readSegmentJournal((await journals.read(key)) ?? new Uint8Array());
        const duration = journal?.parts.reduce((sum, part) => sum + part.duration, 0);
        if (journal && duration) ends.push({ ...kept!, start: journal.start, duration });
      }
      return Math.max(0, ...ends.map(({ start, duration }) => (start + duration) / 90_000));
    };
    while ((await reached()) < seconds - 0.001) await new Promise(setImmediate);
  }

  /** What social is told, in order. */
  async function told(id: BroadcastId): Promise<(BroadcastEvent & { kind: string })[]> {
    const events: (BroadcastEvent & { kind: string })[] = [];
    const done = Promise.withResolvers<void>();
    const handler = (kind: string) => async (payload: unknown) => {
      events.push({ kind, ...(payload as BroadcastEvent) });
    };
    await house.jobs.enqueue(db.sql, { kind: 'test.last', payload: null, orderingKey: `broadcast:${id}` });
    house.jobs.start({
      'broadcast.started': handler('broadcast.started'),
      'broadcast.changed': handler('broadcast.changed'),
      'test.last': async () => done.resolve(),
    });
    await done.promise;
    return events.filter(event => event.broadcastId === id);
  }

  it('a broadcast that waits says where to publish and nothing to watch', async () => {
    const broadcast = await live.create(ada, { title: 'A walk' });
    assert.equal(broadcast.state, 'starting');
    assert.equal(broadcast.whipUrl, `/whip/${broadcast.id}`);
    assert.deepEqual(broadcast.playback, { whepUrl: null, hlsUrl: null });
    await assert.rejects(live.watch(broadcast.id), { code: 'not-live' });
    assert.equal(await live.hls(broadcast.id), null);
    const away = await start('https://sky.example').create(ada, { title: 'A walk' });
    assert.equal(away.whipUrl, `https://sky.example/whip/${away.id}`);
  });

  it('the first key frame makes it live, and its time is the start', async () => {
    const startedAtMs = house.clock.nowMs();
    const { id } = await goOnAir(3);
    const broadcast = await live.get(id);
    assert.equal(broadcast.state, 'live');
    assert.equal(broadcast.startedAt, new Date(startedAtMs).toISOString());
    assert.deepEqual(broadcast.playback, { whepUrl: `/whep/${id}`, hlsUrl: `/hls/${id}/index.m3u8` });
    assert.equal((await live.watch(id)).epochMs, startedAtMs);
    assert.match(await text((await source(id)).playlist('video', fresh)), /EXT-X-PART:/);
    assert.deepEqual(
      (await live.listLive()).items.map(item => item.id),
      [id],
    );
  });

  it('only the token opens a broadcast', async () => {
    const { id, publishToken } = await goOnAir(1);
    await assert.rejects(live.publish(id, 'guessed'), { code: 'wrong-publish-token' });
    await assert.rejects(live.publish(house.ids.next(), publishToken), { code: 'not-found' });
    assert.equal((await live.get(id)).state, 'live');
  });

  it('who has the token takes over with the first key frame: one broadcast, one playlist, one replay', async () => {
    const { id, publishToken, publisher } = await goOnAir(3);
    let dismissed = false;
    publisher.onClosed(() => {
      dismissed = true;
    });
    const phone = await live.publish(id, publishToken, { client: 'phone', session: '2', after: null });
    assert.equal(dismissed, false, 'viewers keep the old pictures until there are new ones');
    feedPublisher(phone).until(3);
    assert.equal(dismissed, true);
    await assert.rejects(live.publish(id, publishToken, { client: 'x', session: '3', after: ['1'] }), {
      code: 'taken-over',
    });
    const ended = await live.end(ada, id);
    assert.ok(isAbout(ended, 6000), `${ended.durationMs}`);
    assert.deepEqual(
      (await told(id)).map(event => event.state),
      ['live', 'ended', 'archived'],
    );
  });

  it('a publisher that fell silent does not keep its successor out', async () => {
    const { id, publishToken, publisher } = await goOnAir(1);
    let dismissed = false;
    publisher.onClosed(() => {
      dismissed = true;
    });
    house.clock.advance(PUBLISHER_QUIET_MS);
    const successor = await live.publish(id, publishToken);
    feedPublisher(successor).until(1);
    assert.equal(dismissed, true);
    assert.equal((await live.get(id)).state, 'live');
  });

  it('a publisher that is lost may come back and goes on in the same broadcast', async () => {
    const { id, publishToken, publisher } = await goOnAir(3);
    house.clock.advance(3000);
    const interrupted = reaches(id, 'interrupted');
    publisher.close('lost');
    await interrupted;
    await assert.rejects(live.watch(id), { code: 'not-live' });
    assert.equal((await live.get(id)).playback.whepUrl, null);
    house.clock.advance(GRACE_MS - 5000);
    const again = await live.publish(id, publishToken);
    let dismissed = false;
    again.onClosed(() => {
      dismissed = true;
    });
    const resumed = reaches(id, 'live');
    feedPublisher(again).until(3);
    await resumed;
    house.clock.advance(GRACE_MS);
    assert.equal(dismissed, false);
    const ended = await live.end(ada, id);
    assert.equal(ended.state, 'archived');
    assert.equal(segments(await text((await source(id)).playlist('video', fresh))).length, 4);
    assert.deepEqual(
      (await told(id)).map(event => event.state),
      ['live', 'interrupted', 'live', 'ended', 'archived'],
    );
  });

  it('a publisher that does not come back ends the broadcast after the grace', async () => {
    const { id, publisher } = await goOnAir(3);
    const interrupted = reaches(id, 'interrupted');
    publisher.close('lost');
    await interrupted;
    house.clock.advance(GRACE_MS - 1);
    assert.equal((await live.get(id)).state, 'interrupted');
    const archived = reaches(id, 'archived');
    house.clock.advance(1);
    await archived;
    assert.ok(isAbout(await live.get(id), 3000));
  });

  it('when the owner ends it, the publisher is let go and the replay is there at once', async () => {
    const { id, publisher, publishToken } = await goOnAir(5);
    house.clock.advance(5000);
    let dismissed = false;
    publisher.onClosed(() => {
      dismissed = true;
    });
    const ended = await live.end(ada, id);
    assert.equal(dismissed, true);
    assert.equal(ended.state, 'archived');
    assert.ok(isAbout(ended, 5000));
    assert.equal(ended.endedAt, new Date(house.clock.nowMs()).toISOString());
    assert.deepEqual(ended.playback, { whepUrl: null, hlsUrl: `/hls/${id}/index.m3u8` });
    const hls = await source(id);
    assert.match(await text(hls.multivariant()), /video\/replay\.m3u8/);
    const playlist = await text(hls.replay('video'));
    assert.match(playlist, /#EXT-X-PLAYLIST-TYPE:VOD/);
    assert.match(playlist, /#EXT-X-ENDLIST/);
    assert.match(playlist, /\n0-2\.m4s\n/);
    const names = segments(await text(hls.playlist('video', fresh)));
    assert.deepEqual(names, ['0.m4s', '1.m4s', '2.m4s']);
    await assert.rejects(live.watch(id), { code: 'broadcast-over' });
    await assert.rejects(live.publish(id, publishToken), { code: 'broadcast-over' });
    assert.deepEqual((await live.listLive()).items, []);
  });

  it('ending twice, and by owner and publisher at once, is ending once', async () => {
    const { id, publisher } = await goOnAir(3);
    publisher.close('ended');
    const [one, two] = await Promise.all([live.end(ada, id), live.end(ada, id)]);
    assert.equal(one.state, 'archived');
    assert.deepEqual(two, one);
    assert.deepEqual(await live.end(ada, id), one);
    assert.deepEqual(
      (await told(id)).map(event => event.state),
      ['live', 'ended', 'archived'],
    );
  });

  it('a broadcast that ends in the moment it starts has started', async () => {
    const { id, publishToken } = await live.create(ada, { title: 'A blink' });
    const publisher = await live.publish(id, publishToken);
    feedPublisher(publisher).until(0.1);
    publisher.close('ended');
    const ended = await live.end(ada, id);
    assert.equal(ended.state, 'archived');
    assert.ok(isAbout(ended, 100));
    assert.deepEqual(
      (await told(id)).map(event => event.state),
      ['live', 'ended', 'archived'],
    );
  });

  it('nobody but the owner ends or renames a broadcast', async () => {
    const { id } = await goOnAir(1);
    const bob = house.person('bob');
    await assert.rejects(live.end(bob, id), { code: 'not-allowed' });
    await assert.rejects(live.update(bob, id, { title: 'Mine' }), { code: 'not-allowed' });
    assert.equal((await live.update(ada, id, { title: 'A longer walk' })).title, 'A longer walk');
    assert.equal((await live.get(id)).state, 'live');
  });

  it('a player in the middle reaches the end, and whoever comes then gets it from the start', async () => {
    const { id, feed } = await goOnAir(29);
    const before = await source(id);
    const waiting = before.playlist('video', { msn: 14, part: 5 });
    assert.ok(waiting instanceof Pending);
    const reload = text(waiting);
    feed.until(29.2);
    await live.end(ada, id);
    assert.match(await reload, /#EXT-X-PART:/);
    const after = await source(id);
    const next = await text(after.playlist('video', { msn: 15, part: 0 }));
    assert.match(next, /#EXT-X-ENDLIST/);
    assert.equal(/MEDIA-SEQUENCE:(\d+)/.exec(next)?.[1], /MEDIA-SEQUENCE:(\d+)/.exec(await reload)?.[1]);
    const part = /URI="(\d+)\.(\d+)\.m4s"/.exec(next)!;
    assert.ok((await text(after.part('video', Number(part[1]), Number(part[2])))).length > 0);
    assert.match(await text(after.replay('video')), /\n0-2\.m4s\n/);

    house.clock.advance(LINGER_MS);
    const later = await source(id);
    assert.notEqual(later, after);
    const still = await text(later.playlist('video', fresh));
    assert.match(still, /#EXT-X-ENDLIST/);
    assert.deepEqual(segments(still), segments(next), 'a player that slept finds the same numbers');
  });

  it('while it is live every segment can be had from the start, from the recording when memory has let it go', async () => {
    const { id, feed } = await goOnAir(10);
    for (let at = 20; at <= 70; at += 10) {
      await until(
        'the segments so far are stored',
        async () => (await listSegments(db.sql, id)).length >= at - 14,
      );
      feed.until(at);
    }
    const hls = await source(id);
    for (const name of ['video', 'audio'] as const) {
      const listed = segments(await text(hls.playlist(name, fresh)));
      assert.deepEqual(
        listed,
        listed.map((_, msn) => `${msn}.m4s`),
      );
      assert.ok((await text(hls.segment(name, 0))).includes('moof'));
    }
    await assert.rejects(text(hls.segment('video', 99)), { code: 'not-found' });
  });

  it('a replay is the same after a restart', async () => {
    const { id } = await goOnAir(7);
    await live.end(ada, id);
    const playlist = await text((await source(id)).replay('video'));
    const first = await text((await source(id)).merged('audio', 0, 3));
    const ended = await live.get(id);
    await live.drain();
    live = start();
    await live.recover();
    assert.deepEqual(await live.get(id), ended);
    assert.equal(await text((await source(id)).replay('video')), playlist);
    assert.equal(await text((await source(id)).merged('audio', 0, 3)), first);
  });

  /** As after a kill: what the process had in memory never finishes. */
  async function restartAfterCrash(): Promise<void> {
    house.clock.advance(60_000);
    live = start();
    await live.recover();
    await live.recover();
  }

  it('what a crash left live is interrupted at the next start, and plays up to the last part', async () => {
    const { id } = await goOnAir(7);
    await written(id, 6.8);
    await restartAfterCrash();
    const broadcast = await live.get(id);
    assert.equal(broadcast.state, 'interrupted');
    assert.deepEqual(broadcast.playback, { whepUrl: null, hlsUrl: `/hls/${id}/index.m3u8` });
    const hls = await source(id);
    assert.match(await text(hls.multivariant()), /avc1.*mp4a/);
    const playlist = await text(hls.playlist('video', fresh));
    assert.doesNotMatch(playlist, /ENDLIST/);
    assert.deepEqual(segments(playlist), ['0.m4s', '1.m4s', '2.m4s', '3.m4s']);
    for (const name of segments(playlist))
      assert.ok((await text(hls.segment('video', Number.parseInt(name, 10)))).includes('moof'));
    assert.ok((await text(hls.init('audio', 0))).includes('moov'));
  });

  it('its publisher comes back after the crash: one broadcast, one playlist, one replay', async () => {
    const { id, publishToken } = await goOnAir(7);
    await written(id, 6.8);
    await restartAfterCrash();
    const waiting = (await source(id)).playlist('video', { msn: 4, part: 0 });
    assert.ok(waiting instanceof Pending, 'a player waits for what comes');
    const resumed = reaches(id, 'live');
    const feed = feedPublisher(await live.publish(id, publishToken));
    feed.until(3);
    await resumed;
    const playlist = await text(waiting);
    const places = [
      '#EXT-X-MEDIA-SEQUENCE:0',
      '\n3.m4s\n',
      '#EXT-X-DISCONTINUITY\n',
      'init-1.mp4',
      '4.0.m4s',
    ];
    const found = places.map(place => playlist.indexOf(place));
    assert.ok(!found.includes(-1), playlist);
    assert.deepEqual(
      found,
      [...found].sort((a, b) => a - b),
    );
    house.clock.advance(GRACE_MS);
    const ended = await live.end(ada, id);
    assert.ok(Math.abs(ended.durationMs! - 9800) < 250, `${ended.durationMs}`);
    const replay = await text((await source(id)).playlist('audio', fresh));
    assert.equal(replay.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
    assert.deepEqual(
      segments(replay),
      segments(replay).map((_, i) => `${i}.m4s`),
    );
    const times = [...replay.matchAll(/DATE-TIME:(.*)/g)].map(match => Date.parse(match[1]!));
    assert.ok(
      times.some((time, i) => i > 0 && time - times[i - 1]! > 50_000),
      'the pause is in the clock',
    );
    assert.deepEqual(
      (await told(id)).map(event => event.state),
      ['live', 'interrupted', 'live', 'ended', 'archived'],
    );
  });

  it('a full disk ends nothing, and the room is told', async () => {
    const full = async () => Promise.reject(new StorageFull('no space'));
    blobs = { ...blobs, put: full };
    journals = { ...journals, create: full };
    live = start();
    const { id, publishToken } = await live.create(ada, { title: 'A walk' });
    const heard = house.hear(id);
    const isLive = reaches(id, 'live');
    feedPublisher(await live.publish(id, publishToken)).until(5);
    await isLive;
    assert.equal((await live.get(id)).state, 'live');
    assert.match(await text((await source(id)).playlist('video', fresh)), /EXT-X-PART:/);
    const ended = await live.end(ada, id);
    assert.deepEqual([ended.state, ended.durationMs], ['archived', 0]);
    assert.deepEqual(
      heard.filter(event => event.type === 'recording'),
      [{ type: 'recording', kept: false }],
    );
  });

  it('a publisher that does not come back after the crash ends the broadcast after the grace', async () => {
    const { id } = await goOnAir(5);
    await written(id, 4.8);
    await restartAfterCrash();
    house.clock.advance(GRACE_MS - 1);
    assert.equal((await live.get(id)).state, 'interrupted');
    const archived = reaches(id, 'archived');
    house.clock.advance(1);
    await archived;
    assert.equal((await live.get(id)).durationMs, 4800);
    assert.match(await text((await source(id)).playlist('video', fresh)), /ENDLIST/);
  });

  it('a broadcast that nobody publishes ends by itself, also under a publisher that sends nothing', async () => {
    const quiet = await live.create(ada, { title: 'Never' });
    const silent: CreatedBroadcast = await live.create(ada, { title: 'Silence' });
    const publisher = await live.publish(silent.id, silent.publishToken);
    const dismissed = new Promise<void>(resolve => publisher.onClosed(resolve));
    house.clock.advance(STARTING_MAX_MS - SWEEP_MS);
    assert.equal((await live.get(quiet.id)).state, 'starting');
    const ended = [quiet, silent].map(({ id }) => reaches(id, 'ended'));
    house.clock.advance(2 * SWEEP_MS);
    await Promise.all([...ended, dismissed]);
    for (const { id, publishToken } of [quiet, silent]) {
      const broadcast = await live.get(id);
      assert.deepEqual(
        [broadcast.state, broadcast.startedAt, broadcast.playback.hlsUrl],
        ['ended', null, null],
      );
      await assert.rejects(live.publish(id, publishToken), { code: 'broadcast-over' });
    }
    assert.deepEqual(await told(quiet.id), []);
  });

  it('an owner may end what never started', async () => {
    const { id } = await live.create(ada, { title: 'Never' });
    assert.equal((await live.end(ada, id)).state, 'ended');
    assert.equal((await live.end(ada, id)).state, 'ended');
  });

  it('a drain lets publishers go, finishes recordings and takes nobody else', async () => {
    const { id, publisher } = await goOnAir(3);
    const waiting = await live.create(ada, { title: 'Later' });
    const dismissed = new Promise<void>(resolve => publisher.onClosed(resolve));
    await live.room.sendHearts(id, house.person('bob'), 5, null);
    await live.drain();
    await dismissed;
    const broadcast = await start().get(id);
    assert.deepEqual([broadcast.state, broadcast.hearts], ['archived', 5]);
    assert.ok(isAbout(broadcast, 3000));
    await assert.rejects(live.publish(waiting.id, waiting.publishToken), { code: 'unavailable' });
    assert.equal((await start().get(waiting.id)).state, 'starting');
  });

  it('an end that the database refused is made up for by the next sweep', async () => {
    const { id } = await goOnAir(3);
    const rename = (from: string, to: string) => db.sql.schema.alterTable(from).renameTo(to).execute();
    await rename('recording_segments', 'gone');
    const failing = live.end(ada, id);
    const giveUp = setInterval(() => house.clock.advance(250), 1);
    await assert.rejects(failing);
    clearInterval(giveUp);
    await rename('gone', 'recording_segments');
    assert.equal((await live.get(id)).state, 'ended');
    const archived = reaches(id, 'archived');
    house.clock.advance(SWEEP_MS);
    await archived;
  });

  it('the room of a broadcast counts who is in it', async () => {
    const { id } = await goOnAir(1);
    const viewer = await live.room.enter(id, null);
    assert.equal((await live.get(id)).viewers, 1);
    await viewer.close();
    assert.equal((await live.get(id)).viewers, 0);
  });
});
