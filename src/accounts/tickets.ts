import type { Clock } from '#base/clock.ts';
import type { Ids } from '#base/ids.ts';
import type { Viewer } from './types.ts';

export const TICKET_LIFE_MS = 60_000;
/** Tickets that wait for their socket; beyond it the oldest goes. */
export const TICKETS_MAX = 10_000;

export interface SocketTicket {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Single-use tickets for a WebSocket, which cannot carry a header. They live in memory: a restart forgets them. */
export class SocketTickets {
  readonly #clock: Clock;
  readonly #ids: Ids;
  /** In the order of their making, which is the order of their expiry. */
  readonly #waiting = new Map<string, { viewer: Viewer; dueMs: number }>();

  constructor(clock: Clock, ids: Ids) {
    this.#clock = clock;
    this.#ids = ids;
  }

  create(viewer: Viewer): SocketTicket {
    this.#forgetExpired();
    if (this.#waiting.size >= TICKETS_MAX) this.#waiting.delete(this.#waiting.keys().next().value!);
    const token = this.#ids.secret();
    this.#waiting.set(token, { viewer, dueMs: this.#clock.monotonicMs() + TICKET_LIFE_MS });
    return { token, expiresAtMs: this.#clock.nowMs() + TICKET_LIFE_MS };
  }

  /** Whose ticket it is; null when it is unknown, used or expired. */
  redeem(token: string): Viewer | null {
    this.#forgetExpired();
    const ticket = this.#waiting.get(token);
    this.#waiting.delete(token);
    return ticket?.viewer ?? null;
  }

  #forgetExpired(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [token, { dueMs }] of this.#waiting) {
      if (dueMs > nowMs) return;
      this.#waiting.delete(token);
    }
  }
}
