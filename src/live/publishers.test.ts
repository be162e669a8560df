import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { fresh, isAbout, LiveRig, segmentsOf, textOf } from '#tests/support/live-rig.ts';
import { feedPublisher } from '#tests/support/publishing.ts';
import { GRACE_MS } from './broadcast/lifecycle.ts';
import { ON_AIR_MAX, ON_AIR_PER_ACCOUNT_MAX } from './broadcast/on-air-registry.ts';
import { PUBLISHER_QUIET_MS } from './stream/stream.ts';

await onEveryDatabase('publishers of a broadcast', open => {
  let rig: LiveRig;
  beforeEach(async () => {
    rig = await LiveRig.open(await open());
  });
  afterEach(() => rig.close());

  it('only the token opens a broadcast', async () => {
    const { id, publishToken } = await rig.goOnAir(1);
    await assert.rejects(rig.live.publish(id, 'guessed'), { code: 'wrong-publish-token' });
    await assert.rejects(rig.live.publish(rig.house.ids.next(), publishToken), { code: 'not-found' });
    assert.equal((await rig.live.get(id)).state, 'live');
  });

  it('who has the token takes over with the first key frame: one broadcast, one playlist, one replay', async () => {
    const { id, publishToken, publisher } = await rig.goOnAir(3);
    let dismissed = false;
    publisher.onClosed(() => {
      dismissed = true;
    });
    const phone = await rig.live.publish(id, publishToken, { client: 'phone', session: '2', after: null });
    assert.equal(dismissed, false, 'viewers keep the old pictures until there are new ones');
    feedPublisher(phone).until(3);
    assert.equal(dismissed, true);
    await assert.rejects(rig.live.publish(id, publishToken, { client: 'x', session: '3', after: ['1'] }), {
      code: 'taken-over',
    });
    const ended = await rig.live.end({ id: rig.ada, role: 'member' }, id);
    assert.ok(isAbout(ended, 6000), `${ended.durationMs}`);
    assert.deepEqual(
      (await rig.told(id)).map(event => event.state),
      ['live', 'ended', 'archived'],
    );
  });

  it('broadcasts that never had a picture keep no place from one that has', async () => {
    const { id } = await rig.goOnAir(1);
    for (let i = 0; i < ON_AIR_MAX; i++) {
      const { id, publishToken } = await rig.live.create(rig.ada, { title: 'Half open' });
      (await rig.live.publish(id, publishToken)).close('lost');
    }
    const late = await rig.goOnAir(1);
    assert.deepEqual([(await rig.live.get(late.id)).state, (await rig.live.get(id)).state], ['live', 'live']);
  });

  it('an account has so many on the air, and takes nobody else the place', async () => {
    for (let i = 0; i < ON_AIR_PER_ACCOUNT_MAX; i++) {
      const { id, publishToken } = await rig.live.create(rig.ada, { title: 'Many' });
      await rig.live.publish(id, publishToken);
    }
    const more = await rig.live.create(rig.ada, { title: 'One more' });
    await assert.rejects(rig.live.publish(more.id, more.publishToken), { code: 'too-many-requests' });
    const other = await rig.live.create(rig.house.person('bob'), { title: 'Another' });
    await rig.live.publish(other.id, other.publishToken);
  });

  it('a publisher that fell silent does not keep its successor out', async () => {
    const { id, publishToken, publisher } = await rig.goOnAir(1);
    let dismissed = false;
    publisher.onClosed(() => {
      dismissed = true;
    });
    rig.house.clock.advance(PUBLISHER_QUIET_MS);
    const successor = await rig.live.publish(id, publishToken);
    feedPublisher(successor).until(1);
    assert.equal(dismissed, true);
    assert.equal((await rig.live.get(id)).state, 'live');
  });

  it('a publisher that is lost may come back and goes on in the same broadcast', async () => {
    const { id, publishToken, publisher } = await rig.goOnAir(3);
    rig.house.clock.advance(3000);
    const interrupted = rig.reaches(id, 'interrupted');
    publisher.close('lost');
    await interrupted;
    await assert.rejects(rig.live.watch(id), { code: 'not-live' });
    assert.equal((await rig.live.get(id)).playback.whepUrl, null);
    rig.house.clock.advance(GRACE_MS - 5000);
    const again = await rig.live.publish(id, publishToken);
    let dismissed = false;
    again.onClosed(() => {
      dismissed = true;
    });
    const resumed = rig.reaches(id, 'live');
    feedPublisher(again).until(3);
    await resumed;
    rig.house.clock.advance(GRACE_MS);
    assert.equal(dismissed, false);
    const ended = await rig.live.end({ id: rig.ada, role: 'member' }, id);
    assert.equal(ended.state, 'archived');
    assert.equal(segmentsOf(await textOf((await rig.source(id)).playlist('video', fresh))).length, 4);
    assert.deepEqual(
      (await rig.told(id)).map(event => event.state),
      ['live', 'interrupted', 'live', 'ended', 'archived'],
    );
  });

  it('a publisher that does not come back ends the broadcast after the grace', async () => {
    const { id, publisher } = await rig.goOnAir(3);
    const interrupted = rig.reaches(id, 'interrupted');
    publisher.close('lost');
    await interrupted;
    rig.house.clock.advance(GRACE_MS - 1);
    assert.equal((await rig.live.get(id)).state, 'interrupted');
    const archived = rig.reaches(id, 'archived');
    rig.house.clock.advance(1);
    await archived;
    assert.ok(isAbout(await rig.live.get(id), 3000));
  });
});
