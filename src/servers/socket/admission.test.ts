import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, test } from 'node:test';
import { type ClientOptions, WebSocket } from 'ws';
import { placeOf } from '#base/address.ts';
import { FakeClock } from '#base/fake-clock.ts';
import type { AccountId } from '#base/ids.ts';
import { type RigOptions, type SocketRig, startSocketRig } from '#tests/support/sockets.ts';
import { Seats } from './admission.ts';
import { isSocketRequest } from './index.ts';
import { PING_MS } from './limits.ts';

let rig: SocketRig | null = null;

async function start(options: RigOptions = {}): Promise<SocketRig> {
  rig = await startSocketRig(options);
  return rig;
}

afterEach(async () => {
  await rig?.close();
  rig = null;
});

/** Status and code of an upgrade that is refused; 101 when it is not. */
async function knock(port: number, options: ClientOptions, query = ''): Promise<[number, string?]> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/socket${query}`, options);
  const { promise, resolve, reject } = Promise.withResolvers<[number, string?]>();
  ws.once('open', () => resolve([101]));
  ws.once('unexpected-response', (_request, response) => {
    let body = '';
    response.on('data', chunk => {
      body += chunk;
    });
    response.on('end', () => resolve([response.statusCode!, JSON.parse(body).code]));
  });
  ws.once('error', reject);
  const outcome = await promise;
  ws.on('error', () => {});
  ws.terminate();
  return outcome;
}

test('a cookie that a page of another origin brings along opens nothing', async () => {
  const { port, member } = await start({ publicUrl: 'http://sky.example' });
  const { cookie, authorization } = await member('bob');
  const from = (origin: string | undefined, headers = { cookie }) =>
    knock(port, { headers, ...(origin ? { origin } : {}) });
  assert.deepEqual(await from('http://evil.example'), [403, 'not-allowed']);
  assert.deepEqual(await from('null'), [403, 'not-allowed']);
  assert.deepEqual(await from(`http://127.0.0.1:${port}`), [101]);
  assert.deepEqual(await from('http://sky.example'), [101]);
  assert.deepEqual(await from(undefined), [101]);
  assert.deepEqual(await knock(port, { origin: 'http://evil.example' }), [101]);
  const token = { headers: { authorization }, origin: 'http://evil.example' };
  assert.deepEqual(await knock(port, token), [101]);
});

test('the cookie and the ticket say who it is', async () => {
  const { member, open } = await start();
  const bob = await member('bob');
  for (const client of [
    await open({ headers: { cookie: bob.cookie } }),
    await open({}, `?token=${bob.ticket()}`),
  ]) {
    const answer = await client.join(`user:${bob.id}`);
    assert.deepEqual(answer.events, []);
  }
});

test('a ticket is good once, and a wrong ticket or token is told', async () => {
  const { port, member } = await start();
  const bob = await member('bob');
  const ticket = bob.ticket();
  assert.deepEqual(await knock(port, {}, `?token=${ticket}`), [101]);
  assert.deepEqual(await knock(port, {}, `?token=${ticket}`), [401, 'sign-in-required']);
  assert.deepEqual(await knock(port, {}, '?token='), [401, 'sign-in-required']);
  const headers = { authorization: 'Bearer nonsense' };
  assert.deepEqual(await knock(port, { headers }), [401, 'sign-in-required']);
});

test('a handshake that is none is refused and leaves nothing behind', async () => {
  const { port, server } = await start();
  for (const lines of [
    ['GET /socket HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket'],
    ['GET //?token=%zz HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: carrier-pigeon'],
    [
      'POST /socket HTTP/1.1',
      'Host: x',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: short',
    ],
  ]) {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    let answer = '';
    socket.on('data', chunk => {
      answer += chunk;
    });
    await once(socket, 'close');
    assert.match(answer, /^HTTP\/1\.1 4\d\d /);
  }
  assert.equal(server.sockets, 0);
});

test('a client that goes away while it is being identified leaves nothing behind', async () => {
  const { port, server, open } = await start();
  for (let i = 0; i < 20; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'GET /socket?token=x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.resetAndDestroy();
    await once(socket, 'close');
  }
  const client = await open();
  client.ws.close();
  await client.closed;
  while (server.sockets > 0) await new Promise(setImmediate);
});

test('a socket that does not answer a ping is cut off, the others stay', async () => {
  const clock = new FakeClock(Date.now());
  const { open, server } = await start({ clock });
  const there = await open();
  const gone = await open({ autoPong: false });
  const pings = [there, gone].map(client => once(client.ws, 'ping'));
  clock.advance(PING_MS);
  await Promise.all(pings);
  // Frames of one connection arrive in their order: the pong came before this refusal.
  await there.join('user:x');
  const again = once(there.ws, 'ping');
  clock.advance(PING_MS);
  assert.equal(await gone.closed, 1006);
  await again;
  assert.equal(server.stats.silent, 1);
});

test('a server that stops says so, and opens nothing more', async () => {
  const { port, open, server, goLive } = await start();
  const client = await open();
  await client.join(`room:${await goLive()}`);
  const closing = server.close();
  assert.equal(await client.closed, 1012);
  await closing;
  assert.equal(server.topics, 0);
  assert.deepEqual(await knock(port, {}), [503, 'unavailable']);
});

test('seats are taken from the address that has most, never from an account that has few', () => {
  const seats = new Seats(10);
  const sit = (address: string) => {
    const stream = new PassThrough();
    seats.take(stream, placeOf(address));
    return stream;
  };
  const ana = sit('192.0.2.1');
  seats.belongs(ana, 'ana' as AccountId);
  const flood = Array.from({ length: 9 }, () => sit('192.0.2.1'));
  assert.throws(() => sit('192.0.2.1'), { code: 'busy' });
  const bob = sit('192.0.2.2');
  assert.deepEqual(
    [flood[0]!.destroyed, ana.destroyed, bob.destroyed, seats.taken],
    [true, false, false, 10],
  );
});

test('a seat is freed when its stream is closed', async () => {
  const seats = new Seats(1);
  const stream = new PassThrough();
  seats.take(stream, placeOf('192.0.2.1'));
  stream.destroy();
  await once(stream, 'close');
  assert.equal(seats.taken, 0);
});

test('a WebSocket is opened at /socket and nowhere else', async () => {
  const asks = (url: string, upgrade: string | undefined) =>
    isSocketRequest({ url, headers: { upgrade } } as IncomingMessage);
  assert.ok(asks('/socket', 'websocket') && asks('/socket?token=x', 'WebSocket'));
  for (const url of ['/', '/socket/x', '/sockets', '/hls/x', '/api/v1/me'])
    assert.ok(!asks(url, 'websocket'), url);
  assert.ok(!asks('/socket', 'h2c') && !asks('/socket', undefined));
});
