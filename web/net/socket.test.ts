import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerFrame } from '#contract/socket/frames.ts';
import { createSocket } from './socket.ts';

/** A connection as the browser would give it, moved by hand. */
class FakeConnection {
  readyState = 0;
  sent: unknown[] = [];
  onopen: () => void = () => {};
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number }) => void = () => {};
  opens(): void {
    this.readyState = 1;
    this.onopen();
  }
  receives(frame: ServerFrame): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }
  breaks(code = 1006): void {
    this.readyState = 3;
    this.onclose({ code });
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.breaks();
  }
}

function setUp() {
  const connections: FakeConnection[] = [];
  const waits: { run: () => void; ms: number }[] = [];
  let time = 0;
  const told: string[] = [];
  const socket = createSocket({
    open: () => {
      const connection = new FakeConnection();
      connections.push(connection);
      return connection as unknown as WebSocket;
    },
    random: () => 1,
    setTimeout: (run, ms) => waits.push({ run, ms }),
    clearTimeout: () => {},
    now: () => time,
    revoked: () => told.push('revoked'),
  });
  const last = () => connections.at(-1)!;
  const retry = () => waits.at(-1)!.run();
  return { socket, told, connections, waits, last, retry, later: (ms: number) => (time += ms) };
}

test('no connection is made before somebody joins', () => {
  assert.equal(setUp().connections.length, 0);
});

test('a topic is joined when the connection opens, and its frames reach everybody who joined it', () => {
  const { socket, last } = setUp();
  const heard: number[] = [];
  socket.join('room:1', frame => heard.push(frame.seq));
  socket.join('room:1', frame => heard.push(frame.seq * 10));
  last().opens();
  assert.deepEqual(last().sent, [{ op: 'join', topic: 'room:1' }]);
  last().receives({ topic: 'room:1', seq: 4, events: [] });
  last().receives({ topic: 'room:2', seq: 9, events: [] });
  assert.deepEqual(heard, [4, 40]);
});

test('after a break every topic is joined again from the last number seen', () => {
  const { socket, last, retry } = setUp();
  socket.join('user:1', () => {}, 7);
  socket.join('room:1', () => {});
  last().opens();
  last().receives({ topic: 'room:1', seq: 12, events: [] });
  last().receives({ topic: 'room:1', seq: 11, events: [] });
  last().breaks();
  retry();
  last().opens();
  assert.deepEqual(last().sent, [
    { op: 'join', topic: 'user:1', after: 7 },
    { op: 'join', topic: 'room:1', after: 12 },
  ]);
});

test('waits double up to twenty seconds, and start small again after a good connection', () => {
  const { socket, waits, last, retry, later } = setUp();
  socket.join('user:1', () => {});
  for (let i = 0; i < 8; i++) {
    last().breaks();
    retry();
  }
  assert.deepEqual(
    waits.map(({ ms }) => ms),
    [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000],
  );
  last().opens();
  later(60_000);
  last().breaks();
  assert.equal(waits.at(-1)?.ms, 500);
});

test('a server that starts again is asked soon and often, then as one that broke', () => {
  const { socket, waits, last, retry } = setUp();
  socket.join('user:1', () => {});
  last().opens();
  last().breaks(1012);
  for (let i = 0; i < 26; i++) {
    retry();
    last().breaks();
  }
  assert.deepEqual(
    waits.map(({ ms }) => ms),
    [...Array<number>(25).fill(400), 500, 1000],
  );
  retry();
  last().opens();
  last().breaks();
  assert.equal(waits.at(-1)?.ms, 2000);
});

test('a connection that opens and falls over at once does not start the waits anew', () => {
  const { socket, waits, last, retry } = setUp();
  socket.join('user:1', () => {});
  for (let i = 0; i < 3; i++) {
    last().opens();
    last().breaks();
    retry();
  }
  assert.deepEqual(
    waits.map(({ ms }) => ms),
    [500, 1000, 2000],
  );
});

test('the last one to leave leaves the topic, once', () => {
  const { socket, last } = setUp();
  const first = socket.join('room:1', () => {});
  const second = socket.join('room:1', () => {});
  last().opens();
  first();
  assert.equal(last().sent.length, 1);
  second();
  second();
  assert.deepEqual(last().sent.slice(1), [{ op: 'leave', topic: 'room:1' }]);
});

test('reconnecting replaces the connection, and the old one’s end starts nothing', () => {
  const { socket, connections, waits, last } = setUp();
  socket.join('user:1', () => {});
  last().opens();
  socket.reconnect();
  assert.equal(connections.length, 2);
  assert.equal(waits.length, 0);
  last().opens();
  assert.deepEqual(last().sent, [{ op: 'join', topic: 'user:1' }]);
});

test('a page that has left every topic does not connect again', () => {
  const { socket, connections, waits, last } = setUp();
  socket.join('user:1', () => {})();
  last().breaks();
  assert.equal(waits.length, 0);
  socket.reconnect();
  assert.equal(connections.length, 1);
});

test('a session that was revoked is told, a connection that broke is not', () => {
  const { socket, last, retry, told } = setUp();
  socket.join('user:1', () => {});
  last().opens();
  last().breaks();
  retry();
  assert.deepEqual(told, []);
  last().opens();
  last().breaks(4003);
  assert.deepEqual(told, ['revoked']);
});
