import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { refused } from '#tests/support/refused.ts';
import { openSocial, type SocialWorld } from '#tests/support/social.ts';

await onEveryDatabase('follows', open => {
  let world: SocialWorld;
  let social: SocialWorld['social'];
  let anna: string;
  let ben: string;
  beforeEach(async () => {
    world = await openSocial(open);
    social = world.social;
    [anna, ben] = [world.person('anna'), world.person('ben')];
  });
  afterEach(() => world.close());
  const countsOf = async (id: string) => (await social.countsOf([id])).get(id);

  it('count once, however often one follows and unfollows', async () => {
    await social.follow(anna, ben);
    await social.follow(anna, ben);
    assert.deepEqual(await countsOf(anna), { posts: 0, followers: 0, following: 1 });
    assert.deepEqual(await countsOf(ben), { posts: 0, followers: 1, following: 0 });
    await social.unfollow(anna, ben);
    await social.unfollow(anna, ben);
    assert.deepEqual(await countsOf(anna), { posts: 0, followers: 0, following: 0 });
    assert.deepEqual(await countsOf(ben), { posts: 0, followers: 0, following: 0 });
  });

  it('stay right when everybody follows everybody at the same moment', async () => {
    const people = Array.from({ length: 6 }, (_, n) => world.person(`p${n}`));
    const pairs = people.flatMap(a => people.filter(b => a !== b).map(b => [a, b] as const));
    await Promise.all([...pairs, ...pairs].map(([a, b]) => social.follow(a, b)));
    for (const person of people)
      assert.deepEqual(await countsOf(person), { posts: 0, followers: 5, following: 5 });
    await Promise.all([...pairs, ...pairs].map(([a, b]) => social.unfollow(a, b)));
    for (const person of people)
      assert.deepEqual(await countsOf(person), { posts: 0, followers: 0, following: 0 });
  });

  it('tell whom of some people one follows, and nothing of nobody', async () => {
    const cleo = world.person('cleo');
    await social.follow(anna, ben);
    await social.follow(cleo, anna);
    assert.deepEqual(await social.followedBy(anna, [ben, cleo, anna]), new Set([ben]));
    assert.deepEqual(await social.followedBy(anna, []), new Set());
    assert.deepEqual(await social.countsOf([]), new Map());
  });

  it('are not of oneself', async () => {
    await assert.rejects(social.follow(anna, anna), refused('not-allowed'));
    assert.deepEqual(await countsOf(anna), { posts: 0, followers: 0, following: 0 });
  });
});
