import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Bus } from '#ports/bus.ts';
import { leakyBus, type RigOptions, type SocketRig, startSocketRig } from '#tests/support/sockets.ts';

let rig: SocketRig;

async function start(options: RigOptions = {}): Promise<SocketRig> {
  rig = await startSocketRig(options);
  return rig;
}

afterEach(() => rig.close());

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test('whoever joins a room hears how it stands, then what happens', async () => {
  const { room, goLive, member, open } = await start();
  const bob = await member('bob');
  const id = await goLive();
  const topic = `room:${id}`;
  await room.addComment(id, bob.id, { text: 'before', mediaTimeMs: null });
  const client = await open({ headers: { authorization: bob.authorization } });
  const first = await client.join(topic);
  assert.equal(first.seq, 1);
  assert.deepEqual(first.events, [
    { type: 'state', state: 'live' },
    { type: 'presence', viewers: 1, names: ['bob'] },
    { type: 'troubles', troubles: [] },
    { type: 'hearts', count: 0, total: 0, mediaTimeMs: null },
  ]);
  await room.addComment(id, bob.id, { text: 'hello', mediaTimeMs: null });
  await client.until(() => client.comments(topic).length === 1);
  assert.deepEqual(client.comments(topic), [2]);
  assert.equal(client.frames.at(-1)?.seq, 2);
});

test('strangers may listen, and count as viewers', async () => {
  const { room, goLive, member, open } = await start();
  const bob = await member('bob');
  const id = await goLive();
  const topic = `room:${id}`;
  const stranger = await open();
  await stranger.join(topic);
  await room.addComment(id, bob.id, { text: 'hello', mediaTimeMs: null });
  await stranger.until(() => stranger.comments(topic).length === 1);
  const other = await open();
  await other.join(topic);
  await stranger.until(() => stranger.typed(topic, 'presence').at(-1)?.viewers === 2);
  other.ws.close();
  await stranger.until(() => stranger.typed(topic, 'presence').at(-1)?.viewers === 1);
  assert.equal((await room.snapshot(id)).lastSeq, 1);
});

test('a socket that left hears no more, and a topic that nobody has is forgotten', async () => {
  const { room, goLive, member, open, server } = await start();
  const bob = await member('bob');
  const [id, other] = [await goLive(), await goLive()];
  const client = await open();
  await client.join(`room:${id}`);
  await client.join(`room:${other}`);
  client.send({ op: 'leave', topic: `room:${id}` });
  client.send({ op: 'join', topic: 'user:nobody' }); // its refusal tells that the leave is through
  await client.until(() => client.of('user:nobody').length === 1);
  assert.equal(server.topics, 1);
  await room.addComment(id, bob.id, { text: 'unheard', mediaTimeMs: null });
  await room.addComment(other, bob.id, { text: 'heard', mediaTimeMs: null });
  await client.until(() => client.comments(`room:${other}`).length === 1);
  assert.deepEqual(client.comments(`room:${id}`), []);
});

test('a client that comes back with its number misses nothing and hears nothing twice, while others talk', async () => {
  const { room, goLive, member, open } = await start();
  const bob = await member('bob');
  const id = await goLive();
  const topic = `room:${id}`;
  const total = 400;

  async function listen(): Promise<number[]> {
    const heard: number[] = [];
    while (heard.length < total) {
      const client = await open();
      await client.join(topic, heard.length);
      const enough = Math.min(total - heard.length, 1 + (heard.length % 60));
      await client.until(() => client.comments(topic).length >= enough);
      client.ws.terminate();
      const seqs = client.of(topic).map(frame => frame.seq);
      assert.deepEqual(
        seqs,
        seqs.toSorted((a, b) => a - b),
      );
      heard.push(...client.comments(topic));
    }
    return heard;
  }

  const listeners = Promise.all(upTo(6).map(listen));
  for (let i = 0; i < total; i += 4) {
    const four = upTo(4).map(() => room.addComment(id, bob.id, { text: `${i}`, mediaTimeMs: null }));
    await Promise.all(four);
    await new Promise(setImmediate);
  }
  for (const heard of await listeners) assert.deepEqual(heard, upTo(total));
});

test('a long absence is made up for page by page', async () => {
  const { room, goLive, member, open } = await start();
  const bob = await member('bob');
  const id = await goLive();
  for (let i = 0; i < 900; i++) await room.addComment(id, bob.id, { text: `${i}`, mediaTimeMs: null });
  const client = await open();
  await client.join(`room:${id}`, 50);
  await client.until(() => client.comments(`room:${id}`).length === 850);
  assert.deepEqual(client.comments(`room:${id}`), upTo(900).slice(50));
  assert.ok(client.of(`room:${id}`).length >= 5, 'not in one frame');
});

test('a client that has read further than its topic has sent hears nothing twice', async () => {
  const { room, goLive, member, open } = await start();
  const bob = await member('bob');
  const id = await goLive();
  const topic = `room:${id}`;
  const first = await open();
  await first.join(topic);
  const say = () => room.addComment(id, bob.id, { text: 'hello', mediaTimeMs: null });
  await say();
  await first.until(() => first.comments(topic).length === 1);
  // Within the tenth of a second in which the topic keeps still.
  for (let i = 0; i < 3; i++) await say();
  const second = await open();
  await second.join(topic, 4);
  await say();
  await second.until(() => second.comments(topic).includes(5));
  assert.deepEqual(second.comments(topic), [5]);
  await first.until(() => first.comments(topic).includes(5));
  assert.deepEqual(first.comments(topic), upTo(5));
});

test('a number that is made up does no harm', async () => {
  const { room, goLive, member, open } = await start();
  const bob = await member('bob');
  const id = await goLive();
  const client = await open();
  const first = await client.join(`room:${id}`, Number.MAX_SAFE_INTEGER);
  assert.equal(first.seq, 0);
  await room.addComment(id, bob.id, { text: 'hello', mediaTimeMs: null });
  await client.until(() => client.comments(`room:${id}`).length === 1);
});

test('comments that the bus lost are read from the database, in their place', async () => {
  const isLost = { comments: new Set([2, 3]) };
  const { room, goLive, member, open } = await start({
    bus: (inner: Bus) =>
      leakyBus(inner, event => event.type === 'comment' && isLost.comments.has(event.comment.seq)),
  });
  const bob = await member('bob');
  const id = await goLive();
  const client = await open();
  await client.join(`room:${id}`);
  for (let i = 0; i < 5; i++) await room.addComment(id, bob.id, { text: `${i}`, mediaTimeMs: null });
  await client.until(() => client.comments(`room:${id}`).length === 5);
  assert.deepEqual(client.comments(`room:${id}`), upTo(5));
});

test('what hampers a broadcast is said at once, and to whoever joins later', async () => {
  const { bus, goLive, open } = await start();
  const topic = `room:${await goLive()}`;
  const early = await open();
  await early.join(topic);
  const event = { type: 'troubles', troubles: ['reordered-pictures'] } as const;
  bus.publish(topic, event);
  await early.until(() => early.typed(topic, 'troubles').at(-1)?.troubles.length === 1);
  const late = await open();
  const { events } = await late.join(topic);
  assert.deepEqual(
    events.filter(({ type }) => type === 'troubles'),
    [event],
  );
});

test('hearts of one tick are one event, and a topic has at most ten frames a second', async () => {
  const { bus, goLive, open } = await start();
  const id = await goLive();
  const topic = `room:${id}`;
  const client = await open();
  await client.join(topic);
  await client.until(() => client.typed(topic, 'presence').length > 0);
  const startedAt = performance.now();
  const before = client.frames.length;
  let sent = 0;
  while (performance.now() - startedAt < 450) {
    for (let i = 0; i < 5; i++) {
      const count = 1 + (sent % 3);
      sent += count;
      bus.publish(topic, { type: 'hearts', count, total: sent, mediaTimeMs: null });
    }
    await new Promise(setImmediate);
  }
  const heard = () => client.typed(topic, 'hearts').reduce((sum, event) => sum + event.count, 0);
  await client.until(() => heard() === sent);
  const seconds = (performance.now() - startedAt) / 1000;
  const frames = client.frames.slice(before);
  assert.ok(frames.length <= Math.ceil(seconds * 10) + 1, `${frames.length} frames in ${seconds} s`);
  for (const frame of frames)
    assert.ok(frame.events.filter(event => event.type === 'hearts').length <= 1, 'one event a frame');
  assert.equal(client.typed(topic, 'hearts').at(-1)?.total, sent);
});

test('of two changes of state in one tick the last one is told, and who joins later knows it', async () => {
  const { broadcasts, goLive, open } = await start();
  const id = await goLive();
  const topic = `room:${id}`;
  const client = await open();
  await client.join(topic);
  await broadcasts.advance(id, 'publisher-lost');
  await broadcasts.advance(id, 'end');
  await client.until(() => client.typed(topic, 'state').at(-1)?.state === 'ended');
  const late = await open();
  const first = await late.join(topic);
  assert.deepEqual(first.events[0], { type: 'state', state: 'ended' });
});

test('a socket that does not read is dropped, and the room goes on', async () => {
  const { room, goLive, member, open, server } = await start();
  const bob = await member('bob');
  const id = await goLive();
  const topic = `room:${id}`;
  const slow = await open();
  const quick = await open();
  await slow.join(topic);
  await quick.join(topic);
  slow.ws.pause();
  const text = '👨‍👩‍👧‍👦'.repeat(300);
  let said = 0;
  while (server.stats.tooSlow === 0) {
    for (let i = 0; i < 100; i++, said++) await room.addComment(id, bob.id, { text, mediaTimeMs: null });
    await quick.until(() => quick.comments(topic).length === said);
    assert.ok(said < 5000, 'the slow socket was never dropped');
  }
  slow.ws.resume();
  assert.ok([4001, 1006].includes(await slow.closed));
  await room.addComment(id, bob.id, { text: 'still here', mediaTimeMs: null });
  await quick.until(() => quick.comments(topic).length === said + 1);
  assert.deepEqual(quick.comments(topic), upTo(said + 1));
  assert.equal(server.stats.tooSlow, 1);
});
