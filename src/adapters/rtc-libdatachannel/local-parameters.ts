import { Fault } from '#base/fault.ts';
import type { RtcLocal } from '#ports/rtc.ts';

/** RFC 8445 section 5.1.2.1: type preference of host candidates (126) and component 1; the local part is filled in. */
const hostPriority = (localPreference: number) => 126 * 2 ** 24 + localPreference * 2 ** 8 + 255;

const LOCAL_PREFERENCE_MAX = 65_535;

/**
 * Takes our ICE and DTLS parameters out of libdatachannel's own description. `hosts`, when given, are announced instead of this
 * machine's own addresses; with none of either, loopback is, so that a machine without a network can be used by itself.
 */
export function readLocalParameters(description: string, port: number, hosts: readonly string[]): RtcLocal {
  const attribute = (name: string): string => {
    const value = new RegExp(`^a=${name}:(.*)$`, 'm').exec(description)?.[1]?.trim();
    if (!value) throw new Fault(`libdatachannel's description has no ${name}`);
    return value;
  };
  const own = [...description.matchAll(/^a=(candidate:.*)$/gm)].map(match => match[1]!.trim());
  const announced = hosts.length > 0 || own.length === 0 ? announce(hosts, port) : own;
  const setup = attribute('setup');
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive')
    throw new Fault(`libdatachannel sets up DTLS as ${setup}`);
  return {
    iceUfrag: attribute('ice-ufrag'),
    icePwd: attribute('ice-pwd'),
    fingerprint: attribute('fingerprint'),
    setup,
    candidates: announced,
  };
}

function announce(hosts: readonly string[], port: number): string[] {
  const addresses = hosts.length > 0 ? hosts : ['127.0.0.1', '::1'];
  return addresses.map(
    (address, i) =>
      `candidate:${i + 1} 1 UDP ${hostPriority(LOCAL_PREFERENCE_MAX - i)} ${address} ${port} typ host`,
  );
}
