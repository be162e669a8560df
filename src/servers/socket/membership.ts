import type { Closer } from '#base/dispose.ts';
import type { ClientSocket } from './client-socket.ts';
import type { TopicMember } from './topic.ts';

/** One stay of a socket in a topic, from the join that was asked to the leave. */
export class Membership implements TopicMember {
  readonly #socket: ClientSocket;
  #closers: (() => void | Promise<void>)[] = [];
  #hasLeft = false;

  constructor(socket: ClientSocket) {
    this.#socket = socket;
  }

  get isWanted(): boolean {
    return !this.#hasLeft && this.#socket.isOpen;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  written(bytes: Buffer): Promise<void> {
    return this.#socket.written(bytes);
  }

  /** Closes this when the stay ends; at once when it has ended already. */
  add(closer: Closer['close']): void {
    if (this.#hasLeft) void closer();
    else this.#closers.push(closer);
  }

  leave(): void {
    this.#hasLeft = true;
    for (const close of this.#closers) void close();
    this.#closers = [];
  }
}
