import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { sql } from 'kysely';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { openSocial, type SocialWorld } from '#tests/support/social.ts';
import { BACKFILL_POSTS, FAN_OUT_BATCH } from './fan-out.ts';
import { insertEntries, takeSeq } from './store.ts';

interface Entry {
  account_id: string;
  post_id: string;
  seq: number;
}

await onEveryDatabase('the fan-out', open => {
  let world: SocialWorld;
  let social: SocialWorld['social'];
  let anna: string;
  beforeEach(async () => {
    world = await openSocial(open);
    social = world.social;
    anna = world.person('anna');
  });
  afterEach(() => world.close());

  const entriesOf = (postId: string): Promise<Entry[]> =>
    world.db.sql
      .selectFrom('home_entries')
      .select(['account_id', 'post_id', 'seq'])
      .where('post_id', '=', postId)
      .execute();
  const holdersOf = async (postId: string) => (await entriesOf(postId)).map(entry => entry.account_id).sort();
  /** Whether a connection of this test waits for a lock that another holds. */
  const somebodyWaits = async () => {
    const { rows } = await sql<{ waiting: number }>`
      select count(*) as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(world.db.sql);
    return rows[0]!.waiting > 0;
  };
  const pendingJobs = async () => (await world.db.sql.selectFrom('jobs').select('seq').execute()).length;
  /** Follows as rows: what a thousand calls would leave. */
  const followers = async (count: number) => {
    const people = Array.from({ length: count }, (_, n) => world.person(`f${n}`));
    for (let start = 0; start < count; start += 500)
      await world.db.sql
        .insertInto('follows')
        .values(
          people.slice(start, start + 500).map(id => ({ follower_id: id, followee_id: anna, created_at: 0 })),
        )
        .execute();
    return people;
  };

  it('reaches every follower once, over several batches, and the author', async () => {
    const people = await followers(FAN_OUT_BATCH * 2 + 7);
    const [first, last] = [world.hear(people[0]!), world.hear(people.at(-1)!)];
    const post = await world.post(anna);
    await world.jobs.idle();
    assert.deepEqual(await holdersOf(post.id), [...people, anna].sort());
    for (const heard of [first, last])
      assert.deepEqual(
        heard.map(({ type, postId }) => ({ type, postId })),
        [{ type: 'post', postId: post.id }],
      );
    assert.equal(await pendingJobs(), 0);
  });

  it('hints at a batch of followers by one message, whoever of them is there', async t => {
    const people = await followers(FAN_OUT_BATCH + 1);
    const heard = [people[0]!, people.at(-1)!, anna].map(id => world.hear(id));
    const [one, many] = [t.mock.method(world.bus, 'publish'), t.mock.method(world.bus, 'publishEach')];
    await world.post(anna);
    await world.jobs.idle();
    assert.deepEqual([one.mock.callCount(), many.mock.callCount()], [0, 2]);
    assert.ok(heard.every(hints => hints.length === 1));
  });

  it('of a reply looks at so many followers a batch, not for so many who get it', async () => {
    const ben = world.person('ben');
    const people = await followers(FAN_OUT_BATCH + 20);
    const both = [people[3]!, people.at(-2)!];
    for (const id of both) await social.follow(id, ben);
    await social.follow(ben, anna);
    const parent = await world.post(ben);
    await world.jobs.idle();
    await world.jobs.close();
    const reply = await world.post(anna, 'reply', parent.id);
    const batch = (after: string) => social.jobHandlers['post.created']!({ postId: reply.id, after });
    await batch('');
    const fannedTo = async () => {
      const row = await world.db.sql
        .selectFrom('posts')
        .select('fanned_to')
        .where('id', '=', reply.id)
        .executeTakeFirstOrThrow();
      return row.fanned_to;
    };
    assert.equal(await fannedTo(), [...people, ben].sort()[FAN_OUT_BATCH - 1]);
    await batch(await fannedTo());
    assert.equal(await fannedTo(), null);
    assert.deepEqual(await holdersOf(reply.id), [...both, ben, anna].sort());
  });

  it('ends with followers that fill the last batch exactly', async () => {
    const people = await followers(FAN_OUT_BATCH);
    const post = await world.post(anna);
    await world.jobs.idle();
    assert.deepEqual(await holdersOf(post.id), [...people, anna].sort());
    assert.equal(await pendingJobs(), 0);
  });

  it('does a batch once although its job runs again, and starts no second chain', async () => {
    const people = await followers(FAN_OUT_BATCH + 5);
    await world.jobs.close();
    const post = await world.post(anna);
    const batch = (after: string) => social.jobHandlers['post.created']!({ postId: post.id, after });
    const heard = world.hear(people[0]!);
    const jobsBefore = await pendingJobs();
    await batch('');
    await batch('');
    assert.equal(await pendingJobs(), jobsBefore + 1, 'one job for the batch after');
    const reached = await entriesOf(post.id);
    assert.equal(reached.length, FAN_OUT_BATCH + 1);
    const last = reached
      .map(entry => entry.account_id)
      .filter(id => id !== anna)
      .sort()
      .at(-1)!;
    await batch(last);
    await batch('');
    await batch(last);
    assert.deepEqual(await holdersOf(post.id), [...people, anna].sort());
    assert.equal(heard.length, 1);
    assert.equal(await pendingJobs(), jobsBefore + 1);
  });

  it('stops when the post is deleted in the middle', async () => {
    await followers(FAN_OUT_BATCH + 5);
    await world.jobs.close();
    const post = await world.post(anna);
    await social.jobHandlers['post.created']!({ postId: post.id, after: '' });
    const reached = (await holdersOf(post.id)).length;
    const [last] = (await holdersOf(post.id)).filter(id => id !== anna).slice(-1);
    await social.posts.delete(post.id, { id: anna, role: 'member' });
    await social.jobHandlers['post.created']!({ postId: post.id, after: last });
    assert.equal((await holdersOf(post.id)).length, reached);
  });

  it('numbers what one account gets without repetition, in the order in which it becomes visible', async () => {
    const people = await followers(20);
    const authors = [anna, ...Array.from({ length: 3 }, (_, n) => world.person(`author${n}`))];
    for (const author of authors.slice(1)) await social.follow(people[0]!, author);
    let highest = 0;
    let reading = true;
    // Reads as a socket would: nothing may turn up below what was seen already.
    const seen: number[] = [];
    const reader = (async () => {
      while (reading) {
        const events = await social.timeline.since(people[0]!, highest, 100);
        for (const { seq } of events) {
          assert.ok(seq > highest);
          highest = seq;
          seen.push(seq);
        }
        await new Promise(resolve => setImmediate(resolve));
      }
    })();
    const writers = authors.flatMap(author => Array.from({ length: 6 }, () => author));
    await Promise.all(writers.map(author => social.posts.create(author, { text: 'x' })));
    await world.jobs.idle();
    reading = false;
    await reader;
    const late = await social.timeline.since(people[0]!, highest, 100);
    const all: Entry[] = await world.db.sql
      .selectFrom('home_entries')
      .select(['account_id', 'post_id', 'seq'])
      .where('account_id', '=', people[0])
      .execute();
    assert.equal(all.length, 24);
    assert.deepEqual(
      [...seen, ...late.map(event => event.seq)],
      all.map(entry => entry.seq).sort((a, b) => a - b),
    );
    assert.equal(new Set(all.map(entry => entry.seq)).size, all.length);
  });

  it('is waited for by an unfollowing that it did not see', async () => {
    const fan = world.person('fan');
    const batch = Promise.withResolvers<void>();
    const { promise: inserted, resolve } = Promise.withResolvers<void>();
    const fanningOut = world.db.transaction(async tx => {
      const seq = await takeSeq(tx);
      const entry = { accountId: fan, postId: world.ids.next<'post'>(), authorId: anna, createdAtMs: 0, seq };
      await insertEntries(tx, [entry]);
      resolve();
      await batch.promise;
    });
    await inserted;
    let isForgotten = false;
    const forgetting = Promise.resolve(
      social.jobHandlers['follow.removed']!({ followerId: fan, followeeId: anna }),
    ).then(() => {
      isForgotten = true;
    });
    while (world.db.dialect.name === 'postgres' && !isForgotten && !(await somebodyWaits())) {}
    batch.resolve();
    await Promise.all([fanningOut, forgetting]);
    assert.deepEqual(await world.db.sql.selectFrom('home_entries').selectAll().execute(), []);
  });

  it('leaves nothing behind when a follower goes while it runs', async () => {
    const people = await followers(40);
    await Promise.all([
      ...Array.from({ length: 5 }, () => social.posts.create(anna, { text: 'x' })),
      ...people.slice(0, 20).map(person => social.unfollow(person, anna)),
      ...Array.from({ length: 5 }, () => social.posts.create(anna, { text: 'y' })),
    ]);
    await world.jobs.idle();
    const entries: Entry[] = await world.db.sql
      .selectFrom('home_entries')
      .select(['account_id', 'post_id', 'seq'])
      .execute();
    const gone = new Set(people.slice(0, 20));
    assert.deepEqual(
      entries.filter(entry => gone.has(entry.account_id)),
      [],
    );
    assert.equal(entries.length, 10 * 21);
  });

  it('gives a follower every post, whether it came by backfill or by fan-out', async () => {
    const fan = world.person('fan');
    const heard = world.hear(fan);
    const writing = Array.from({ length: BACKFILL_POSTS / 2 }, (_, n) =>
      n === 4 ? social.follow(fan, anna) : social.posts.create(anna, { text: `${n}` }),
    );
    await Promise.all(writing);
    await world.jobs.idle();
    const { items } = await social.timeline.home(fan, { limit: 100 });
    assert.equal(items.length, BACKFILL_POSTS / 2 - 1);
    assert.equal(new Set(heard.map(hint => hint.postId)).size, items.length);
    assert.equal(heard.length, items.length);
  });
});
