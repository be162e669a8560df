import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Accounts, Viewer } from '#accounts/index.ts';
import { problemOf, Refusal } from '#contract/errors.ts';
import { SOCKETS_MAX, SOCKETS_PER_ADDRESS_MAX } from './limits.ts';

export type SocketAccounts = Pick<Accounts, 'authenticate' | 'redeemSocketTicket'>;

/**
 * Who opens a socket: by ticket, token or cookie; null for a stranger, who may join rooms. Refuses a cookie that a page of
 * another origin brings along (browsers let any page open a WebSocket), and a ticket or token that is not good.
 */
export async function identify(
  request: IncomingMessage,
  accounts: SocketAccounts,
  publicUrl: string | null,
): Promise<Viewer | null> {
  const ticket = new URLSearchParams(request.url?.split('?')[1]).get('token');
  if (ticket !== null) return known(accounts.redeemSocketTicket(ticket), 'The ticket is used up or too old.');
  const { cookie, authorization } = request.headers;
  if (authorization !== undefined)
    return known(await accounts.authenticate({ authorization }), 'The token is not a personal access token.');
  if (cookie === undefined) return null;
  if (isForeign(request, publicUrl)) throw new Refusal('not-allowed', 'This page is not part of this site.');
  return accounts.authenticate({ cookie });
}

function known(viewer: Viewer | null, detail: string): Viewer {
  if (!viewer) throw new Refusal('sign-in-required', detail);
  return viewer;
}

function isForeign({ headers }: IncomingMessage, publicUrl: string | null): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origin === publicUrl) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/** Counts open sockets, altogether and by address. */
export class Seats {
  readonly #byAddress = new Map<string, number>();
  #taken = 0;

  get taken(): number {
    return this.#taken;
  }

  /** Takes a seat and gives what frees it, once. Refuses with `too-many-requests` and `unavailable`. */
  take(address: string): () => void {
    const count = this.#byAddress.get(address) ?? 0;
    if (this.#taken >= SOCKETS_MAX) throw new Refusal('unavailable', 'All seats are taken.', 10);
    if (count >= SOCKETS_PER_ADDRESS_MAX)
      throw new Refusal(
        'too-many-requests',
        `One address opens at most ${SOCKETS_PER_ADDRESS_MAX} sockets.`,
        10,
      );
    this.#taken++;
    this.#byAddress.set(address, count + 1);
    let isFreed = false;
    return () => {
      if (isFreed) return;
      isFreed = true;
      this.#free(address);
    };
  }

  #free(address: string): void {
    this.#taken--;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }
}

/** Answers an upgrade that is refused as any other request is (RFC 9457), and closes. */
export function refuseUpgrade(stream: Duplex, refusal: Refusal): void {
  if (!stream.writable) return;
  const problem = problemOf(refusal);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(refusal.retryAfterS === undefined ? [] : [`Retry-After: ${Math.ceil(refusal.retryAfterS)}`]),
  ];
  stream.once('finish', () => stream.destroy());
  stream.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
