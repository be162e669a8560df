import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { mutate } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { type SocketRig, startSocketRig } from '#tests/support/sockets.ts';

const corpus = (name: string) =>
  readFileSync(new URL(`corpus/socket/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
const frames = corpus('frames.txt');
const handshake = `${corpus('handshake.txt').join('\r\n')}\r\n\r\n`;

let rig: SocketRig;

afterEach(() => rig.close());

/** A witness in the room: whatever strangers send, it hears what is said there. */
async function withWitness(storm: (id: string, userId: string) => Promise<void>): Promise<void> {
  rig = await startSocketRig();
  const bob = await rig.member('bob');
  const id = await rig.goLive();
  const witness = await rig.open();
  await witness.join(`room:${id}`);
  await storm(id, bob.id);
  const { seq } = await rig.room.addComment(id, bob.id, { text: 'still here', mediaTimeMs: null });
  await witness.until(() => witness.comments(`room:${id}`).includes(seq));
  witness.ws.close();
  await witness.closed;
  while (rig.server.sockets > 0) await new Promise(setImmediate);
  assert.equal(rig.server.topics, 0, 'nothing is left behind');
}

/** Sends bytes over a new connection and waits until it is closed, by us at the latest when something was answered. */
async function send(pieces: readonly (string | Uint8Array)[]): Promise<void> {
  const socket: Socket = connect(rig.port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise(resolve => socket.once('close', resolve));
  socket.once('data', () => socket.end());
  for (const piece of pieces) socket.write(piece);
  // A head that never ends is not answered: the other side hears that nothing more comes.
  socket.end();
  await closed;
}

/** A masked client frame (RFC 6455 section 5.2); the mask is zero, so that the payload stands as it is. */
function masked(payload: Uint8Array, opcode = 1): Uint8Array {
  const head =
    payload.length < 126
      ? [0x80 | opcode, 0x80 | payload.length]
      : [0x80 | opcode, 0xfe, payload.length >> 8, payload.length & 0xff];
  return Uint8Array.from([...head, 0, 0, 0, 0, ...payload]);
}

test('client frames that were tampered with end in an answer or a close, never in the process', async t => {
  const random = new Seeded(401);
  t.diagnostic(`seed ${random.seed}`);
  await withWitness(async (id, userId) => {
    const encoder = new TextEncoder();
    for (let round = 0; round < 150; round++) {
      const client = await rig.open(round % 2 ? {} : { headers: { cookie: 'a=b' } });
      for (let i = 0; i < 12; i++) {
        const line = frames[random.below(frames.length)]!.replace('ROOM', id).replace('USER', userId);
        const bytes = encoder.encode(line);
        client.ws.send(random.chance(0.3) ? bytes : mutate(random, bytes), { binary: random.chance(0.1) });
      }
      // An answer to what came last; or the socket was closed for what it sent.
      client.send({ op: 'join', topic: 'room:last' });
      await Promise.race([client.until(() => client.of('room:last').length > 0), client.closed]);
      client.ws.terminate();
    }
  });
});

test('bytes that are no WebSocket frames close one connection and no other', async t => {
  const random = new Seeded(402);
  t.diagnostic(`seed ${random.seed}`);
  await withWitness(async id => {
    const join = masked(new TextEncoder().encode(`{"op":"join","topic":"room:${id}","after":0}`));
    for (let round = 0; round < 300; round++) {
      const after = [join, mutate(random, join), masked(random.bytes(random.below(300)), random.below(16))];
      await send([handshake, ...after.slice(random.below(3)), random.bytes(random.below(64))]);
    }
  });
});

test('handshakes that were tampered with are refused or taken, and leave nothing behind', async t => {
  const random = new Seeded(403);
  t.diagnostic(`seed ${random.seed}`);
  await withWitness(async () => {
    const original = new TextEncoder().encode(handshake);
    for (let round = 0; round < 300; round++) await send([mutate(random, original)]);
  });
});
