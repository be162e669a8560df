import { isIP } from 'node:net';
import path from 'node:path';
import { LOOPBACK, Networks } from '#base/address.ts';

/** What the operator decides. Every field comes from one environment variable; see docs/guide/configuration.md. */
export interface Config {
  /** SKYLARK_HOST: the address to listen on. */
  readonly host: string;
  /** SKYLARK_PORT: TCP port of HTTP and WebSocket; 0 takes a free one. */
  readonly port: number;
  /** SKYLARK_DATA: folder of the database, recordings and the secret. */
  readonly dataDirectory: string;
  /** SKYLARK_PUBLIC_URL: origin that people use, without a trailing slash; null: whatever address they came by. */
  readonly publicUrl: string | null;
  /** SKYLARK_RTC_PORT: the one UDP port of WebRTC; 0 takes a free one. */
  readonly rtcPort: number;
  /** SKYLARK_RTC_BIND: the address that WebRTC listens on; null: all of this machine's. */
  readonly rtcBind: string | null;
  /** SKYLARK_RTC_HOSTS: addresses announced to browsers instead of this machine's own. */
  readonly rtcHosts: readonly string[];
  /** SKYLARK_TRUSTED_PROXIES: addresses and networks whose `X-Forwarded-For` is believed; null: loopback, nothing was set. */
  readonly trustedProxies: readonly string[] | null;
  /** SKYLARK_METRICS_TOKEN: opens `/metrics` to who is not on this machine; null: nobody else. */
  readonly metricsToken: string | null;
  /** SKYLARK_DATABASE_URL: PostgreSQL instead of the SQLite file in the data folder. */
  readonly databaseUrl: string | null;
  /** SKYLARK_LOG: least level that is logged. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Stops the start; the message names the variable and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

function isLoopback(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  return host === 'localhost' || (Networks.parse(LOOPBACK)?.has(address) ?? false);
}

/** Whether others than who started the server may reach it: then the first account is not for whoever comes first. */
export function isOpenToOthers({ host, publicUrl, trustedProxies }: Config): boolean {
  return (
    !isLoopback(host) ||
    (publicUrl !== null && !isLoopback(new URL(publicUrl).hostname)) ||
    trustedProxies !== null
  );
}

type Environment = Readonly<Record<string, string | undefined>>;

const variables: Readonly<Record<string, keyof Config>> = {
  SKYLARK_HOST: 'host',
  SKYLARK_PORT: 'port',
  SKYLARK_DATA: 'dataDirectory',
  SKYLARK_PUBLIC_URL: 'publicUrl',
  SKYLARK_RTC_PORT: 'rtcPort',
  SKYLARK_RTC_BIND: 'rtcBind',
  SKYLARK_RTC_HOSTS: 'rtcHosts',
  SKYLARK_TRUSTED_PROXIES: 'trustedProxies',
  SKYLARK_METRICS_TOKEN: 'metricsToken',
  SKYLARK_DATABASE_URL: 'databaseUrl',
  SKYLARK_LOG: 'logLevel',
};

/** Names of a larger installation than this version can be part of: half a cluster would lose what people do. */
const ofClusters: Readonly<Record<string, string>> = {
  SKYLARK_REDIS_URL: 'there is no shared bus yet: every process hears what happens in it alone',
  SKYLARK_S3_URL: 'recordings are kept in the data folder of the process that makes them',
};

/** Reads and checks every `SKYLARK_` variable; one that is not known is an error, so that a typing slip is not silence. */
export function readConfig(environment: Environment): Config {
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('SKYLARK_') || name.startsWith('SKYLARK_TEST_') || name in variables) continue;
    if (name in ofClusters) throw new ConfigError(`${name} is set, but ${ofClusters[name]}.`);
    throw new ConfigError(
      `${name} is not a variable of Skylark. Known: ${Object.keys(variables).join(', ')}.`,
    );
  }
  const value = (name: string) => environment[name]?.trim() || undefined;
  return {
    host: value('SKYLARK_HOST') ?? '127.0.0.1',
    port: portOf('SKYLARK_PORT', value('SKYLARK_PORT'), 8080),
    dataDirectory: path.resolve(value('SKYLARK_DATA') ?? 'data'),
    publicUrl: publicUrlOf(value('SKYLARK_PUBLIC_URL')),
    rtcPort: portOf('SKYLARK_RTC_PORT', value('SKYLARK_RTC_PORT'), 8189),
    rtcBind: addressOf('SKYLARK_RTC_BIND', value('SKYLARK_RTC_BIND')),
    rtcHosts: hostsOf(value('SKYLARK_RTC_HOSTS')),
    trustedProxies: proxiesOf(value('SKYLARK_TRUSTED_PROXIES')),
    metricsToken: metricsTokenOf(value('SKYLARK_METRICS_TOKEN')),
    databaseUrl: databaseUrlOf(value('SKYLARK_DATABASE_URL')),
    logLevel: logLevelOf(value('SKYLARK_LOG')),
  };
}

function refuse(name: string, given: string, expected: string): never {
  throw new ConfigError(`${name} is "${given}"; expected ${expected}.`);
}

function portOf(name: string, given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  const port = Number(given);
  if (!/^\d+$/.test(given) || port > 65_535) refuse(name, given, 'a port from 0 to 65535');
  return port;
}

function urlOf(given: string): URL | null {
  return URL.canParse(given) ? new URL(given) : null;
}

function publicUrlOf(given: string | undefined): string | null {
  if (given === undefined) return null;
  const url = urlOf(given);
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash;
  if (!isOrigin)
    refuse('SKYLARK_PUBLIC_URL', given, 'an origin like https://skylark.example.org, without a path');
  return url.origin;
}

function addressOf(name: string, given: string | undefined): string | null {
  if (given === undefined) return null;
  if (isIP(given) === 0) refuse(name, given, 'an IP address');
  return given;
}

function hostsOf(given: string | undefined): string[] {
  const hosts = (given ?? '').split(',').map(host => host.trim());
  if (given === undefined) return [];
  for (const host of hosts)
    if (isIP(host) === 0) refuse('SKYLARK_RTC_HOSTS', given, 'IP addresses, separated by commas');
  return hosts;
}

function proxiesOf(given: string | undefined): string[] | null {
  if (given === undefined) return null;
  if (given === 'none') return [];
  const proxies = given.split(',').map(proxy => proxy.trim());
  if (!Networks.parse(proxies))
    refuse(
      'SKYLARK_TRUSTED_PROXIES',
      given,
      'addresses or networks like 10.0.0.0/8, separated by commas, or none',
    );
  return proxies;
}

function metricsTokenOf(given: string | undefined): string | null {
  if (given === undefined) return null;
  if (!/^[\w.~+/=-]{16,512}$/.test(given))
    refuse('SKYLARK_METRICS_TOKEN', '(hidden)', '16 to 512 letters, digits and . _ ~ + / = -');
  return given;
}

/** Who is believed to ask for somebody else. */
export function trustedNetworks({ trustedProxies }: Pick<Config, 'trustedProxies'>): Networks {
  const networks = Networks.parse(trustedProxies ?? LOOPBACK);
  if (!networks) throw new ConfigError('SKYLARK_TRUSTED_PROXIES was not checked.');
  return networks;
}

function databaseUrlOf(given: string | undefined): string | null {
  if (given === undefined) return null;
  if (!/^postgres(ql)?:$/.test(urlOf(given)?.protocol ?? ''))
    refuse('SKYLARK_DATABASE_URL', '(hidden)', 'postgres://user:password@host:port/database');
  return given;
}

function logLevelOf(given: string | undefined): Config['logLevel'] {
  if (given === undefined) return 'info';
  if (given === 'debug' || given === 'info' || given === 'warn' || given === 'error') return given;
  return refuse('SKYLARK_LOG', given, 'debug, info, warn or error');
}
