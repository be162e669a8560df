import { networkInterfaces } from 'node:os';
import { Fault } from '#base/fault.ts';
import type { RtcLocal } from '#ports/rtc.ts';

/** RFC 8445 section 5.1.2.1: type preference of host candidates (126) and component 1; the local part is filled in. */
const hostPriority = (localPreference: number) => 126 * 2 ** 24 + localPreference * 2 ** 8 + 255;

const LOCAL_PREFERENCE_MAX = 65_535;

export interface Announced {
  readonly port: number;
  readonly bind?: string | undefined;
  /** When given, announced instead of this machine's own addresses. */
  readonly hosts: readonly string[];
}

/** Takes our ICE and DTLS parameters out of libdatachannel's answer. */
export function readLocalParameters(answer: string, announced: Announced): RtcLocal {
  const attribute = (name: string): string => {
    const value = new RegExp(`^a=${name}:(.*)$`, 'm').exec(answer)?.[1]?.trim();
    if (!value) throw new Fault(`libdatachannel's answer has no ${name}`);
    return value;
  };
  return {
    iceUfrag: attribute('ice-ufrag'),
    icePwd: attribute('ice-pwd'),
    fingerprint: attribute('fingerprint'),
    setup: attribute('setup') === 'active' ? 'active' : 'passive',
    candidates: hostCandidates(announced),
  };
}

/**
 * Where checks are taken; loopback on a machine without a network, so that it can be used by itself. IPv4 is written first, whatever the
 * priorities say: some encoders read one line only, and have no IPv6.
 */
export function hostCandidates(
  { port, bind, hosts }: Announced,
  own: readonly string[] = ownAddresses(),
): string[] {
  const named = hosts.length > 0 ? hosts : boundAddresses(bind, own);
  const addresses = named.length > 0 ? named : ['127.0.0.1', '::1'];
  return addresses
    .map((address, i) => ({ address, i }))
    .sort((a, b) => Number(isIpv6(a.address)) - Number(isIpv6(b.address)))
    .map(
      ({ address, i }) =>
        `candidate:${i + 1} 1 UDP ${hostPriority(LOCAL_PREFERENCE_MAX - i)} ${address} ${port} typ host`,
    );
}

const isIpv6 = (address: string): boolean => address.includes(':');

function boundAddresses(bind: string | undefined, own: readonly string[]): readonly string[] {
  if (bind === '0.0.0.0') return own.filter(address => !isIpv6(address));
  return bind === undefined || bind === '::' ? own : [bind];
}

/** IPv6 has the higher priority (RFC 8421 section 4); neither loopback nor link-local, which mean nothing elsewhere (RFC 8445 section 5.1.1.1). */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap(entries => entries ?? [])
    .filter(({ internal, address }) => !internal && !/^(?:169\.254\.|fe[89ab])/i.test(address))
    .map(({ address }) => address)
    .sort((a, b) => Number(isIpv6(b)) - Number(isIpv6(a)));
}
