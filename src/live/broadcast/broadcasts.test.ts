import assert from 'node:assert/strict';
import { afterEach, it } from 'node:test';
import type { Db } from '#ports/db.ts';
import type { BroadcastEvent } from '#ports/events.ts';
import { type BroadcastHouse, openBroadcastHouse } from '#tests/support/broadcasts.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { matchesPublishToken } from './publish-token.ts';

type Told = { kind: string } & BroadcastEvent;

/** Runs the jobs of a broadcast and returns what they told, in order; a last job of the same key says when that is all. */
async function told({ jobs, db }: BroadcastHouse, id: string): Promise<Told[]> {
  const events: Told[] = [];
  const handler = (kind: string) => async (payload: unknown) => {
    events.push({ kind, ...(payload as BroadcastEvent) });
  };
  const last = Promise.withResolvers<void>();
  await jobs.enqueue(db.sql, { kind: 'test.last', payload: null, orderingKey: `broadcast:${id}` });
  jobs.start({
    'broadcast.started': handler('broadcast.started'),
    'broadcast.changed': handler('broadcast.changed'),
    'test.last': async () => last.resolve(),
  });
  await last.promise;
  return events;
}

await onEveryDatabase('broadcasts', open => {
  let db: Db | undefined;
  let house: BroadcastHouse;

  async function enter(): Promise<BroadcastHouse> {
    db = await open();
    house = await openBroadcastHouse(db);
    return house;
  }

  afterEach(async () => {
    await house?.jobs.close();
    await db?.close();
    db = undefined;
  });

  it('a new broadcast waits for its first frame and keeps only the hash of its token', async () => {
    const { broadcasts, person, clock } = await enter();
    const ownerId = person('ada');
    const { row, publishToken } = await broadcasts.create(ownerId, '  A walk  ', false);
    assert.equal(row.state, 'starting');
    assert.equal(row.title, 'A walk');
    assert.equal(row.announce, false);
    assert.equal(row.createdAtMs, clock.nowMs());
    assert.notEqual(row.publishTokenHash, publishToken);
    assert.equal(await matchesPublishToken(publishToken, row.publishTokenHash), true);
    assert.deepEqual(await broadcasts.get(row.id), row);
  });

  it('a title that is blank, too long or not storable is refused', async () => {
    const { broadcasts, person } = await enter();
    const ownerId = person('ada');
    for (const title of ['  ', 'x'.repeat(101), 'a\0b', `a${'\u0301'.repeat(3000)}`])
      await assert.rejects(broadcasts.create(ownerId, title, true), { code: 'invalid-request' });
    const family = '👨‍👩‍👧‍👦'.repeat(100);
    assert.equal((await broadcasts.create(ownerId, family, true)).row.title, family);
  });

  it('an id that is not there, or not an id, is not found', async () => {
    const { broadcasts, ids } = await enter();
    for (const id of [ids.next(), '', '../x', 'a\0b'])
      await assert.rejects(broadcasts.get(id), { code: 'not-found' });
  });

  it('every change of state of a started broadcast is told once and in order', async () => {
    const { broadcasts, person, clock } = await enter();
    const { row } = await broadcasts.create(person('ada'), 'A walk', true);
    const startedAtMs = clock.nowMs();
    await broadcasts.advance(row.id, 'media-arrived', { startedAtMs });
    await broadcasts.advance(row.id, 'publisher-lost');
    await broadcasts.advance(row.id, 'media-arrived');
    await broadcasts.rename(row.id, 'A longer walk');
    await broadcasts.advance(row.id, 'end', { endedAtMs: startedAtMs + 5000 });
    assert.equal(await broadcasts.advance(row.id, 'end'), null);
    await broadcasts.advance(row.id, 'recording-closed', { durationMs: 4900 });
    const events = await told(house, row.id);
    assert.deepEqual(
      events.map(event => [event.kind, event.state, event.title, event.durationMs]),
      [
        ['broadcast.started', 'live', 'A walk', null],
        ['broadcast.changed', 'interrupted', 'A walk', null],
        ['broadcast.changed', 'live', 'A walk', null],
        ['broadcast.changed', 'live', 'A longer walk', null],
        ['broadcast.changed', 'ended', 'A longer walk', null],
        ['broadcast.changed', 'archived', 'A longer walk', 4900],
      ],
    );
    assert.ok(events.every(event => event.startedAtMs === startedAtMs && event.postId === row.postId));
  });

  it('a broadcast that never started is told to nobody', async () => {
    const { broadcasts, person } = await enter();
    const { row } = await broadcasts.create(person('ada'), 'A walk', true);
    await broadcasts.rename(row.id, 'No walk');
    assert.equal((await broadcasts.advance(row.id, 'never-published'))?.state, 'ended');
    assert.deepEqual(await told(house, row.id), []);
  });

  it('of those that end a broadcast at once, one does', async () => {
    const { broadcasts, person, goLive } = await enter();
    const id = await goLive(person('ada'));
    const events = house.hear(id);
    await Promise.all(['warm', 'the', 'pool', 'up'].map(() => broadcasts.get(id)));
    const inputs = ['end', 'grace-over', 'end', 'grace-over'] as const;
    const all = await Promise.all(inputs.map(input => broadcasts.advance(id, input)));
    assert.equal(all.filter(row => row !== null).length, 1);
    assert.deepEqual(events, [{ type: 'state', state: 'ended' }]);
    assert.equal((await told(house, id)).filter(event => event.state === 'ended').length, 1);
  });

  it('what is live is listed newest first, page by page', async () => {
    const { broadcasts, person, goLive } = await enter();
    const ownerId = person('ada');
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift(await goLive(ownerId));
    await broadcasts.create(ownerId, 'not yet', true);
    await broadcasts.advance(ids[1]!, 'end');
    await broadcasts.advance(ids[2]!, 'publisher-lost');
    const expected = ids.filter(id => id !== ids[1]);
    const first = await broadcasts.listLive(undefined, 3);
    const second = await broadcasts.listLive(first.nextCursor!, 3);
    assert.deepEqual(
      [...first.rows, ...second.rows].map(row => row.id),
      expected,
    );
    assert.equal(second.nextCursor, null);
    for (const cursor of ['', '!', 'AAAA', ids[0]!])
      await assert.rejects(broadcasts.listLive(cursor), { code: 'invalid-cursor' });
  });
});
