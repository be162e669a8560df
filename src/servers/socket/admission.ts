import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Accounts, Viewer } from '#accounts/index.ts';
import type { Place } from '#base/address.ts';
import { FairPlaces } from '#base/fair-places.ts';
import type { AccountId } from '#base/ids.ts';
import { problemOf, Refusal } from '#contract/errors.ts';
import { SOCKETS_MAX } from './limits.ts';

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
  if (ticket !== null)
    return known(await accounts.redeemSocketTicket(ticket), 'The ticket is used up or too old.');
  const { cookie, authorization } = request.headers;
  if (authorization !== undefined) return bearer(await accounts.authenticate({ authorization }));
  if (cookie === undefined) return null;
  if (isForeign(request, publicUrl)) throw new Refusal('not-allowed', 'This page is not part of this site.');
  return accounts.authenticate({ cookie });
}

function bearer(given: Viewer | null): Viewer {
  const viewer = known(given, 'The token is not a personal access token.');
  if (!viewer.credential.scopes.includes('read'))
    throw new Refusal('scope-missing', 'A socket needs a token with the scope `read`.');
  return viewer;
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

/**
 * The seats of open sockets. One address may have as many as it likes while there are any; when there are none, who has
 * few gets the oldest of the address that has most.
 */
export class Seats {
  readonly #seats: FairPlaces<Duplex>;

  constructor(max = SOCKETS_MAX) {
    this.#seats = new FairPlaces(max);
  }

  get taken(): number {
    return this.#seats.size;
  }

  /** Takes a seat until the stream is closed, perhaps from another one, which is cut. Refuses with `busy`. */
  take(stream: Duplex, place: Place): void {
    const entry = this.#seats.enter(stream, place);
    if (!entry.isIn) throw new Refusal('busy', 'All seats are taken, many of them from your address.', 10);
    stream.once('close', () => this.#seats.leave(stream));
    entry.evicted?.destroy();
  }

  /** Who is signed in has his seats as that account, wherever he sits: nobody beside him uses them up. */
  belongs(stream: Duplex, accountId: AccountId): void {
    this.#seats.move(stream, { near: `account ${accountId}`, wide: null });
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
