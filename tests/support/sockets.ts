import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientOptions, WebSocket } from 'ws';
import type { Accounts, Viewer } from '#accounts/index.ts';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { createDbJobs } from '#adapters/jobs-db/index.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import { type AccountId, type BroadcastId, createIds } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import { Slices } from '#base/slices.ts';
import type { RoomEvent, ServerFrame, SocketEvent } from '#contract/socket/frames.ts';
import { type Broadcasts, createBroadcasts } from '#live/broadcast/broadcasts.ts';
import { broadcastMigrations } from '#live/broadcast/migrations.ts';
import { roomMigrations } from '#live/room/migrations.ts';
import { createRoom, type Room } from '#live/room/room.ts';
import type { Bus } from '#ports/bus.ts';
import type { Jobs } from '#ports/jobs.ts';
import { createSocketServer, type SocketServer } from '#servers/socket/index.ts';
import { createSocial, type Social } from '#social/index.ts';
import { createTestAccounts, testClient } from './accounts.ts';
import { testCallers } from './callers.ts';

/** Somebody with an account and a personal access token. */
export interface Member {
  readonly id: AccountId;
  readonly viewer: Viewer;
  readonly tokenId: string;
  readonly authorization: string;
  readonly cookie: string;
  readonly ticket: () => string;
}

/** The socket server on a free port of loopback, over real accounts, social, rooms and a database in memory. */
export interface SocketRig {
  readonly port: number;
  readonly server: SocketServer;
  readonly bus: Bus;
  readonly jobs: Jobs;
  readonly accounts: Accounts;
  readonly social: Social;
  readonly broadcasts: Broadcasts;
  readonly room: Room;
  member(handle: string): Promise<Member>;
  /** A broadcast that is live, of somebody who does not matter. */
  goLive(): Promise<BroadcastId>;
  /** Resolves when the socket is open. */
  open(options?: ClientOptions, query?: string): Promise<SocketClient>;
  close(): Promise<void>;
}

export interface RigOptions {
  readonly clock?: Clock;
  readonly publicUrl?: string;
  /** Stands between the rooms and the sockets. */
  readonly bus?: (inner: Bus) => Bus;
}

export async function startSocketRig(options: RigOptions = {}): Promise<SocketRig> {
  const { clock = systemClock, publicUrl = null } = options;
  const db = await openSqlite({ file: ':memory:', log });
  const ids = createIds(clock, bytes => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>));
  const jobs = createDbJobs({ db, clock, log, ids });
  const inner = createLocalBus({ log });
  const bus = options.bus?.(inner) ?? inner;
  const { accounts } = createTestAccounts({ db, jobs, bus, ids, clock, publicUrl });
  const directory = { summaries: accounts.summaries };
  const social = createSocial({ db, jobs, bus, ids, clock, log, directory });
  const broadcasts = createBroadcasts({ db, jobs, bus, ids, clock });
  const { room, hearts } = createRoom({
    db,
    bus,
    ids,
    clock,
    log,
    directory,
    broadcasts,
    troubles: () => [],
  });
  await db.migrate({
    ...accounts.migrations,
    ...social.migrations,
    ...broadcastMigrations,
    ...roomMigrations,
    ...jobs.migrations,
  });
  jobs.start(social.jobHandlers);
  const server = createSocketServer({
    accounts,
    social,
    live: { room },
    bus,
    callers: testCallers(),
    clock,
    slices: new Slices({ clock, afterInput: setImmediate }),
    log,
    config: { publicUrl },
  });
  const http = createServer((_request, response) => response.end());
  http.on('upgrade', (request, stream, head) => server.handleUpgrade(request, stream, head));
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const clients: SocketClient[] = [];

  return {
    port,
    server,
    bus,
    jobs,
    accounts,
    social,
    broadcasts,
    room,
    async member(handle) {
      const wanted = { handle, email: `${handle}@example.org`, password: 'a lark in the morning' };
      const { profile, cookies } = await accounts.register(wanted, testClient());
      const cookie = cookies.map(line => line.split(';')[0]).join('; ');
      const viewer = (await accounts.authenticate({ cookie }))!;
      const { id: tokenId, token } = await accounts.createToken(viewer, { name: 'test' });
      return {
        id: profile.id,
        viewer,
        tokenId,
        authorization: `Bearer ${token}`,
        cookie,
        ticket: () => accounts.createSocketTicket(viewer).token,
      };
    },
    async goLive() {
      const { row } = await broadcasts.create(ids.next<'account'>(), 'A walk', true);
      await broadcasts.advance(row.id, 'media-arrived', { startedAtMs: clock.nowMs() });
      return row.id;
    },
    async open(clientOptions = {}, query = '') {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/socket${query}`, clientOptions);
      const client = new SocketClient(ws);
      clients.push(client);
      await client.opened;
      return client;
    },
    async close() {
      for (const client of clients) client.ws.terminate();
      await server.close();
      await new Promise(resolve => http.close(resolve));
      await jobs.close();
      await hearts.close();
      await db.close();
    },
  };
}

/** One client, everything it received, and what it waits for. */
export class SocketClient {
  readonly ws: WebSocket;
  readonly frames: ServerFrame[] = [];
  readonly opened: Promise<void>;
  /** The close code. */
  readonly closed: Promise<number>;
  #waiting: (() => void)[] = [];

  constructor(ws: WebSocket) {
    this.ws = ws;
    this.opened = new Promise((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
    });
    this.closed = new Promise(resolve => ws.once('close', resolve));
    ws.on('error', () => {});
    ws.on('message', data => {
      this.frames.push(JSON.parse(data.toString()) as ServerFrame);
      for (const check of this.#waiting) check();
    });
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Joins and resolves with the first frame that the topic answers. */
  async join(topic: string, after?: number): Promise<ServerFrame> {
    const known = this.of(topic).length;
    this.send({ op: 'join', topic, ...(after === undefined ? {} : { after }) });
    await this.until(() => this.of(topic).length > known);
    return this.of(topic)[known]!;
  }

  of(topic: string): ServerFrame[] {
    return this.frames.filter(frame => frame.topic === topic);
  }

  events(topic: string): SocketEvent[] {
    return this.of(topic).flatMap(frame => frame.events);
  }

  typed<T extends SocketEvent['type']>(topic: string, type: T): Extract<SocketEvent, { type: T }>[] {
    return this.events(topic).filter(
      (event): event is Extract<SocketEvent, { type: T }> => event.type === type,
    );
  }

  comments(topic: string): number[] {
    return this.typed(topic, 'comment').map(event => event.comment.seq);
  }

  /** Resolves when the condition holds; asked again at every frame. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>(resolve => {
      const check = () => {
        if (!condition()) return;
        this.#waiting = this.#waiting.filter(other => other !== check);
        resolve();
      };
      this.#waiting.push(check);
    });
  }
}

/** A bus that loses some messages of rooms, as a bus may. */
export function leakyBus(inner: Bus, isLost: (event: RoomEvent) => boolean): Bus {
  return {
    ...inner,
    publish(topic, message) {
      if (!isLost(message as RoomEvent)) inner.publish(topic, message);
    },
  };
}
