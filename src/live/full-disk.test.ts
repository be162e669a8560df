import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { silentLogger as log } from '#base/log.ts';
import { StorageFull } from '#ports/storage-full.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { fresh, LiveRig, textOf } from '#tests/support/live-rig.ts';
import { feedPublisher } from '#tests/support/publishing.ts';
import { mountSmallDisk } from '#tests/support/small-disk.ts';
import { until } from '#tests/support/until.ts';

/** Numbers of the segments that are no gaps. */
const KEPT = /(?<!#EXT-X-GAP\n#EXTINF:.*\n)^(?:\d+_)?(\d+)\.m4s$/gm;
/** And of all. */
const LISTED = /^(?:\d+_)?(\d+)\.m4s$/gm;
const SEGMENT_S = 2;
const disk = await mountSmallDisk(6 * 1024 * 1024);

/** Database, blobs and journals are on one disk, as they are unless somebody chose otherwise. */
describe('live, on a disk that runs full', { skip: skipWithout('a disk of its own', disk !== null) }, () => {
  let rig: LiveRig;
  before(async () => {
    const db = await openSqlite({ file: path.join(disk!.directory, 'skylark.db'), log });
    rig = await LiveRig.open(db, disk!.directory);
  });
  after(async () => {
    await disk!.free();
    await rig?.close();
    await disk!.close();
  });

  it('goes on live, tells the room, keeps what it has, and records again when there is room', async t => {
    const { put } = rig.blobs;
    let refused = 0;
    t.mock.method(rig.blobs, 'put', (...asked: Parameters<typeof put>) =>
      put.apply(rig.blobs, asked).catch(cause => {
        refused++;
        throw cause;
      }),
    );
    const { id, feed } = await rig.goOnAir(7);
    await rig.written(id, 6.8);
    const heard = rig.house.hear(id);
    const told = () => heard.flatMap(event => (event.type === 'troubles' ? event.troubles : []));

    // A journal that goes gives room back: it is taken, too.
    let seconds = 7;
    await until('the room is told', async () => {
      await disk!.fill();
      seconds += 0.5;
      feed.until(seconds);
      return told().includes('not-recorded');
    });
    await disk!.fill();
    feed.until(seconds + 60);
    await until('segments are given up', async () => refused > 5);
    assert.equal((await rig.live.get(id)).state, 'live');
    const playlist = await textOf((await rig.source(id)).playlist('video', fresh));
    assert.match(playlist, /EXT-X-PART:/);
    assert.doesNotMatch(playlist, /ENDLIST/);
    await assert.rejects(rig.live.create(rig.ada, { title: 'Another walk' }), StorageFull);
    await assert.rejects(rig.live.end({ id: rig.ada, role: 'member' }, id), StorageFull);

    await disk!.free();
    assert.equal((await rig.live.end({ id: rig.ada, role: 'member' }, id)).state, 'archived');
    const replay = await rig.start().hls(id);
    const listed = await textOf(replay!.playlist('video', fresh));
    const numbersOf = (names: RegExp) => Array.from(listed.matchAll(names), match => Number(match[1]));
    const [kept, all] = [numbersOf(KEPT), numbersOf(LISTED)];
    assert.deepEqual(kept.slice(0, 3), [0, 1, 2]);
    // What was lost is a gap where something was kept behind it, and past the end where nothing was.
    assert.deepEqual(all, [...all.keys()], 'no number is left out');
    assert.ok(kept.length < (seconds + 60) / SEGMENT_S, 'segments were given up');
    for (const msn of kept) assert.match(await textOf(replay!.segment('video', msn)), /moof/);
    await recordsAgain(rig);
  });
});

async function recordsAgain(rig: LiveRig): Promise<void> {
  const { id, publishToken } = await rig.live.create(rig.ada, { title: 'Another walk' });
  const heard = rig.house.hear(id);
  const isLive = rig.reaches(id, 'live');
  feedPublisher(await rig.live.publish(id, publishToken)).until(7);
  await isLive;
  assert.ok(Math.abs((await rig.live.end({ id: rig.ada, role: 'member' }, id)).durationMs! - 7000) < 250);
  assert.ok(!heard.some(event => event.type === 'troubles'));
}
