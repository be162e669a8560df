import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';

/** How much waits for a narrow link before the rest is lost. */
const QUEUE_MS = 150;

/** A way of datagrams to a port of loopback that can be cut, as a NAT forgets a mapping, and narrowed. */
export interface UdpRelay {
  readonly port: number;
  /** Whoever used it so far is no longer carried, either way; a new socket is. */
  cut(): void;
  /** While closed, nobody is carried. */
  open: boolean;
  /** Bits per second that it carries from the server; what does not fit waits a little or is lost. Null: everything. */
  limitBps: number | null;
  /** Whether it loses this packet of a way: they are counted from one, in each direction. Null: none. */
  loses: ((direction: 'up' | 'down', number: number) => boolean) | null;
  close(): void;
}

interface Way {
  readonly up: Socket;
  isCut: boolean;
  carried: { up: number; down: number };
}

export async function startUdpRelay(serverPort: number): Promise<UdpRelay> {
  const down = createSocket('udp4');
  const ways = new Map<string, Way>();
  down.on('message', (bytes, { address, port }) => {
    const from = `${address}:${port}`;
    const way = ways.get(from) ?? add(from, address, port);
    if (passes(way, 'up')) way.up.send(bytes, serverPort, '127.0.0.1');
  });
  const passes = (way: Way, direction: 'up' | 'down') =>
    relay.open && !way.isCut && !relay.loses?.(direction, ++way.carried[direction]);
  const add = (from: string, address: string, port: number): Way => {
    const way: Way = { up: createSocket('udp4'), isCut: false, carried: { up: 0, down: 0 } };
    way.up.on('message', bytes => {
      if (passes(way, 'down')) carry(bytes.length, () => down.send(bytes, port, address));
    });
    ways.set(from, way);
    return way;
  };
  let freeMs = 0;
  const timers = new Set<NodeJS.Timeout>();
  const carry = (bytes: number, send: () => void): void => {
    const nowMs = performance.now();
    if (relay.limitBps === null) send();
    if (relay.limitBps === null || freeMs - nowMs > QUEUE_MS) return;
    freeMs = Math.max(freeMs, nowMs) + (bytes * 8000) / relay.limitBps;
    const timer = setTimeout(() => {
      timers.delete(timer);
      send();
    }, freeMs - nowMs);
    timers.add(timer);
  };
  down.bind(0, '127.0.0.1');
  await once(down, 'listening');
  const relay: UdpRelay = {
    port: (down.address() as AddressInfo).port,
    open: true,
    limitBps: null,
    loses: null,
    cut() {
      for (const way of ways.values()) way.isCut = true;
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      down.close();
      for (const { up } of ways.values()) up.close();
    },
  };
  return relay;
}

/** Has the page's WebRTC of one protocol go through the relay: every answer names the relay's port. */
export async function routeThrough(relay: UdpRelay, page: Page, protocol: 'whip' | 'whep'): Promise<void> {
  await page.route(`**/${protocol}/*`, async route => {
    const response = await route.fetch();
    const answer = (await response.text()).replace(
      /(a=candidate:\S+ \d+ udp \d+ \S+) \d+/gi,
      `$1 ${relay.port}`,
    );
    await route.fulfill({ response, body: answer });
  });
}
