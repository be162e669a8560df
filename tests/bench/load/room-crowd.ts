// Sits in a room with many sockets, from many addresses of loopback, and counts what comes without reading it. Prints `ready` when
// all have joined; at every line {"sockets", "bytes", "frames"} so far: `frames` are those of one socket that does read.
// Usage: node tests/bench/load/room-crowd.ts URL TOPIC COUNT ADDRESSES
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const [url, topic, countText, addressesText] = process.argv.slice(2);
const count = Number(countText);
const { port } = new URL(url!);
/** Handshakes under way. */
const AT_ONCE = 100;
const HANDSHAKE = [
  'GET /socket HTTP/1.1',
  `Host: localhost:${port}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${Buffer.from('a crowd in a room').toString('base64').slice(0, 22)}==`,
].join('\r\n');
const shared = Buffer.alloc(64 * 1024);
let bytes = 0;
let frames = 0;
let open = 0;
const sockets = new Set<Socket>();
/** An empty pong (RFC 6455 section 5.5.3), masked: pings are not looked for, so it says by itself that it is there. */
const PONG = Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0);
const PONG_MS = 10_000;

/** A text frame of a client (RFC 6455 section 5.2), masked with zeros. */
function joinFrame(): Buffer {
  const payload = Buffer.from(JSON.stringify({ op: 'join', topic }));
  return Buffer.concat([Uint8Array.of(0x81, 0x80 | payload.length, 0, 0, 0, 0), payload]);
}

/** Resolves when the room's first frame is there. */
function sit(n: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let reads = 0;
    const socket: Socket = connect({
      host: '127.0.0.1',
      port: Number(port),
      localAddress: `127.0.0.${(n % Number(addressesText)) + 2}`,
      noDelay: true,
      onread: {
        buffer: shared,
        callback(length, buffer) {
          bytes += length;
          if (n === 0 && reads > 1) frames++;
          if (reads < 2) hear(buffer.subarray(0, length) as Buffer);
          return true;
        },
      },
    });
    const hear = (chunk: Buffer) => {
      if (reads === 0 && !chunk.toString('latin1', 0, 12).includes('101'))
        reject(new Error(chunk.toString('latin1')));
      if (reads === 0) socket.write(joinFrame());
      const isJoined = reads === 1 || chunk.includes('"topic"');
      reads = isJoined ? 2 : 1;
      if (isJoined) resolve();
    };
    socket.on('error', reject);
    socket.on('connect', () => {
      open++;
      sockets.add(socket);
      socket.write(`${HANDSHAKE}\r\n\r\n`);
    });
    socket.on('close', () => {
      open--;
      sockets.delete(socket);
    });
  });
}

let next = 0;
const lane = async () => {
  while (next < count) await sit(next++);
};
setInterval(() => {
  for (const socket of sockets) socket.write(PONG);
}, PONG_MS);
const fromMs = performance.now();
await Promise.all(Array.from({ length: AT_ONCE }, lane));
console.log(`ready ${Math.round(performance.now() - fromMs)}`);
createInterface({ input: process.stdin })
  .on('line', () => console.log(JSON.stringify({ sockets: open, bytes, frames })))
  .once('close', () => process.exit(0));
