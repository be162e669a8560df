import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { createDbPlacement, type DbPlacement } from '#adapters/placement-db/index.ts';
import { PROCESS_LEASE_MS } from '#ports/placement.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { LiveRig } from '#tests/support/live-rig.ts';
import { feedPublisher } from '#tests/support/publishing.ts';
import { until } from '#tests/support/until.ts';
import { SWEEP_MS } from './broadcast/on-air-registry.ts';
import type { Live } from './index.ts';
import { listSegments } from './recorder/store.ts';

await onEveryDatabase('live, with several processes on one database', open => {
  let rig: LiveRig;
  const opened: Live[] = [];
  beforeEach(async () => {
    rig = await LiveRig.open(await open());
    await rig.house.placement.join('http://one');
  });
  afterEach(async () => {
    for (const live of opened.splice(0)) await live.drain();
    await rig.house.placement.close();
    await rig.close();
  });

  /** A process with a data folder of its own, or with that of the first one. */
  const another = async (folder: string): Promise<{ live: Live; placement: DbPlacement }> => {
    const placement = createDbPlacement({ ...rig.house, folder });
    await placement.join(`http://${folder}`);
    const before = rig.house.placement;
    Object.assign(rig.house, { placement });
    const live = rig.start();
    Object.assign(rig.house, { placement: before });
    opened.push(live);
    await live.recover();
    return { live, placement };
  };
  const advance = async (ms: number) => {
    for (let at = 0; at < ms; at += SWEEP_MS) {
      rig.house.clock.advance(Math.min(SWEEP_MS, ms - at));
      await rig.db.sql.selectFrom('broadcasts').select('id').execute();
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    }
  };

  it('each leaves what another one has on the air alone, and says where it is', async () => {
    const { id, publishToken, feed } = await rig.goOnAir(3);
    const { live } = await another('two');
    await advance(2 * SWEEP_MS);
    feed.until(4);
    assert.equal((await live.get(id)).state, 'live');
    const refused = { code: 'elsewhere', message: 'This broadcast is on the air at http://one.' };
    await assert.rejects(live.watch(id), refused);
    await assert.rejects(live.publish(id, publishToken), refused);
    await assert.rejects(live.end({ id: rig.ada, role: 'member' }, id), refused);
    await assert.rejects(async () => live.hls(id), refused);
    assert.equal((await rig.live.end({ id: rig.ada, role: 'member' }, id)).state, 'archived');
    await assert.rejects(async () => live.hls(id), { code: 'elsewhere' });
  });

  it('what is deleted is purged by the process that has its bytes, and by no other', async () => {
    const { id } = await rig.goOnAir(3);
    await rig.live.end({ id: rig.ada, role: 'member' }, id);
    const { live } = await another('two');
    const removedAtMs = rig.house.clock.nowMs();
    await rig.db.sql
      .updateTable('broadcasts')
      .set({ removed_at: removedAtMs })
      .where('id', '=', id)
      .execute();
    const purge = (of: Live) => of.jobHandlers['broadcast.purge']!({ broadcastId: id, removedAtMs });
    await assert.rejects(purge(live), { code: 'elsewhere' });
    assert.ok((await listSegments(rig.db.sql, id)).length > 0);
    await purge(rig.live);
    assert.deepEqual(await listSegments(rig.db.sql, id), []);
  });

  it('what a dead process had is interrupted, then over, and its recording waits for its own folder', async () => {
    const { id } = await rig.goOnAir(5);
    await rig.written(id, 4.8);
    const { live } = await another('two');
    await rig.house.placement.close();
    const reaches = (state: string) =>
      until(
        state,
        async () => {
          rig.house.clock.advance(SWEEP_MS);
          return (await live.get(id)).state === state;
        },
        60_000,
      );
    await reaches('interrupted');
    await reaches('ended');
    const { live: next } = await another('folder');
    assert.equal((await next.get(id)).state, 'archived');
    assert.ok(await next.hls(id));
  });

  it('the owner of before writes nothing once another process has its folder, and lets everybody go', async () => {
    const { id, publisher, feed } = await rig.goOnAir(5);
    let isDismissed = false;
    publisher.onClosed(() => {
      isDismissed = true;
    });
    await rig.written(id, 4.8);
    const { live } = await another('folder');
    assert.equal((await live.get(id)).state, 'interrupted');
    const rows = await listSegments(rig.db.sql, id);
    feed.until(9);
    await until('its publisher is let go', () => isDismissed);
    await rig.live.drain();
    assert.deepEqual(await listSegments(rig.db.sql, id), rows);
    assert.equal((await live.get(id)).state, 'interrupted');
  });

  it('lets everybody go, and tries nothing again, when the next process clears the folder under a first write', async () => {
    const { blobs } = rig;
    const cleared = Promise.withResolvers<void>();
    const puts: string[] = [];
    const put = async (key: string) => {
      puts.push(key);
      await cleared.promise;
      throw new Error('the folder has gone');
    };
    rig.blobs = { ...blobs, put };
    rig.live = rig.start();
    rig.blobs = blobs;
    const { id, publisher } = await rig.goOnAir(5);
    let isDismissed = false;
    publisher.onClosed(() => {
      isDismissed = true;
    });
    await until('its first bytes are on their way', () => puts.length > 0);
    const { live } = await another('folder');
    cleared.resolve();
    await until('its publisher is let go', () => isDismissed);
    rig.house.clock.advance(PROCESS_LEASE_MS);
    await rig.live.drain();
    assert.equal(puts.length, 1);
    assert.equal((await live.get(id)).state, 'interrupted');
  });

  it('one that was taken for dead, and is not, says that its broadcast is live', async () => {
    const { id } = await rig.goOnAir(3);
    const { placement, live } = await another('two');
    await rig.house.broadcasts.advance(id, 'publisher-lost');
    await rig.db.sql
      .updateTable('processes')
      .set({ lease_until: 1 })
      .where('folder', '=', 'folder')
      .execute();
    rig.house.clock.advance(PROCESS_LEASE_MS / 3);
    await until('it is live', async () => (await live.get(id)).state === 'live');
    await placement.close();
  });

  it('two publishers that come at once are of one broadcast', async () => {
    const { id, publishToken } = await rig.live.create(rig.ada, { title: 'A walk' });
    const both = await Promise.all([rig.live.publish(id, publishToken), rig.live.publish(id, publishToken)]);
    const isLive = rig.reaches(id, 'live');
    // Either may have come last, and only that one is heard.
    for (const publisher of both) feedPublisher(publisher).until(1);
    await isLive;
  });
});
