import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Viewer } from '#accounts/index.ts';
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { TokenBuckets } from '#base/token-bucket.ts';
import { type ErrorCode, Refusal } from '#contract/errors.ts';
import { type ClientFrame, TOPICS_PER_SOCKET_MAX } from '#contract/socket/frames.ts';
import type { Live } from '#live/index.ts';
import { parseClientFrame, parseTopic, type TopicName } from './client-frame.ts';
import {
  BAD_FRAMES_MAX,
  CLOSE_MS,
  CLOSE_POLICY,
  CLOSE_TOO_SLOW,
  SOCKET_BACKLOG_BYTES_MAX,
} from './limits.ts';
import { Membership } from './membership.ts';
import { encodeFrame } from './text-frame.ts';
import type { Topics } from './topics.ts';

/** Counts since the start, for the metrics. */
export interface SocketStats {
  opened: number;
  refused: number;
  /** Frames that were not ours, or too many. */
  badFrames: number;
  /** Sockets that did not read what was sent. */
  tooSlow: number;
  /** Sockets that did not answer a ping. */
  silent: number;
}

export interface ClientSocketDeps {
  readonly topics: Topics;
  readonly room: Live['room'];
  readonly frames: TokenBuckets;
  readonly stats: SocketStats;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One open WebSocket, who is behind it, and the topics it is in. */
export class ClientSocket {
  /** Resolves when the connection is closed. */
  readonly gone: Promise<void>;
  readonly #id: string;
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  readonly #viewer: Viewer | null;
  readonly #deps: ClientSocketDeps;
  readonly #memberships = new Map<string, Membership>();
  #badFrames = 0;
  #isAlive = true;

  /** `stream` is what `ws` writes to: frames that many sockets share are written past it, encoded once. */
  constructor(id: string, ws: WebSocket, stream: Duplex, viewer: Viewer | null, deps: ClientSocketDeps) {
    this.#id = id;
    this.#ws = ws;
    this.#stream = stream;
    this.#viewer = viewer;
    this.#deps = deps;
    const gone = Promise.withResolvers<void>();
    this.gone = gone.promise;
    ws.on('message', (data, isBinary) => this.#receive(data, isBinary));
    ws.on('pong', () => {
      this.#isAlive = true;
    });
    // ws closes by itself with the fitting code: 1009 for a frame that is too large.
    ws.on('error', () => this.#deps.stats.badFrames++);
    ws.on('close', () => {
      this.#leaveAll();
      gone.resolve();
    });
  }

  /** The sign-in session or token that it was opened with; null for a stranger. */
  get credentialId(): string | null {
    return this.#viewer?.credential.id ?? null;
  }

  /** When the token that it was opened with ends, milliseconds since the epoch. */
  get opensUntilMs(): number {
    const expiresAt = this.#viewer?.credential.expiresAt ?? null;
    return expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
  }

  get isOpen(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  write(bytes: Buffer): void {
    if (!this.isOpen) return;
    if (this.#stream.writableLength > SOCKET_BACKLOG_BYTES_MAX) {
      this.#deps.stats.tooSlow++;
      this.close(CLOSE_TOO_SLOW, 'too slow');
      return;
    }
    this.#stream.write(bytes);
  }

  written(bytes: Buffer): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    // Called with an error, too, when the connection goes before the bytes.
    return new Promise(resolve => this.#stream.write(bytes, () => resolve()));
  }

  /** Closes with a code; a client that does not answer is cut off. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.#ws.close(code, reason);
    this.#leaveAll();
    this.#deps.clock.after(CLOSE_MS, () => this.#ws.terminate());
  }

  /** Without a word. */
  cut(): void {
    this.#ws.terminate();
  }

  /** Asks whether the client is there; one that did not answer the last time is cut off. */
  ping(): void {
    if (!this.isOpen) return;
    if (!this.#isAlive) {
      this.#deps.stats.silent++;
      this.#ws.terminate();
      return;
    }
    this.#isAlive = false;
    this.#ws.ping();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return;
    if (this.#deps.frames.take(this.#id) > 0) {
      this.#bad('too-many-requests', 'Too many frames.');
      return;
    }
    const frame = isBinary ? null : parseClientFrame(data.toString());
    if (!frame) this.#bad('invalid-request', 'A frame is JSON with op, topic and perhaps after.');
    else if (frame.op === 'leave') this.#leave(frame.topic);
    else void this.#join(frame);
  }

  async #join({ topic, after }: Extract<ClientFrame, { op: 'join' }>): Promise<void> {
    if (this.#memberships.has(topic)) return;
    const membership = new Membership(this);
    try {
      const name = this.#admit(topic);
      this.#memberships.set(topic, membership);
      if (name.kind === 'room') {
        const presence = await this.#deps.room.enter(name.id, this.#viewer?.id ?? null);
        membership.add(() => presence.close());
      }
      membership.add(await this.#deps.topics.join(topic, membership, after));
    } catch (cause) {
      membership.leave();
      if (this.#memberships.get(topic) === membership) this.#memberships.delete(topic);
      this.#refuse(topic, cause);
    }
  }

  /** Whether this socket may ask for the topic at all. */
  #admit(topic: string): TopicName {
    const name = parseTopic(topic);
    if (!name) throw new Refusal('not-found', 'Topics are user:{id} and room:{id}.');
    if (this.#memberships.size >= TOPICS_PER_SOCKET_MAX)
      throw new Refusal('too-many-requests', `A socket joins at most ${TOPICS_PER_SOCKET_MAX} topics.`);
    if (name.kind === 'user' && !this.#viewer) throw new Refusal('sign-in-required');
    if (name.kind === 'user' && name.id !== this.#viewer?.id)
      throw new Refusal('not-allowed', 'This is the topic of somebody else.');
    return name;
  }

  #refuse(topic: string, cause: unknown): void {
    const refusal = cause instanceof Refusal ? cause : new Refusal('internal');
    if (refusal !== cause) this.#deps.log.error({ err: cause, topic }, 'a topic could not be joined');
    this.#tell(topic, refusal.code, refusal.message);
  }

  #bad(code: ErrorCode, detail: string): void {
    this.#deps.stats.badFrames++;
    this.#tell('', code, detail);
    if (++this.#badFrames > BAD_FRAMES_MAX) this.close(CLOSE_POLICY, 'too many bad frames');
  }

  #tell(topic: string, code: ErrorCode, detail: string): void {
    this.write(encodeFrame({ topic, seq: 0, events: [{ type: 'error', code, detail }] }));
  }

  #leave(topic: string): void {
    this.#memberships.get(topic)?.leave();
    this.#memberships.delete(topic);
  }

  #leaveAll(): void {
    for (const topic of [...this.#memberships.keys()]) this.#leave(topic);
  }
}
