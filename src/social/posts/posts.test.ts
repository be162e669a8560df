import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import type { ErrorCode } from '#contract/errors.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { refused } from '#tests/support/refused.ts';
import { openSocial, type SocialWorld } from '#tests/support/social.ts';
import { UNDO_MS } from './removal.ts';

const EVERYBODY = null;
const nowhere = '0'.repeat(26);

await onEveryDatabase('posts', open => {
  let world: SocialWorld;
  let posts: SocialWorld['social']['posts'];
  let anna: string;
  let ben: string;
  beforeEach(async () => {
    world = await openSocial(open);
    posts = world.social.posts;
    anna = world.person('anna');
    ben = world.person('ben');
  });
  afterEach(() => world.close());
  const refuses = (work: Promise<unknown>, code: ErrorCode) => assert.rejects(work, refused(code));

  it('is written, trimmed, and read as the contract shows it', async () => {
    const written = await posts.create(anna, { text: '  hello\nworld  ' });
    assert.deepEqual(written, {
      id: written.id,
      author: { id: anna, handle: 'anna', displayName: 'anna' },
      text: 'hello\nworld',
      createdAt: '2026-01-01T00:00:00.000Z',
      replyToId: null,
      counts: { replies: 0, likes: 0 },
      viewer: { liked: false },
      broadcast: null,
    });
    assert.deepEqual(await posts.get(written.id, anna), written);
    assert.equal((await posts.get(written.id, EVERYBODY)).viewer, null);
  });

  it('has 500 graphemes at most, however many code units those take', async () => {
    const family = '👨‍👩‍👧';
    assert.equal((await posts.create(anna, { text: family.repeat(500) })).text, family.repeat(500));
    await refuses(posts.create(anna, { text: family.repeat(501) }), 'invalid-request');
    await refuses(posts.create(anna, { text: `e${'\u0301'.repeat(20_000)}` }), 'invalid-request');
  });

  it('is not written blank or with what a database cannot keep; half a character is mended', async () => {
    for (const text of ['', ' \n\t ', 'a\0b']) await refuses(posts.create(anna, { text }), 'invalid-request');
    assert.equal((await posts.create(anna, { text: 'a\ud83d' })).text, 'a\ufffd');
  });

  it('keeps any text as it is', async () => {
    const text = `'; drop table posts; -- "$1" ? \\ %s <b>ünï</b> 🎥`;
    assert.equal((await posts.create(anna, { text })).text, text);
  });

  it('is not found under an id that is not there or not an id', async () => {
    for (const id of [nowhere, '', 'x', 'a\0b', '../..']) {
      await refuses(posts.get(id, anna), 'not-found');
      await refuses(posts.like(id, anna), 'not-found');
      await refuses(posts.unlike(id, anna), 'not-found');
      await refuses(posts.listReplies(id, {}, anna), 'not-found');
      await refuses(posts.delete(id, { id: anna, role: 'operator' }), 'not-found');
      await refuses(posts.create(anna, { text: 'reply', replyToId: id }), 'not-found');
    }
    assert.equal((await world.social.countsOf([anna])).get(anna)?.posts, 0, 'a refused reply leaves nothing');
  });

  it('counts its replies and lists them oldest first, page by page', async () => {
    const parent = await world.post(anna);
    const replies: string[] = [];
    for (let n = 0; n < 5; n++) replies.push((await world.post(ben, `reply ${n}`, parent.id)).id);
    await world.post(ben, 'of a reply', replies[0]);
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await posts.listReplies(parent.id, { limit: 2, ...(cursor ? { cursor } : {}) }, anna);
      assert.ok(page.items.length <= 2);
      assert.ok(page.items.every(item => item.replyToId === parent.id));
      seen.push(...page.items.map(item => item.id));
      cursor = page.nextCursor;
    } while (cursor);
    assert.deepEqual(seen, replies);
    assert.equal((await posts.get(parent.id, anna)).counts.replies, 5);
    assert.equal((await posts.get(replies[0]!, anna)).counts.replies, 1);
  });

  it('lists the posts of an account newest first, replies among them, also those of one millisecond', async () => {
    const written: string[] = [];
    for (let n = 0; n < 7; n++) written.push((await posts.create(anna, { text: `${n}` })).id);
    written.push((await world.post(anna, 'reply', written[0])).id);
    await world.post(ben);
    const first = await posts.listByAuthor(anna, { limit: 5 }, null);
    const rest = await posts.listByAuthor(anna, { limit: 5, cursor: first.nextCursor! }, null);
    assert.deepEqual(
      [...first.items, ...rest.items].map(item => item.id),
      written.toReversed(),
    );
    assert.equal(rest.nextCursor, null);
  });

  it('refuses cursors that it did not make', async () => {
    for (const cursor of [
      '',
      'x',
      '%%%',
      btoa('1.2'),
      btoa(`x.${nowhere}`),
      btoa(`99999999999999999.${nowhere}`),
    ])
      await refuses(posts.listByAuthor(anna, { cursor }, null), 'invalid-cursor');
  });

  it('is liked once by each, however often and however many at a time', async () => {
    const { id } = await world.post(anna);
    const people = Array.from({ length: 8 }, (_, n) => world.person(`p${n}`));
    await Promise.all([...people, ...people, ...people].map(person => posts.like(id, person)));
    assert.deepEqual((await posts.get(id, people[0]!)).counts.likes, 8);
    assert.deepEqual((await posts.get(id, people[0]!)).viewer, { liked: true });
    await Promise.all([...people, ...people].map(person => posts.unlike(id, person)));
    assert.equal((await posts.get(id, people[0]!)).counts.likes, 0);
    assert.deepEqual((await posts.get(id, people[0]!)).viewer, { liked: false });
  });

  it('loses no reply and no post of the counts when many write at a time', async () => {
    const parent = await world.post(anna);
    await Promise.all(
      Array.from({ length: 10 }, () => posts.create(ben, { text: 'me', replyToId: parent.id })),
    );
    assert.equal((await posts.get(parent.id, null)).counts.replies, 10);
    assert.equal((await world.social.countsOf([ben])).get(ben)?.posts, 10);
  });

  it('is deleted by its author or the operator, by nobody else, and once', async () => {
    const [mine, other] = [await world.post(anna), await world.post(anna)];
    await refuses(posts.delete(mine.id, { id: ben, role: 'member' }), 'not-allowed');
    const races = await Promise.allSettled(
      Array.from({ length: 4 }, () => posts.delete(mine.id, { id: anna, role: 'member' })),
    );
    assert.equal(races.filter(race => race.status === 'fulfilled').length, 1);
    await posts.delete(other.id, { id: ben, role: 'operator' });
    for (const { id } of [mine, other]) {
      await refuses(posts.get(id, anna), 'not-found');
      await refuses(posts.like(id, ben), 'not-found');
    }
    assert.equal((await world.social.countsOf([anna])).get(anna)?.posts, 0);
    assert.deepEqual((await posts.listByAuthor(anna, {}, anna)).items, []);
  });

  it('comes back whole within ten seconds, to those who had it too', async () => {
    const parent = await world.post(anna);
    const { id } = await world.post(ben, 'think again', parent.id);
    await posts.like(id, anna);
    await world.jobs.idle();
    await posts.delete(id, { id: ben, role: 'member' });
    await world.jobs.idle();
    const heard = world.hear(ben);
    world.clock.advance(UNDO_MS - 1);
    const back = await posts.restore(id, { id: ben, role: 'member' });
    assert.deepEqual([back.text, back.counts.likes], ['think again', 1]);
    assert.equal((await posts.get(parent.id, ben)).counts.replies, 1);
    assert.equal((await world.social.countsOf([ben])).get(ben)?.posts, 1);
    await world.jobs.idle();
    assert.deepEqual(
      heard.map(hint => hint.type),
      ['post-changed'],
    );
    world.clock.advance(UNDO_MS);
    await world.jobs.idle();
    assert.equal((await posts.get(id, ben)).text, 'think again', 'the purge of the first deletion spares it');
  });

  it('reaches its followers when it comes back, although it was deleted before it reached them', async () => {
    await world.social.follow(ben, anna);
    await world.jobs.idle();
    const { id } = await world.post(anna);
    await world.db.sql.deleteFrom('jobs').execute();
    await posts.delete(id, { id: anna, role: 'member' });
    await posts.restore(id, { id: anna, role: 'member' });
    await world.jobs.idle();
    const home = await world.social.timeline.home(ben, {});
    assert.deepEqual(
      home.items.map(post => post.id),
      [id],
    );
  });

  it('comes back by whoever deleted it alone, once, and not later', async () => {
    const [mine, other] = [await world.post(anna), await world.post(anna)];
    await refuses(posts.restore(mine.id, { id: anna, role: 'member' }), 'not-found');
    await posts.delete(mine.id, { id: anna, role: 'member' });
    await posts.delete(other.id, { id: ben, role: 'operator' });
    await refuses(posts.restore(mine.id, { id: ben, role: 'member' }), 'not-allowed');
    await refuses(posts.restore(other.id, { id: anna, role: 'member' }), 'not-allowed');
    await posts.restore(other.id, { id: ben, role: 'operator' });
    await refuses(posts.restore(other.id, { id: ben, role: 'operator' }), 'not-found');
    world.clock.advance(UNDO_MS);
    await refuses(posts.restore(mine.id, { id: anna, role: 'member' }), 'not-found');
  });

  it('leaves none of its words and likes in the database when it cannot come back any more', async () => {
    const { id } = await world.post(anna, 'a secret');
    await posts.like(id, ben);
    await posts.delete(id, { id: anna, role: 'member' });
    world.clock.advance(UNDO_MS);
    await world.jobs.idle();
    const rows = await world.db.sql.selectFrom('posts').selectAll().execute();
    assert.doesNotMatch(JSON.stringify(rows), /secret/);
    assert.deepEqual(await world.db.sql.selectFrom('post_likes').selectAll().execute(), []);
  });

  it('takes a deleted reply out of the list and the count of what it answered', async () => {
    const parent = await world.post(anna);
    const reply = await world.post(ben, 'reply', parent.id);
    await posts.delete(reply.id, { id: ben, role: 'member' });
    assert.equal((await posts.get(parent.id, anna)).counts.replies, 0);
    assert.deepEqual((await posts.listReplies(parent.id, {}, anna)).items, []);
  });

  it('is presented in the order asked for, without those that are gone', async () => {
    const [a, b, c] = [await world.post(anna), await world.post(ben), await world.post(anna)];
    await posts.delete(b.id, { id: ben, role: 'member' });
    const shown = await world.social.present([c.id, nowhere, b.id, a.id], ben);
    assert.deepEqual(
      shown.map(post => post.id),
      [c.id, a.id],
    );
    assert.deepEqual(await world.social.present([], ben), []);
  });
});
