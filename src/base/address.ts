/**
 * IP addresses as text, as limits see them. Pure text: nothing is looked up. What is no address is counted under one name,
 * so that nobody gets a bucket of his own by making names up.
 */

/** The longest way to write an address, with a zone and a port around it. */
const TEXT_MAX = 72;

/** An address in groups of sixteen bits: two for IPv4, eight for IPv6. */
type Groups = readonly number[];

/** Whose a request is, as limits and places see it. */
export interface Place {
  /** The address of IPv4; the /64 of IPv6, which is the least that one subscriber has. */
  readonly near: string;
  /** The /48 of IPv6, which one subscriber may have as well, or a whole campus; null for IPv4. */
  readonly wide: string | null;
}

/** A /48 may take as much as so many /64s. */
export const WIDE_SHARE = 16;

/** For a connection whose other end is not known any more, and for text that is no address. */
export const NOWHERE: Place = { near: 'unknown', wide: null };

/** IPv6 that carries IPv4 (RFC 4291 section 2.5.5.2) is IPv4. */
export function placeOf(address: string): Place {
  const groups = groupsOf(address);
  if (!groups) return NOWHERE;
  if (groups.length === 2) return { near: textOfIpv4(groups), wide: null };
  const hex = groups.map(group => group.toString(16));
  return { near: `${hex.slice(0, 4).join(':')}::/64`, wide: `${hex.slice(0, 3).join(':')}::/48` };
}

/** A set of addresses and networks (`192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`). */
export class Networks {
  readonly #networks: readonly { groups: Groups; bits: number }[];

  private constructor(networks: readonly { groups: Groups; bits: number }[]) {
    this.#networks = networks;
  }

  /** Null when one of them is no address or network. */
  static parse(entries: readonly string[]): Networks | null {
    const networks = entries.map(networkOf);
    return networks.includes(null) ? null : new Networks(networks.filter(network => network !== null));
  }

  has(address: string): boolean {
    const groups = groupsOf(address);
    return groups !== null && this.#networks.some(network => lies(groups, network.groups, network.bits));
  }
}

export const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1'];

function networkOf(entry: string): { groups: Groups; bits: number } | null {
  const [address = '', size, ...rest] = entry.split('/');
  const groups = groupsOf(address);
  if (!groups || rest.length > 0) return null;
  const bitsMax = groups.length * 16;
  if (size === undefined) return { groups, bits: bitsMax };
  // IPv4 written as IPv6 has its size counted from the front of the IPv6.
  const bits = /^\d{1,3}$/.test(size)
    ? Number(size) - (groups.length === 2 && address.includes(':') ? 96 : 0)
    : -1;
  return bits >= 0 && bits <= bitsMax ? { groups, bits } : null;
}

function lies(groups: Groups, network: Groups, bits: number): boolean {
  if (groups.length !== network.length) return false;
  return network.every((group, i) => {
    const left = Math.min(16, Math.max(0, bits - i * 16));
    return (group ^ groups[i]!) >> (16 - left) === 0;
  });
}

function groupsOf(text: string): Groups | null {
  if (text.length > TEXT_MAX) return null;
  return text.includes(':') ? ipv6(text) : ipv4(text);
}

function ipv4(text: string): Groups | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const bytes = match?.slice(1).map(Number);
  if (!bytes?.every(byte => byte < 256)) return null;
  return [bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!];
}

function ipv6(text: string): Groups | null {
  const zone = text.indexOf('%');
  const [head = '', tail, ...rest] = (zone < 0 ? text : text.slice(0, zone)).split('::');
  const front = colonGroups(head, tail === undefined);
  const back = tail === undefined ? [] : colonGroups(tail, true);
  if (!front || !back || rest.length > 0) return null;
  const zeros = 8 - front.length - back.length;
  if (tail === undefined ? zeros !== 0 : zeros < 1) return null;
  const groups = [...front, ...new Array<number>(zeros).fill(0), ...back];
  const isIpv4 = groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff;
  return isIpv4 ? groups.slice(6) : groups;
}

/** Groups with single colons between them; the last may be written as IPv4 where the address ends. */
function colonGroups(text: string, isEnd: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const dotted = isEnd && i === parts.length - 1 && part.includes('.') ? ipv4(part) : null;
    if (dotted) groups.push(...dotted);
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

function textOfIpv4(groups: Groups): string {
  return groups.map(group => `${group >> 8}.${group & 255}`).join('.');
}
