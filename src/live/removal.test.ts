import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import type { BroadcastId } from '#base/ids.ts';
import { type BroadcastPostEvent, broadcastPostJob } from '#ports/events.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { fresh, isAbout, LiveRig, segmentsOf, textOf } from '#tests/support/live-rig.ts';
import { feedPublisher } from '#tests/support/publishing.ts';
import { refused } from '#tests/support/refused.ts';
import { ADMITTED_MS } from './broadcast/admission.ts';
import { PURGE_AFTER_MS } from './broadcast/removal.ts';

await onEveryDatabase('a broadcast whose post is deleted', open => {
  let rig: LiveRig;
  beforeEach(async () => {
    rig = await LiveRig.open(await open());
    rig.house.jobs.start(handlers());
  });
  afterEach(() => rig.close());

  /** Nothing here reads what `live` tells `social`. */
  const handlers = () => ({
    'broadcast.started': async () => {},
    'broadcast.changed': async () => {},
    ...rig.live.jobHandlers,
  });
  const tell = async (type: BroadcastPostEvent['type'], id: BroadcastId) => {
    await rig.house.jobs.enqueue(rig.db.sql, broadcastPostJob({ broadcastId: id, type }));
    await rig.house.jobs.idle();
  };
  const purged = async () => {
    rig.house.clock.advance(PURGE_AFTER_MS);
    await rig.house.jobs.idle();
  };
  const kept = async (id: BroadcastId) => {
    const counted = ['broadcasts', 'recordings', 'recording_segments', 'comments', 'heart_seconds'].map(
      table =>
        rig.db.sql
          .selectFrom(table)
          .selectAll()
          .where(table === 'broadcasts' ? 'id' : 'broadcast_id', '=', id)
          .execute(),
    );
    return (await Promise.all(counted)).reduce((sum, rows) => sum + rows.length, 0);
  };

  it('is off the air at once: for its publisher, its viewers, every list and its room', async () => {
    const { id, publisher, publishToken } = await rig.goOnAir(5);
    const stream = await rig.live.watch(id);
    const source = await rig.source(id);
    const events = rig.house.hear(id);
    let ended = false;
    let dismissed = false;
    stream.read({ ended: () => (ended = true) } as never);
    publisher.onClosed(() => {
      dismissed = true;
    });
    await tell('deleted', id);
    assert.deepEqual([ended, dismissed], [true, true]);
    assert.equal(await rig.live.hls(id), null);
    assert.ok(source, 'whoever had it asks anew for every request');
    const asks: readonly (() => Promise<unknown>)[] = [
      () => rig.live.get(id),
      () => rig.live.watch(id),
      () => rig.live.publish(id, publishToken),
      () => rig.live.room.snapshot(id),
      () => rig.live.room.commentsSince(id, 0),
      () => rig.live.room.addComment(id, rig.ada, { text: 'x', mediaTimeMs: null }),
      () => rig.live.end({ id: rig.ada, role: 'member' }, id),
    ];
    for (const ask of asks) await assert.rejects(ask, refused('not-found'));
    assert.deepEqual((await rig.live.listLive()).items, []);
    assert.equal(events[0]?.type, 'deleted');
  });

  it('leaves no byte and no row when it cannot come back any more', async () => {
    const { id } = await rig.goOnAir(5);
    await rig.live.room.addComment(id, rig.ada, { text: 'hello', mediaTimeMs: 100 });
    await tell('deleted', id);
    assert.ok((await kept(id)) > 0);
    await purged();
    assert.equal(await kept(id), 0);
    assert.equal(await rig.blobs.size(`recordings/${id}/video/0.m4s`), null);
    assert.deepEqual(await rig.journals.list(`recordings/${id}`), []);
    assert.equal(await rig.live.hls(id), null);
  });

  it('comes back as its replay, never on the air', async () => {
    const { id, publishToken } = await rig.goOnAir(5);
    rig.house.clock.advance(5_000);
    await tell('deleted', id);
    await tell('restored', id);
    const back = await rig.live.get(id);
    assert.equal(back.state, 'archived');
    assert.ok(isAbout(back, 5_000));
    assert.ok(segmentsOf(await textOf((await rig.source(id)).playlist('video', fresh))).length > 0);
    await assert.rejects(rig.live.publish(id, publishToken), refused('broadcast-over'));
    await purged();
    assert.equal((await rig.live.get(id)).state, 'archived', 'the purge of the first deletion spares it');
  });

  it('is not watched as a replay either, also where another process hid it', async () => {
    const { id } = await rig.goOnAir(5);
    await rig.live.end({ id: rig.ada, role: 'member' }, id);
    const elsewhere = rig.start();
    assert.ok(await elsewhere.hls(id));
    await tell('deleted', id);
    assert.equal(await rig.live.hls(id), null);
    rig.house.clock.advance(ADMITTED_MS);
    assert.equal(await elsewhere.hls(id), null);
  });

  it('that was deleted in the middle of a takeover takes nobody', async () => {
    const { id, publishToken } = await rig.goOnAir(5);
    const newer = await rig.live.publish(id, publishToken, { client: 'b', session: 'b', after: '*' });
    let dismissed = false;
    newer.onClosed(() => {
      dismissed = true;
    });
    await tell('deleted', id);
    feedPublisher(newer).until(3);
    assert.equal(dismissed, true);
    assert.equal(await rig.live.hls(id), null);
    await purged();
    assert.equal(await kept(id), 0);
  });

  it('is deleted all the same when the process dies in between, and never goes on', async () => {
    const { id } = await rig.goOnAir(5);
    await rig.written(id, 4);
    const dead = rig.live;
    await rig.db.sql.updateTable('broadcasts').set({ removed_at: rig.house.clock.nowMs() }).execute();
    await rig.restartAfterCrash();
    assert.notEqual(rig.live, dead);
    await assert.rejects(rig.live.get(id), refused('not-found'));
    assert.equal(await rig.live.hls(id), null);
    assert.deepEqual((await rig.live.listLive()).items, []);
  });
});
