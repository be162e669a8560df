import { type Networks, NOWHERE, type Place, placeOf } from './address.ts';

/** What is looked at of an HTTP request. */
export interface Asked {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Proxies in a row that are followed back; who stands before more of them is the last of these. */
const HOPS_MAX = 8;
/** Places that are remembered: everybody asks many times. */
const KNOWN_MAX = 8192;

/** Who asks: the one notion of an address that every listener shares. */
export class Callers {
  readonly #proxies: Networks;
  readonly #known = new Map<string, Place>();

  /** `proxies` are believed when they say by `X-Forwarded-For` for whom they ask. */
  constructor(proxies: Networks) {
    this.#proxies = proxies;
  }

  placeOf(request: Asked): Place {
    return this.#placeOf(this.addressOf(request));
  }

  /**
   * The address that asks: of the connection, or, while that is a proxy's, what the proxy wrote last into `X-Forwarded-For`.
   * Everything before the first address that is no proxy's is only a claim.
   */
  addressOf({ socket, headers }: Asked): string {
    let address = socket.remoteAddress ?? '';
    const forwarded = String(headers['x-forwarded-for'] ?? '');
    let end = forwarded.length;
    for (let hop = 0; hop < HOPS_MAX && end > 0 && this.#proxies.has(address); hop++) {
      const comma = forwarded.lastIndexOf(',', end - 1);
      address = bare(forwarded.slice(Math.max(comma + 1, end - ENTRY_MAX), end).trim());
      end = comma;
    }
    return address;
  }

  /** Whether a proxy asks for somebody else. Its connection is shared by many, so that it is nobody's. */
  isForwarded({ socket, headers }: Asked): boolean {
    return headers['x-forwarded-for'] !== undefined && this.#proxies.has(socket.remoteAddress ?? '');
  }

  #placeOf(address: string): Place {
    let place = this.#known.get(address);
    if (!place) {
      place = placeOf(address);
      if (place === NOWHERE) return place;
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      this.#known.set(address, place);
    }
    return place;
  }
}

/** Longest entry that is looked at: an address in brackets with a port and spaces around it. */
const ENTRY_MAX = 96;

/** Some proxies add the port: `192.0.2.7:5000`, `[2001:db8::7]:5000`. */
function bare(entry: string): string {
  if (entry.startsWith('[')) return entry.slice(1, Math.max(entry.indexOf(']'), 1));
  const colon = entry.indexOf(':');
  return colon >= 0 && colon === entry.lastIndexOf(':') ? entry.slice(0, colon) : entry;
}
