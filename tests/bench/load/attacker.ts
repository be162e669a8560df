// Opens hostile connections to a port of loopback, from addresses of loopback, and keeps so many of them. Prints `ready` when all
// were opened once; at a line it prints what came of them and starts anew with the attack that the line describes.
// Usage: node tests/bench/load/attacker.ts PORT TARGETS_JSON_FILE
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type Attack, attacksOn, type Door, type Targets } from '../hostile/attacks.ts';

interface Order {
  readonly door: Door;
  readonly name: string;
  readonly connections: number;
  readonly addresses: number;
  /** The next segment of the live broadcast. */
  readonly msn: number;
}

const REOPEN_MS = 250;
const AGAIN_MS = 20;
const [port, file] = process.argv.slice(2);
const attacks = attacksOn(JSON.parse(readFileSync(file!, 'utf8')) as Targets);
let stop: () => Record<string, unknown> = () => ({});

function attack({ door, name, connections, addresses, msn }: Order): () => Record<string, unknown> {
  const { first, drip, again = false, deaf = false } = attacks[door][name] as Attack;
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const counts = { opened: 0, closed: 0, statuses: {} as Record<string, number> };
  let isOver = false;
  const later = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!isOver) run();
    }, ms);
    timers.add(timer);
  };
  const open = (i: number): void => {
    // 127.0.1.1 and on: nobody honest comes from there.
    const near = i % addresses;
    const localAddress = `127.0.${1 + Math.floor(near / 250)}.${1 + (near % 250)}`;
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress });
    const text = first(i).replaceAll('MSN', String(msn));
    sockets.add(socket);
    socket.on('connect', () => {
      counts.opened++;
      if (text) socket.write(text, 'latin1');
    });
    if (deaf) socket.pause();
    else
      socket.on('data', chunk => {
        const status = /^HTTP\/1\.1 (\d+)/.exec(chunk.toString('latin1', 0, 20))?.[1];
        if (!status) return;
        counts.statuses[status] = (counts.statuses[status] ?? 0) + 1;
        if (again) later(AGAIN_MS, () => socket.writable && socket.write(text, 'latin1'));
      });
    socket.on('error', () => {});
    socket.on('close', () => {
      counts.closed++;
      sockets.delete(socket);
      later(REOPEN_MS, () => open(i));
    });
  };
  for (let i = 0; i < connections; i++) later((i * 1000) / connections, () => open(i));
  const dripping = setInterval(() => {
    if (drip) for (const socket of sockets) if (socket.writable) socket.write(drip, 'latin1');
  }, 1000);
  return () => {
    isOver = true;
    clearInterval(dripping);
    for (const timer of timers) clearTimeout(timer);
    for (const socket of sockets) socket.destroy();
    return { ...counts, held: sockets.size };
  };
}

console.log('ready');
createInterface({ input: process.stdin })
  .on('line', line => {
    const came = stop();
    stop = line === 'stop' ? () => ({}) : attack(JSON.parse(line) as Order);
    console.log(JSON.stringify(came));
  })
  .once('close', () => process.exit(0));
