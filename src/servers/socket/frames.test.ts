import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { TOPICS_PER_SOCKET_MAX } from '#contract/socket/frames.ts';
import { type SocketClient, type SocketRig, startSocketRig } from '#tests/support/sockets.ts';
import { parseClientFrame } from './client-frame.ts';
import { BAD_FRAMES_MAX } from './limits.ts';
import { encodeFrame } from './text-frame.ts';

let rig: SocketRig | null = null;

afterEach(async () => {
  await rig?.close();
  rig = null;
});

const codes = (client: SocketClient) =>
  client.frames.flatMap(frame => frame.events).flatMap(event => (event.type === 'error' ? [event.code] : []));

/** RFC 6455 section 5.2, for an unmasked text frame in one piece. */
function payloadOf(bytes: Buffer): string {
  assert.equal(bytes[0], 0x81);
  const short = bytes[1]!;
  if (short < 126) return bytes.toString('utf8', 2, 2 + short);
  const length = short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  assert.ok(length >= (short === 126 ? 126 : 65_536), 'the shortest form');
  const start = short === 126 ? 4 : 10;
  assert.equal(bytes.length, start + length);
  return bytes.toString('utf8', start);
}

test('a frame of any length is read as it was written', () => {
  const frameOf = (detail: string) =>
    ({ topic: 'room:é', seq: 7, events: [{ type: 'error', code: 'internal', detail }] }) as const;
  const overhead = Buffer.byteLength(JSON.stringify(frameOf('')));
  for (const length of [overhead, 125, 126, 65_535, 65_536, 300_000]) {
    const frame = frameOf('x'.repeat(length - overhead));
    assert.deepEqual(JSON.parse(payloadOf(encodeFrame(frame))), frame);
  }
});

test('only join and leave are frames, with a topic and a whole number', () => {
  assert.deepEqual(parseClientFrame('{"op":"join","topic":"room:a","after":3,"more":1}'), {
    op: 'join',
    topic: 'room:a',
    after: 3,
  });
  assert.deepEqual(parseClientFrame('{"op":"leave","topic":"room:a"}'), { op: 'leave', topic: 'room:a' });
  for (const text of [
    '',
    'null',
    '[]',
    '{',
    '"join"',
    '{"op":"join"}',
    '{"op":"shout","topic":"room:a"}',
    '{"op":"join","topic":["room:a"]}',
    '{"op":"join","topic":"room:a","after":-1}',
    '{"op":"join","topic":"room:a","after":1.5}',
    '{"op":"join","topic":"room:a","after":"1"}',
    '{"op":"join","topic":"room:a","after":1e99}',
    `{"op":"join","topic":"${'x'.repeat(101)}"}`,
  ])
    assert.equal(parseClientFrame(text), null, text);
});

test('frames that are not ours are told, and after some the socket is closed', async () => {
  rig = await startSocketRig();
  const client = await rig.open();
  for (let i = 0; i < BAD_FRAMES_MAX; i++) client.send('{');
  const answer = await client.join(`room:${await rig.goLive()}`);
  assert.equal(answer.events[0]?.type, 'state');
  assert.deepEqual(codes(client), Array(BAD_FRAMES_MAX).fill('invalid-request'));
  client.ws.send(Buffer.from('{"op":"leave"}'), { binary: true });
  assert.equal(await client.closed, 1008);
  assert.equal(rig.server.topics, 0);
});

test('a frame that is too large closes the socket with its code', async () => {
  rig = await startSocketRig();
  const client = await rig.open();
  client.send('x'.repeat(4097));
  assert.equal(await client.closed, 1009);
  const other = await rig.open();
  other.send('x'.repeat(4096));
  await other.until(() => other.frames.length === 1);
  assert.deepEqual(codes(other), ['invalid-request']);
});

test('a client that floods is told, then closed', async () => {
  rig = await startSocketRig();
  const client = await rig.open();
  for (let i = 0; i < 200; i++) client.send({ op: 'leave', topic: 'room:a' });
  assert.equal(await client.closed, 1008);
  assert.ok(codes(client).every(code => code === 'too-many-requests'));
});

test('a topic that is not there, or not a topic, is refused by name', async () => {
  rig = await startSocketRig();
  const client = await rig.open();
  for (const topic of ['room:01hzzzzzzzzzzzzzzzzzzzzzzz', 'room:', 'rooms:a', '', 'room:../x', 'room:a\0b']) {
    const { seq, events } = await client.join(topic);
    assert.equal(seq, 0);
    assert.equal(events[0]?.type === 'error' && events[0].code, 'not-found', topic);
  }
  assert.equal(rig.server.topics, 0);
});

test('a socket joins so many topics, each once', async () => {
  rig = await startSocketRig();
  const client = await rig.open();
  for (let i = 0; i < TOPICS_PER_SOCKET_MAX; i++) {
    const topic = `room:${await rig.goLive()}`;
    await client.join(topic);
    client.send({ op: 'join', topic });
  }
  const refused = await client.join(`room:${await rig.goLive()}`);
  assert.equal(refused.events[0]?.type === 'error' && refused.events[0].code, 'too-many-requests');
  assert.equal(rig.server.topics, TOPICS_PER_SOCKET_MAX);
  assert.equal(
    client.frames.filter(frame => frame.events[0]?.type === 'state').length,
    TOPICS_PER_SOCKET_MAX,
  );
});

test('joining, leaving and joining again at once ends in the room, once', async () => {
  rig = await startSocketRig();
  const id = await rig.goLive();
  const bob = await rig.member('bob');
  const topic = `room:${id}`;
  const client = await rig.open();
  for (let i = 0; i < 5; i++) {
    client.send({ op: 'join', topic });
    client.send({ op: 'leave', topic });
  }
  await client.join(topic);
  await rig.room.addComment(id, bob.id, { text: 'hello', mediaTimeMs: null });
  await client.until(() => client.comments(topic).length > 0);
  await client.join('room:none');
  assert.deepEqual(client.comments(topic), [1]);
  assert.equal(client.typed(topic, 'state').length, 1, 'nothing came of the joins that were taken back');
  const [, presence] = (await rig.room.snapshot(id)).events;
  assert.deepEqual(presence, { type: 'presence', viewers: 1, names: [] });
});
