import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import type { FairTurns } from '#base/fair-turns.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { testCallers } from '#tests/support/callers.ts';
import { newTurns } from '#tests/support/turns.ts';
import { until } from '#tests/support/until.ts';
import { Connections } from './connections.ts';
import { HEAD_MS, IN_WORK_MAX, PIPELINED_MAX, READ_MS, SWEEP_MS } from './limits.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const FORWARDED = REQUEST.replace('\r\n\r\n', '\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n');

let clock: FakeClock;
let server: Server;
let connections: Connections;
let turns: FairTurns;
let asked: ServerResponse[] = [];
let clients: Socket[] = [];

async function start(max = 100): Promise<void> {
  clock = new FakeClock();
  asked = [];
  clients = [];
  turns = newTurns({ clock, inWorkMax: IN_WORK_MAX });
  server = createServer((request, response) =>
    connections.take(request, response, () => void asked.push(response)),
  );
  connections = new Connections(server, { callers: testCallers(), clock, turns, max });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** From an address of loopback, with what is sent at once. */
async function open(first = '', localAddress = '127.0.0.1'): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const seen = connections.open;
  const client = connect({ port, host: '127.0.0.1', localAddress });
  client.on('error', () => {});
  clients.push(client);
  await once(client, 'connect');
  if (first) client.write(first);
  await until('it is seen', () => connections.open > seen || client.destroyed);
  return client;
}

const closed = (client: Socket) => until('it is closed', () => client.destroyed || client.readableEnded);

afterEach(() => {
  connections.close();
  for (const client of clients) client.destroy();
  server.closeAllConnections();
  server.close();
});

test('a connection that says nothing is closed, one that asked is not', async () => {
  await start();
  const silent = (await open()).resume();
  const speaks = (await open(REQUEST)).resume();
  await until('it was asked', () => asked.length === 1);
  clock.advance(HEAD_MS + 2 * SWEEP_MS);
  await closed(silent);
  assert.deepEqual([speaks.destroyed, connections.stats.silent, connections.open], [false, 1, 1]);
});

test('who does not read is cut, who waits for an answer is not', async () => {
  await start();
  const slow = await open(REQUEST);
  slow.pause();
  await until('it was asked', () => asked.length === 1);
  const waits = (await open(REQUEST)).resume();
  await until('the other one asked, too', () => asked.length === 2);
  asked[0]!.end(Buffer.alloc(64 * 1024 * 1024));
  for (let s = 0; s < READ_MS / 1000; s++) clock.advance(1000);
  assert.equal(connections.stats.slow, 0, 'a large answer takes its time');
  for (let s = 0; s < 5000 && connections.stats.slow === 0; s++) clock.advance(1000);
  assert.equal(connections.stats.slow, 1);
  await until('one is left', () => connections.open === 1);
  assert.equal(waits.destroyed, false);
});

test('requests of a connection are in hand one at a time, and are all answered', async () => {
  await start();
  const client = await open(REQUEST.repeat(5));
  let answers = '';
  client.on('data', chunk => {
    answers += chunk.toString();
  });
  for (let i = 1; i <= 5; i++) {
    await until(`request ${i} is in hand`, () => asked.length === i);
    asked[i - 1]!.end(`answer ${i}.`);
  }
  await until('they are there', () => answers.includes('answer 5.'));
  assert.deepEqual(
    answers.match(/answer \d/g),
    [1, 2, 3, 4, 5].map(i => `answer ${i}`),
  );
  client.write(REQUEST);
  await until('it goes on', () => asked.length === 6);
});

test('thousands of requests ahead of their answers are not even parsed', async () => {
  await start();
  let parsed = 0;
  server.on('request', () => parsed++);
  const client = (await open(REQUEST.repeat(2400))).resume();
  await closed(client);
  assert.deepEqual([asked.length, connections.stats.pipelined], [1, 1]);
  assert.equal(parsed, PIPELINED_MAX + 2);
});

test('at the cap the one that has shown least goes, of the address that has most', async () => {
  await start(6);
  const busy = (await open(REQUEST, '127.0.0.2')).resume();
  await until('it was asked', () => asked.length === 1);
  const flood: Socket[] = [];
  for (let i = 0; i < 5; i++) flood.push((await open('', '127.0.0.3')).resume());
  const honest = (await open('', '127.0.0.4')).resume();
  await closed(flood[0]!);
  honest.write(REQUEST);
  await until('it is served', () => asked.length === 2);
  const more = (await open('', '127.0.0.3')).resume();
  await closed(flood[1]!);
  assert.deepEqual([busy.destroyed, honest.destroyed, more.destroyed], [false, false, false]);
  assert.equal(connections.stats.crowded, 2);
});

test('a proxy carries many: its connections are not closed to make room', async () => {
  await start(2);
  const proxy = [(await open(FORWARDED)).resume(), (await open(FORWARDED)).resume()];
  await until('they asked', () => asked.length === 2);
  for (const response of asked) response.end();
  const other = (await open()).resume();
  await closed(other);
  assert.deepEqual(
    proxy.map(client => client.destroyed),
    [false, false],
  );
});

const post = (body: string, length = body.length) =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${body}`;

test('what is sent is work as what is asked: a flood of it from one address waits behind itself', async () => {
  await start();
  for (let i = 0; i < 3 * IN_WORK_MAX; i++) (await open(post('ab'))).resume();
  await until('as many as may be are in work', () => asked.length === IN_WORK_MAX);
  (await open(post('honest'), '127.0.0.2')).resume();
  await until('everybody else waits', () => turns.waiting === 2 * IN_WORK_MAX + 1);
  const begun = () => asked.map(({ req }) => req.socket.remoteAddress);
  // One of the flood at most may stand before it.
  for (let i = 0; i < 2; i++) asked[i]!.end();
  await until('two more begin', () => asked.length === IN_WORK_MAX + 2);
  assert.ok(begun().includes('127.0.0.2'), begun().join());
});

test('a body that drips takes no turn, and comes whole to who reads it', async () => {
  await start();
  const dripping: Socket[] = [];
  for (let i = 0; i < 2 * IN_WORK_MAX; i++) dripping.push((await open(post('a', 3))).resume());
  (await open(post('honest'))).resume();
  await until('who sends a whole one is asked', () => asked.length === 1);
  assert.equal(turns.inWork, 1);
  dripping[0]!.write('b');
  dripping[0]!.write('c');
  await until('its body is there', () => asked.length === 2);
  assert.equal(Buffer.concat(await asked[1]!.req.toArray()).toString(), 'abc');
});

test('a body larger than is taken ahead begins, so that it can be refused', async () => {
  await start();
  const client = (await open(post('', 10_000_000))).resume();
  client.write(Buffer.alloc(1_000_000));
  await until('it is asked', () => asked.length === 1);
  const body = asked[0]!.req.toArray();
  client.write(Buffer.alloc(9_000_000));
  assert.equal(Buffer.concat(await body).length, 10_000_000);
});
