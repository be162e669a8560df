import assert from 'node:assert/strict';
import { afterEach, it } from 'node:test';
import type { RoomEvent } from '#contract/socket/frames.ts';
import type { Db } from '#ports/db.ts';
import { type BroadcastHouse, openBroadcastHouse } from '#tests/support/broadcasts.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { HEARTS_FLUSH_MS } from './hearts.ts';
import { createRoom, type RoomParts } from './room.ts';

const of = <T extends RoomEvent['type']>(events: RoomEvent[], type: T) =>
  events.filter((event): event is Extract<RoomEvent, { type: T }> => event.type === type);

await onEveryDatabase('the room', open => {
  let db: Db | undefined;
  let house: BroadcastHouse;
  let parts: RoomParts;

  async function enter() {
    db = await open();
    house = await openBroadcastHouse(db);
    parts = createRoom({ ...house, troubles: () => ['not-recorded'] });
    return { ...house, ...parts };
  }

  afterEach(async () => {
    await parts?.hearts.close();
    await db?.close();
    db = undefined;
  });

  it('comments that come at once get numbers without gap or duplicate, and one event each', async () => {
    const { room, person, goLive, hear } = await enter();
    const id = await goLive(person('ada'));
    const viewers = ['bob', 'eve', 'mel'].map(person);
    const events = hear(id);
    const said = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        room.addComment(id, viewers[i % 3]!, { text: `${i}`, mediaTimeMs: null }),
      ),
    );
    const numbers = Array.from({ length: 40 }, (_, i) => i + 1);
    const sorted = (seqs: number[]) => seqs.sort((a, b) => a - b);
    assert.deepEqual(sorted(said.map(comment => comment.seq)), numbers);
    const page = await room.commentsSince(id, 0);
    assert.deepEqual(
      page.comments.map(comment => comment.seq),
      numbers,
    );
    assert.deepEqual(sorted(of(events, 'comment').map(event => event.comment.seq)), numbers);
    assert.equal((await house.broadcasts.get(id)).comments, 40);
  });

  it('a comment is taken away by its author, the owner or the operator, for everybody and for good', async () => {
    const { room, person, goLive, hear } = await enter();
    const [ada, bob, eve] = ['ada', 'bob', 'eve'].map(person) as [string, string, string];
    const id = await goLive(ada);
    const events = hear(id);
    const say = (text: string) => room.addComment(id, bob, { text, mediaTimeMs: null });
    const said = [await say('one'), await say('two'), await say('three'), await say('four')];
    const [one, two, three] = said.map(comment => comment.id) as [string, string, string];
    const code = (name: string) => ({ code: name });
    await assert.rejects(room.removeComment(id, one, { id: eve, role: 'member' }), code('not-allowed'));
    await room.removeComment(id, one, { id: bob, role: 'member' });
    await room.removeComment(id, two, { id: ada, role: 'member' });
    await room.removeComment(id, three, { id: eve, role: 'operator' });
    for (const gone of [one, 'x', house.ids.next()])
      await assert.rejects(room.removeComment(id, gone, { id: ada, role: 'member' }), code('not-found'));
    const page = await room.commentsSince(id, 0);
    assert.deepEqual(
      page.comments.map(comment => [comment.text, comment.seq]),
      [['four', 4]],
    );
    const removals = [
      { seq: 5, commentId: one },
      { seq: 6, commentId: two },
      { seq: 7, commentId: three },
    ];
    assert.deepEqual([page.removals, page.lastSeq], [removals, 7]);
    assert.deepEqual(
      of(events, 'comment-removed').map(({ seq, commentId }) => ({ seq, commentId })),
      removals,
    );
    const rows = await house.db.sql.selectFrom('comments').selectAll().execute();
    assert.doesNotMatch(JSON.stringify(rows), /one|two|three/);
  });

  it('whoever sees a comment sees every comment before it', async () => {
    const { room, person, goLive } = await enter();
    const id = await goLive(person('ada'));
    const viewer = person('bob');
    let isOver = false;
    const writing = Promise.all(
      Array.from({ length: 30 }, (_, i) => room.addComment(id, viewer, { text: `${i}`, mediaTimeMs: null })),
    ).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const { comments } = await room.commentsSince(id, 0);
      assert.deepEqual(
        comments.map(comment => comment.seq),
        comments.map((_, i) => i + 1),
      );
    }
    await writing;
  });

  it('comments are read page by page after a number', async () => {
    const { room, person, goLive } = await enter();
    const id = await goLive(person('ada'));
    const viewer = person('bob');
    for (let i = 1; i <= 5; i++) await room.addComment(id, viewer, { text: `c${i}`, mediaTimeMs: null });
    const first = await room.commentsSince(id, 1, 3);
    assert.deepEqual(
      first.comments.map(comment => comment.text),
      ['c2', 'c3', 'c4'],
    );
    assert.deepEqual([first.lastSeq, first.more], [4, true]);
    const last = await room.commentsSince(id, first.lastSeq, 3);
    assert.deepEqual([last.comments.map(comment => comment.text), last.more], [['c5'], false]);
    assert.equal((await room.commentsSince(id, 99)).lastSeq, 99);
  });

  it('a comment cannot speak of a picture that was not sent yet', async () => {
    const { room, person, goLive, clock } = await enter();
    const id = await goLive(person('ada'));
    const viewer = person('bob');
    clock.advance(5000);
    const early = await room.addComment(id, viewer, { text: 'a', mediaTimeMs: 3000 });
    const late = await room.addComment(id, viewer, { text: 'b', mediaTimeMs: 60_000 });
    assert.deepEqual([early.mediaTimeMs, late.mediaTimeMs], [3000, 5000]);
  });

  it('only an open room takes comments and hearts', async () => {
    const { room, person, goLive, broadcasts, ids } = await enter();
    const ownerId = person('ada');
    const viewer = person('bob');
    const comment = { text: 'hello', mediaTimeMs: null };
    const { row } = await broadcasts.create(ownerId, 'not yet', true);
    await assert.rejects(room.addComment(row.id, viewer, comment), { code: 'comments-closed' });
    await assert.rejects(room.sendHearts(row.id, viewer, 1, null), { code: 'comments-closed' });
    const id = await goLive(ownerId);
    await broadcasts.advance(id, 'publisher-lost');
    assert.equal((await room.addComment(id, viewer, comment)).seq, 1);
    await broadcasts.advance(id, 'end');
    await assert.rejects(room.addComment(id, viewer, comment), { code: 'comments-closed' });
    await assert.rejects(room.sendHearts(id, viewer, 1, null), { code: 'comments-closed' });
    await assert.rejects(room.addComment(ids.next(), viewer, comment), { code: 'not-found' });
    await assert.rejects(room.commentsSince(ids.next(), 0), { code: 'not-found' });
    assert.equal((await room.commentsSince(id, 0)).comments.length, 1);
  });

  it('a comment is counted in graphemes and must say something', async () => {
    const { room, person, goLive } = await enter();
    const id = await goLive(person('ada'));
    const viewer = person('bob');
    const say = (text: string) => room.addComment(id, viewer, { text, mediaTimeMs: null });
    assert.equal((await say('👩‍🚀'.repeat(300))).text, '👩‍🚀'.repeat(300));
    for (const text of ['x'.repeat(301), ' \n ', 'nul\0'])
      await assert.rejects(say(text), { code: 'invalid-request' });
    assert.equal((await say('half \ud800 pair')).text, 'half \ufffd pair');
    assert.deepEqual(
      (await room.commentsSince(id, 0)).comments.map(comment => comment.seq),
      [1, 2],
    );
  });

  it('every heart is shown, five hundred of a viewer count, and a restart does not start the count again', async () => {
    const { room, person, goLive, hear, clock, hearts } = await enter();
    const id = await goLive(person('ada'));
    const [bob, eve] = [person('bob'), person('eve')];
    const events = hear(id);
    for (let i = 0; i < 6; i++) await room.sendHearts(id, bob, 100, null);
    await room.sendHearts(id, eve, 7, null);
    clock.advance(200);
    await hearts.flush();
    const shown = of(events, 'hearts');
    assert.equal(
      shown.reduce((sum, event) => sum + event.count, 0),
      607,
    );
    assert.equal(shown.at(-1)?.total, 507);
    assert.equal((await house.broadcasts.get(id)).hearts, 507);

    const again = createRoom({ ...house, troubles: () => ['not-recorded'] });
    await again.room.sendHearts(id, bob, 50, null);
    await again.room.sendHearts(id, eve, 3, null);
    await again.hearts.close();
    assert.equal((await house.broadcasts.get(id)).hearts, 510);
  });

  it('hearts that come at once are counted once each', async () => {
    const { room, person, goLive, hearts } = await enter();
    const id = await goLive(person('ada'));
    const bob = person('bob');
    await Promise.all(Array.from({ length: 30 }, () => room.sendHearts(id, bob, 30, null)));
    assert.equal((await room.hearts(id)).total, 500);
    await hearts.flush();
    assert.equal((await room.hearts(id)).total, 500);
  });

  it('hearts of a tenth of a second share an event', async () => {
    const { room, person, goLive, hear, clock } = await enter();
    const id = await goLive(person('ada'));
    const bob = person('bob');
    const events = hear(id);
    for (let i = 0; i < 10; i++) await room.sendHearts(id, bob, 2, null);
    clock.advance(100);
    await room.sendHearts(id, bob, 1, null);
    clock.advance(100);
    await new Promise(setImmediate);
    assert.deepEqual(
      of(events, 'hearts').map(event => [event.count, event.total]),
      [
        [2, 2],
        [18, 20],
        [1, 21],
      ],
    );
  });

  it('hearts are kept by second of media time and survive a flush that is repeated', async () => {
    const { room, person, goLive, clock, hearts } = await enter();
    const id = await goLive(person('ada'));
    const [bob, eve] = [person('bob'), person('eve')];
    clock.advance(10_500);
    await room.sendHearts(id, bob, 3, 2100);
    await room.sendHearts(id, eve, 2, 2900);
    await room.sendHearts(id, eve, 4, null);
    await room.sendHearts(id, eve, 1, 999_999);
    await hearts.flush();
    await room.sendHearts(id, bob, 5, 2000);
    await hearts.flush();
    await hearts.flush();
    const { total, seconds } = await room.hearts(id);
    assert.deepEqual(seconds, [
      [2, 10],
      [10, 5],
    ]);
    assert.equal(total, 15);
  });

  it('hearts are stored every two seconds without being asked', async () => {
    const { room, person, goLive, clock, hearts } = await enter();
    const id = await goLive(person('ada'));
    await room.sendHearts(id, person('bob'), 3, null);
    assert.equal((await house.broadcasts.get(id)).hearts, 0);
    clock.advance(HEARTS_FLUSH_MS);
    await hearts.flush();
    assert.equal((await house.broadcasts.get(id)).hearts, 3);
  });

  it('hearts that could not be stored are stored the next time', async () => {
    const { room, person, goLive, hearts } = await enter();
    const id = await goLive(person('ada'));
    await room.sendHearts(id, person('bob'), 3, 0);
    await db!.sql.schema.alterTable('heart_seconds').renameTo('gone').execute();
    await hearts.flush();
    await db!.sql.schema.alterTable('gone').renameTo('heart_seconds').execute();
    assert.equal((await house.broadcasts.get(id)).hearts, 0);
    await hearts.flush();
    assert.equal((await house.broadcasts.get(id)).hearts, 3);
    assert.deepEqual((await room.hearts(id)).seconds, [[0, 3]]);
  });

  it('an account is one viewer however many windows it has, and the owner is none', async () => {
    const { room, person, goLive, hear, clock, presence } = await enter();
    const ownerId = person('ada');
    const bob = person('bob');
    const id = await goLive(ownerId);
    const events = hear(id);
    await room.enter(id, ownerId);
    const first = await room.enter(id, bob);
    const second = await room.enter(id, bob);
    const stranger = await room.enter(id, null);
    assert.equal(presence.viewers(id), 2);
    await first.close();
    await first.close();
    assert.equal(presence.viewers(id), 2);
    await second.close();
    assert.equal(presence.viewers(id), 1);
    clock.advance(1000);
    await stranger.close();
    clock.advance(1000);
    await new Promise(setImmediate);
    assert.deepEqual(of(events, 'presence'), [
      { type: 'presence', viewers: 1, names: ['BOB'] },
      { type: 'presence', viewers: 1, names: [] },
      { type: 'presence', viewers: 0, names: [] },
    ]);
    await assert.rejects(room.enter(house.ids.next(), bob), { code: 'not-found' });
  });

  it('presence is said at most once a second, whoever comes and goes', async () => {
    const { room, person, goLive, hear, clock } = await enter();
    const id = await goLive(person('ada'));
    const events = hear(id);
    for (let i = 0; i < 20; i++) {
      const viewer = await room.enter(id, null);
      clock.advance(100);
      await viewer.close();
      clock.advance(100);
    }
    await new Promise(setImmediate);
    assert.ok(of(events, 'presence').length <= 5, `${of(events, 'presence').length} in four seconds`);
  });

  it('a snapshot tells how the room stands', async () => {
    const { room, person, goLive } = await enter();
    const id = await goLive(person('ada'));
    const bob = person('bob');
    await room.enter(id, bob);
    await room.addComment(id, bob, { text: 'hello', mediaTimeMs: null });
    await room.sendHearts(id, bob, 4, null);
    assert.deepEqual(await room.snapshot(id), {
      lastSeq: 1,
      events: [
        { type: 'state', state: 'live' },
        { type: 'presence', viewers: 1, names: ['BOB'] },
        { type: 'troubles', troubles: ['not-recorded'] },
        { type: 'hearts', count: 0, total: 4, mediaTimeMs: null },
      ],
    });
  });
});
