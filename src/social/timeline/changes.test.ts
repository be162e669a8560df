import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import type { BroadcastEvent } from '#ports/events.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { refused } from '#tests/support/refused.ts';
import { openSocial, type SocialWorld } from '#tests/support/social.ts';
import { HINT_BATCH } from './changes.ts';

await onEveryDatabase('changes of a post', open => {
  let world: SocialWorld;
  let social: SocialWorld['social'];
  let anna: string;
  let fan: string;
  let live: BroadcastEvent;
  beforeEach(async () => {
    world = await openSocial(open);
    social = world.social;
    [anna, fan] = [world.person('anna'), world.person('fan')];
    await social.follow(fan, anna);
    await world.jobs.idle();
    live = {
      broadcastId: world.ids.next(),
      postId: world.ids.next(),
      ownerId: anna,
      title: 'On the roof',
      state: 'live',
      startedAtMs: world.clock.nowMs() + 5,
      durationMs: null,
      announce: true,
    };
  });
  afterEach(() => world.close());
  const since = async (who: string, seq: number, limit = 100) => social.timeline.since(who, seq, limit);
  const typesOf = (events: Awaited<ReturnType<typeof since>>) => events.map(({ event }) => event.type);

  it('make the post of a broadcast when it starts, at its address and time, and bring it to followers', async () => {
    await world.tell('broadcast.started', live);
    const post = await social.posts.get(live.postId, fan);
    assert.deepEqual(post, {
      id: live.postId,
      author: { id: anna, handle: 'anna', displayName: 'anna' },
      text: 'On the roof',
      createdAt: new Date(live.startedAtMs!).toISOString(),
      replyToId: null,
      counts: { replies: 0, likes: 0 },
      viewer: { liked: false },
      broadcast: {
        id: live.broadcastId,
        state: 'live',
        title: 'On the roof',
        startedAt: new Date(live.startedAtMs!).toISOString(),
        durationMs: null,
      },
    });
    assert.deepEqual((await social.timeline.home(fan, {})).items, [post]);
    assert.equal((await social.countsOf([anna])).get(anna)?.posts, 1);
  });

  it('stand by the time of the start, although the id is older', async () => {
    world.clock.advance(10);
    const before = await world.post(anna, 'before');
    world.clock.advance(10);
    await world.tell('broadcast.started', { ...live, startedAtMs: world.clock.nowMs() });
    assert.deepEqual(
      (await social.timeline.home(fan, {})).items.map(post => post.id),
      [live.postId, before.id],
    );
  });

  it('of a broadcast are written into the post and told to those who have it, twice or once', async () => {
    await world.tell('broadcast.started', live);
    await world.tell('broadcast.started', live);
    const heard = world.hear(fan);
    const ended = { ...live, title: 'Off the roof', state: 'archived', durationMs: 61_000 } as const;
    await world.tell('broadcast.changed', ended);
    const { text, broadcast } = await social.posts.get(live.postId, fan);
    assert.equal(text, 'Off the roof');
    assert.deepEqual(broadcast, {
      id: live.broadcastId,
      state: 'archived',
      title: 'Off the roof',
      startedAt: new Date(live.startedAtMs!).toISOString(),
      durationMs: 61_000,
    });
    assert.deepEqual(
      heard.map(({ type, postId }) => ({ type, postId })),
      [{ type: 'post-changed', postId: live.postId }],
    );
    assert.equal((await social.countsOf([anna])).get(anna)?.posts, 1);
  });

  it('reach the owner alone when the broadcast is not announced', async () => {
    await world.tell('broadcast.started', { ...live, announce: false });
    assert.deepEqual((await social.timeline.home(fan, {})).items, []);
    assert.equal((await social.timeline.home(anna, {})).items.length, 1);
    assert.equal((await social.posts.listByAuthor(anna, {}, fan)).items.length, 1);
    const late = world.person('late');
    await social.follow(late, anna);
    await world.jobs.idle();
    assert.deepEqual((await social.timeline.home(late, {})).items, []);
  });

  it('do not bring a deleted post back', async () => {
    await world.tell('broadcast.started', live);
    await social.posts.delete(live.postId, { id: anna, role: 'member' });
    await world.tell('broadcast.changed', { ...live, state: 'ended' });
    await world.tell('broadcast.started', live);
    await assert.rejects(social.posts.get(live.postId, anna), refused('not-found'));
    assert.deepEqual((await social.timeline.home(fan, {})).items, []);
  });

  it('tell those who have a post that it was deleted', async () => {
    const post = await world.post(anna);
    await world.jobs.idle();
    const [heard, stranger] = [world.hear(fan), world.hear(world.person('stranger'))];
    await social.posts.delete(post.id, { id: anna, role: 'member' });
    await world.jobs.idle();
    assert.deepEqual(
      heard.map(({ type, postId }) => ({ type, postId })),
      [{ type: 'post-deleted', postId: post.id }],
    );
    assert.deepEqual(stranger, []);
  });

  it('are told to many in batches, each once', async () => {
    const people = Array.from({ length: HINT_BATCH + 3 }, (_, n) => world.person(`f${n}`));
    await world.db.sql
      .insertInto('follows')
      .values(people.map(id => ({ follower_id: id, followee_id: anna, created_at: 0 })))
      .execute();
    await world.tell('broadcast.started', live);
    const heard = [anna, fan, ...people].map(id => world.hear(id));
    await world.tell('broadcast.changed', { ...live, state: 'ended' });
    assert.ok(heard.every(hints => hints.length === 1));
  });

  it('are not told when something newer happened to the post', async () => {
    await world.tell('broadcast.started', live);
    await world.tell('broadcast.changed', { ...live, state: 'interrupted' });
    const seq = await social.timeline.head(fan);
    await world.tell('broadcast.changed', live);
    const heard = world.hear(fan);
    const stale = { type: 'post-changed', postId: live.postId, seq, after: '' };
    await social.jobHandlers['post.hint']!(stale);
    await social.jobHandlers['post.hint']!({ ...stale, seq: await social.timeline.head(fan) });
    assert.equal(heard.length, 1);
  });

  it('are found again by somebody who was away, each kind in its place', async () => {
    const before = await social.timeline.head(fan);
    const kept = await world.post(anna, 'kept');
    const gone = await world.post(anna, 'gone');
    await world.jobs.idle();
    const seen = await social.timeline.head(fan);
    await world.tell('broadcast.started', live);
    await social.posts.delete(gone.id, { id: anna, role: 'member' });
    await world.jobs.idle();
    await world.tell('broadcast.changed', { ...live, state: 'ended' });

    const all = await since(fan, before);
    assert.deepEqual(typesOf(all), ['post', 'post', 'post-deleted', 'post-changed']);
    const first = all[0]!.event;
    assert.equal(first.type === 'post' && first.post.id, kept.id);
    assert.deepEqual(typesOf(await since(fan, seen)), ['post', 'post-deleted', 'post-changed']);
    assert.equal(all.at(-1)!.seq, await social.timeline.head(fan));
    assert.deepEqual(await since(fan, await social.timeline.head(fan)), []);
    assert.deepEqual(await since(world.person('stranger'), 0), []);
  });

  it('come in pages that miss and repeat nothing', async () => {
    for (let n = 0; n < 5; n++) await world.post(anna, `${n}`);
    await world.tell('broadcast.started', live);
    await world.tell('broadcast.changed', { ...live, state: 'interrupted' });
    const gone = await world.post(anna, 'gone');
    await world.jobs.idle();
    await social.posts.delete(gone.id, { id: anna, role: 'member' });
    await world.jobs.idle();
    const all = await since(fan, 0);
    assert.equal(all.length, 8);
    for (const limit of [1, 2, 3, 7]) {
      const paged: (typeof all)[number][] = [];
      for (let seq = 0; ; ) {
        const page = await since(fan, seq, limit);
        paged.push(...page);
        if (page.length < limit) break;
        seq = page.at(-1)!.seq;
      }
      assert.deepEqual(paged, all, `pages of ${limit}`);
    }
  });
});
