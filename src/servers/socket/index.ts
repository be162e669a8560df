import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Callers } from '#base/callers.ts';
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Slices } from '#base/slices.ts';
import { TokenBuckets } from '#base/token-bucket.ts';
import { Refusal } from '#contract/errors.ts';
import { CLIENT_FRAME_BYTES_MAX, CLOSE_REVOKED } from '#contract/socket/frames.ts';
import type { Live } from '#live/index.ts';
import type { Bus } from '#ports/bus.ts';
import { identify, refuseUpgrade, Seats, type SocketAccounts } from './admission.ts';
import { ClientSocket, type ClientSocketDeps, type SocketStats } from './client-socket.ts';
import { CLIENT_FRAMES, CLOSE_RESTART, CLOSE_RESTART_MS, PING_MS, SOCKETS_MAX } from './limits.ts';
import { Revoked } from './revoked.ts';
import { Topics } from './topics.ts';
import type { HomeFeed } from './user-source.ts';

export type { SocketStats } from './client-socket.ts';
export type { HomeEvent, HomeFeed } from './user-source.ts';

export interface SocketServerDeps {
  readonly accounts: SocketAccounts;
  readonly social: { readonly timeline: HomeFeed };
  readonly live: Pick<Live, 'room'>;
  readonly bus: Bus;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly slices: Slices;
  readonly log: Logger;
  readonly config: { readonly publicUrl: string | null };
}

export interface SocketServer {
  readonly stats: Readonly<SocketStats>;
  /** Open sockets. */
  readonly sockets: number;
  /** Topics that somebody has joined. */
  readonly topics: number;
  /** Takes a request for `GET /socket` with `Upgrade: websocket`. Never throws. */
  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  /** Sends what is due and closes every socket with 1012: come back soon. Resolves when they are gone. */
  close(): Promise<void>;
}

/** Whether a request asks for our WebSocket: it is at one address only. */
export function isSocketRequest({ url, headers }: IncomingMessage): boolean {
  return url?.split('?', 1)[0] === '/socket' && headers.upgrade?.toLowerCase() === 'websocket';
}

/** What stands for a client that has gone or done something wrong before there is a WebSocket. */
function ignoreError(): void {}

export function createSocketServer(deps: SocketServerDeps): SocketServer {
  const { accounts, live, callers, clock, log, config } = deps;
  const stats: SocketStats = { opened: 0, refused: 0, badFrames: 0, tooSlow: 0, silent: 0 };
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_FRAME_BYTES_MAX,
  });
  const topics = new Topics({ ...deps, room: live.room, feed: deps.social.timeline });
  const frames = new TokenBuckets(clock, CLIENT_FRAMES, SOCKETS_MAX);
  const socketDeps: ClientSocketDeps = { topics, room: live.room, frames, stats, clock, log };
  const seats = new Seats();
  const open = new Set<ClientSocket>();
  const pinging = clock.every(PING_MS, () => {
    const nowMs = clock.nowMs();
    for (const socket of open)
      if (socket.opensUntilMs <= nowMs) socket.close(CLOSE_REVOKED, 'the token has ended');
      else socket.ping();
  });
  const revoked = new Revoked(deps.bus, ids => {
    for (const socket of open)
      if (socket.credentialId !== null && ids.has(socket.credentialId))
        socket.close(CLOSE_REVOKED, 'signed out');
  });
  let isClosing = false;

  async function admit(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    seats.take(stream, callers.placeOf(request));
    const viewer = await identify(request, accounts, config.publicUrl);
    if (viewer) seats.belongs(stream, viewer.id);
    if (isClosing) throw new Refusal('unavailable');
    if (viewer && revoked.has(viewer.credential.id)) throw new Refusal('sign-in-required');
    wss.handleUpgrade(request, stream, head, ws => {
      const socket = new ClientSocket(String(++stats.opened), ws, stream, viewer, socketDeps);
      open.add(socket);
      ws.once('close', () => open.delete(socket));
    });
  }

  return {
    stats,
    get sockets() {
      return seats.taken;
    },
    get topics() {
      return topics.size;
    },
    handleUpgrade(request, stream, head) {
      stream.on('error', ignoreError);
      admit(request, stream, head).catch(cause => {
        stats.refused++;
        if (!(cause instanceof Refusal)) log.error({ err: cause }, 'a socket could not be opened');
        refuseUpgrade(stream, cause instanceof Refusal ? cause : new Refusal('internal'));
      });
    },
    async close() {
      isClosing = true;
      pinging.cancel();
      await revoked.close();
      const closing = [...open];
      await topics.flush();
      for (const socket of closing) socket.close(CLOSE_RESTART, 'the server stops, or starts again');
      // Who does not answer is cut off: the next process waits for this one's end.
      const cut = clock.after(CLOSE_RESTART_MS, () => {
        for (const socket of closing) socket.cut();
      });
      await Promise.all(closing.map(socket => socket.gone));
      cut.cancel();
    },
  };
}
