import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { refused } from '#tests/support/refused.ts';
import { openSocial, type SocialWorld } from '#tests/support/social.ts';
import { BACKFILL_POSTS } from './fan-out.ts';

await onEveryDatabase('the home timeline', open => {
  let world: SocialWorld;
  let social: SocialWorld['social'];
  let anna: string;
  let ben: string;
  let cleo: string;
  beforeEach(async () => {
    world = await openSocial(open);
    social = world.social;
    [anna, ben, cleo] = [world.person('anna'), world.person('ben'), world.person('cleo')];
  });
  afterEach(() => world.close());

  const settled = () => world.jobs.idle();
  const follow = async (follower: string, followee: string) => {
    await social.follow(follower, followee);
    await settled();
  };
  const home = async (who: string, limit = 100) =>
    (await social.timeline.home(who, { limit })).items.map(post => post.id);

  it("shows one's own post at once, and once", async () => {
    const post = await social.posts.create(anna, { text: 'hello' });
    assert.deepEqual(await home(anna), [post.id]);
    await settled();
    assert.deepEqual(await home(anna), [post.id]);
  });

  it('shows the posts of those one follows, newest first, and nobody else', async () => {
    await follow(anna, ben);
    const first = await world.post(ben);
    await world.post(cleo);
    const second = await world.post(anna);
    const third = await world.post(ben);
    await settled();
    assert.deepEqual(await home(anna), [third.id, second.id, first.id]);
    assert.deepEqual(await home(ben), [third.id, first.id]);
  });

  it('pages through every post once, whatever the page, while new ones arrive', async () => {
    await follow(anna, ben);
    const written: string[] = [];
    for (let n = 0; n < 23; n++) {
      // Two of each three share their millisecond.
      if (n % 3 === 0) world.clock.advance(1);
      written.push((await social.posts.create(n % 2 ? anna : ben, { text: `${n}` })).id);
    }
    await settled();
    const newestFirst = await home(anna);
    assert.deepEqual(new Set(newestFirst), new Set(written));
    assert.equal(newestFirst.length, written.length);
    for (const limit of [1, 2, 7, 22, 23, 24]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await social.timeline.home(anna, { limit, ...(cursor ? { cursor } : {}) });
        seen.push(...page.items.map(post => post.id));
        cursor = page.nextCursor;
        if (limit === 7) await world.post(ben, 'meanwhile');
        await settled();
      } while (cursor);
      assert.deepEqual(
        seen.filter(id => written.includes(id)),
        newestFirst,
        `pages of ${limit}`,
      );
      assert.equal(new Set(seen).size, seen.length, 'no post twice');
    }
  });

  it('refuses a cursor that it did not make', async () => {
    await assert.rejects(social.timeline.home(anna, { cursor: 'nonsense' }), refused('invalid-cursor'));
  });

  it('fills a page although posts on it were deleted', async () => {
    await follow(anna, ben);
    const posts = [];
    for (let n = 0; n < 6; n++) posts.push(await world.post(ben, `${n}`));
    await settled();
    for (const gone of [posts[5]!, posts[3]!])
      await social.posts.delete(gone.id, { id: ben, role: 'member' });
    assert.deepEqual(await home(anna, 3), [posts[4]!.id, posts[2]!.id, posts[1]!.id]);
  });

  it('gives a new follower the newest posts, no replies and none deleted', async () => {
    const written: string[] = [];
    for (let n = 0; n < BACKFILL_POSTS + 3; n++) written.push((await world.post(ben, `${n}`)).id);
    await world.post(ben, 'reply', written[0]);
    const gone = await world.post(ben);
    await social.posts.delete(gone.id, { id: ben, role: 'member' });
    await settled();
    await follow(anna, ben);
    assert.deepEqual(await home(anna), written.toReversed().slice(0, BACKFILL_POSTS));
  });

  it('loses the posts of somebody unfollowed, and finds them again', async () => {
    await follow(anna, ben);
    const [theirs, own] = [await world.post(ben), await world.post(anna)];
    await settled();
    await social.unfollow(anna, ben);
    await settled();
    assert.deepEqual(await home(anna), [own.id]);
    await follow(anna, ben);
    assert.deepEqual(await home(anna), [own.id, theirs.id]);
  });

  it('ends as the last of many clicks on follow left it', async () => {
    const post = await world.post(ben);
    await settled();
    for (let n = 0; n < 5; n++) {
      await social.follow(anna, ben);
      await social.unfollow(anna, ben);
    }
    await settled();
    assert.deepEqual(await home(anna), []);
    await social.follow(anna, ben);
    await settled();
    assert.deepEqual(await home(anna), [post.id]);
  });

  it('shows a reply to those who follow both sides, to both sides, and to no other', async () => {
    const dora = world.person('dora');
    for (const follower of [anna, dora, cleo]) await follow(follower, ben);
    await follow(anna, cleo);
    const parent = await world.post(cleo);
    const reply = await world.post(ben, 'reply', parent.id);
    await settled();
    assert.deepEqual(await home(anna), [reply.id, parent.id]);
    assert.deepEqual(await home(cleo), [reply.id, parent.id]);
    assert.deepEqual(await home(ben), [reply.id]);
    assert.deepEqual(await home(dora), []);
  });
});
