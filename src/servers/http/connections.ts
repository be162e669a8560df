import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { placeOf } from '#base/address.ts';
import type { Callers } from '#base/callers.ts';
import type { Clock, Timer } from '#base/clock.ts';
import { FairPlaces } from '#base/fair-places.ts';
import type { FairTurns } from '#base/fair-turns.ts';
import { afterBody } from './body.ts';
import { HEAD_MS, PIPELINED_MAX, READ_BYTES_PER_S_MIN, READ_MS, SWEEP_MS } from './limits.ts';

/** What a connection has shown of itself, the least first: no request yet, one that was answered, one that is in hand. */
const RANKS = ['silent', 'idle', 'busy'] as const;
type Rank = (typeof RANKS)[number];

/** Counts since the start, for the metrics: connections that were closed, by reason. */
export interface ConnectionStats {
  /** To make room. */
  crowded: number;
  silent: number;
  /** They did not read what was sent. */
  slow: number;
  /** More requests ahead of their answers than there is any use for. */
  pipelined: number;
}

export interface ConnectionsDeps {
  readonly callers: Callers;
  readonly clock: Clock;
  /** For the requests. */
  readonly turns: FairTurns;
  /** Connections at once; at least one. */
  readonly max: number;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly begin: () => void;
}

interface Connection {
  readonly socket: Socket;
  /** Null while it is nobody's: a proxy's, that carries many. */
  rank: Rank | null;
  response: ServerResponse | null;
  isUpgraded: boolean;
  /** Of its rank, or of the last time that everything sent was taken. */
  sinceMs: number;
  readonly waiting: Asked[];
}

/** The TCP connections of one HTTP server, from their first to their last byte. */
export class Connections {
  readonly stats: ConnectionStats = { crowded: 0, silent: 0, slow: 0, pipelined: 0 };
  readonly #deps: ConnectionsDeps;
  readonly #connections = new Map<Socket, Connection>();
  readonly #ranks: Readonly<Record<Rank, FairPlaces<Connection>>> = {
    silent: new FairPlaces(Number.POSITIVE_INFINITY),
    idle: new FairPlaces(Number.POSITIVE_INFINITY),
    busy: new FairPlaces(Number.POSITIVE_INFINITY),
  };
  readonly #timer: Timer;

  constructor(server: Server, deps: ConnectionsDeps) {
    this.#deps = deps;
    this.#timer = deps.clock.every(SWEEP_MS, () => this.#sweep());
    server.on('connection', socket => this.#opened(socket));
  }

  get open(): number {
    return this.#connections.size;
  }

  close(): void {
    this.#timer.cancel();
  }

  /** Begins a request when the one before it on its connection is answered, its body is there, and its address has its turn. */
  take(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    const connection = this.#connections.get(request.socket) ?? this.#opened(request.socket);
    const asked = { request, response, begin };
    if (connection.response === null) this.#begin(connection, asked);
    else if (connection.waiting.length < PIPELINED_MAX) {
      connection.waiting.push(asked);
      request.socket.pause();
    } else this.#refuseMore(connection);
  }

  /** A connection that is a WebSocket now has its own patience. */
  upgraded(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    connection.isUpgraded = true;
    this.#move(connection, 'busy');
  }

  #opened(socket: Socket): Connection {
    const sinceMs = this.#deps.clock.monotonicMs();
    const connection: Connection = {
      ...{ socket, rank: 'silent', response: null, isUpgraded: false, sinceMs, waiting: [] },
    };
    this.#connections.set(socket, connection);
    this.#ranks.silent.enter(connection, placeOf(socket.remoteAddress ?? ''));
    socket.once('close', () => this.#gone(connection));
    socket.on('drain', () => {
      connection.sinceMs = this.#deps.clock.monotonicMs();
    });
    if (this.#connections.size > this.#deps.max) this.#makeRoom(connection);
    return connection;
  }

  #gone(connection: Connection): void {
    this.#connections.delete(connection.socket);
    if (connection.rank) this.#ranks[connection.rank].leave(connection);
    connection.waiting.length = 0;
  }

  #begin(connection: Connection, { request, response, begin }: Asked): void {
    const { callers, turns } = this.#deps;
    connection.response = response;
    this.#move(connection, callers.isForwarded(request) ? null : 'busy');
    response.once('close', () => this.#answered(connection));
    afterBody(request, () => {
      turns.take(callers.placeOf(request), done => {
        if (!request.socket.destroyed) begin();
        // How fast it is read is not our work any more.
        if (request.socket.destroyed || waits(request) || response.writableEnded) done();
        else response.once('prefinish', done).once('close', done);
      });
    });
  }

  #answered(connection: Connection): void {
    connection.response = null;
    if (connection.socket.destroyed) return;
    const next = connection.waiting.shift();
    if (next) {
      this.#begin(connection, next);
      return;
    }
    this.#move(connection, connection.rank === null ? null : 'idle');
    if (connection.socket.isPaused()) connection.socket.resume();
  }

  #move(connection: Connection, rank: Rank | null): void {
    connection.sinceMs = this.#deps.clock.monotonicMs();
    if (connection.rank === rank) return;
    if (connection.rank) this.#ranks[connection.rank].leave(connection);
    connection.rank = rank;
    if (rank) this.#ranks[rank].enter(connection, placeOf(connection.socket.remoteAddress ?? ''));
  }

  /** A chunk of the wire may hold thousands more, which need not even be parsed. */
  #refuseMore(connection: Connection): void {
    const { parser } = connection.socket as Socket & { parser?: { onIncoming: () => number } | null };
    // As for an upgrade (2): what follows is not HTTP any more.
    if (parser) parser.onIncoming = () => 2;
    this.#cut(connection, 'pipelined');
  }

  /** The newcomer itself, where everybody else has shown more and his address has as many as any. */
  #makeRoom(newcomer: Connection): void {
    const { silent, idle, busy } = this.#ranks;
    const least = silent.size > 1 ? silent.heaviest() : (idle.heaviest() ?? busy.heaviest());
    this.#cut(least ?? newcomer, 'crowded');
  }

  #sweep(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const connection of this.#connections.values()) {
      const { rank, sinceMs, response, isUpgraded, socket } = connection;
      if (isUpgraded) continue;
      if (rank === 'silent' && nowMs - sinceMs > HEAD_MS) this.#cut(connection, 'silent');
      const unread = response?.writableLength ?? socket.writableLength;
      if (unread === 0) connection.sinceMs = rank === 'silent' ? sinceMs : nowMs;
      else if (nowMs - sinceMs > READ_MS + (unread * 1000) / READ_BYTES_PER_S_MIN)
        this.#cut(connection, 'slow');
    }
  }

  #cut(connection: Connection, reason: keyof ConnectionStats): void {
    if (connection.socket.destroyed) return;
    this.stats[reason]++;
    connection.socket.destroy();
  }
}

/** Whether what it does next may be to wait: for a part, for the block before, for room. Such have places and turns of their own. */
function waits({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/hls/') || url.startsWith('/whep/') || url === '/healthz';
}
