import { createSocket } from 'node:dgram';
import ndc from 'node-datachannel';
import { type Clock, systemClock } from '#base/clock.ts';
import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';
import type { Rtc, RtcAnswerer, RtcEvents, RtcOffered, RtcRemote, RtcTransport } from '#ports/rtc.ts';
import { type Certificate, createCertificate } from './certificate.ts';
import { enterLibrary, leaveLibrary } from './library.ts';
import { Offered } from './offered.ts';
import type { Direction } from './synthetic-offer.ts';
import { type Identity, LibdatachannelTransport, type TransportOptions } from './transport.ts';

export interface LibdatachannelOptions {
  /** The UDP port of every transport; 0 takes a free one. */
  readonly port: number;
  /** The address to listen on; all of them, IPv4 and IPv6, when absent. */
  readonly bind?: string;
  /** Addresses announced to browsers instead of this machine's own. */
  readonly hosts?: readonly string[];
  readonly log: Logger;
  readonly clock?: Clock;
}

export interface LibdatachannelRtc extends Rtc {
  /** The UDP port in use. */
  readonly port: number;
}

/** Opens the UDP port; a `Fault` that names it when it is taken. */
export async function createLibdatachannelRtc(options: LibdatachannelOptions): Promise<LibdatachannelRtc> {
  const port = options.port || (await freeUdpPort(options.bind));
  enterLibrary(options.log);
  try {
    // Holds the port while there are no transports, and takes checks that are meant for none of them.
    const listener = new ndc.IceUdpMuxListener(port, options.bind);
    listener.onUnhandledStunRequest(() => {});
    return new OpenRtc(port, listener, options);
  } catch (cause) {
    leaveLibrary();
    throw new Fault(`UDP port ${port} cannot be opened; is another program using it?`, cause);
  }
}

class OpenRtc implements LibdatachannelRtc {
  readonly port: number;
  readonly #listener: { stop(): void };
  readonly #options: LibdatachannelOptions;
  readonly #transports = new Set<RtcTransport>();
  #certificate: Certificate | null = null;
  /** Of transports that are closed, while something native is left of them. */
  readonly #freeing = new Set<Promise<void>>();
  #count = 0;
  #closed = false;

  constructor(port: number, listener: { stop(): void }, options: LibdatachannelOptions) {
    this.port = port;
    this.#listener = listener;
    this.#options = options;
  }

  get openTransports(): number {
    return this.#transports.size;
  }

  async accept(remote: RtcRemote, direction: Direction, events: RtcEvents): Promise<RtcTransport> {
    return this.#open(remote, direction, events, null);
  }

  async offer(direction: Direction, events: RtcEvents): Promise<RtcOffered> {
    if (this.#closed) throw new Fault('the UDP port is closed');
    this.#certificate ??= createCertificate();
    const offered = new Offered(events, {
      ...this.#common,
      certificate: this.#certificate,
      open: (remote, identity) => this.#open(remote, direction, events, identity),
      closed: over => void this.#transports.delete(over),
    });
    this.#transports.add(offered);
    return offered;
  }

  get #common(): Pick<TransportOptions, 'port' | 'bind' | 'hosts' | 'clock' | 'log'> {
    const { bind, hosts = [], clock = systemClock, log } = this.#options;
    return { port: this.port, bind, hosts, clock, log };
  }

  #open(
    remote: RtcRemote | RtcAnswerer,
    direction: Direction,
    events: RtcEvents,
    identity: Identity | null,
  ): RtcTransport {
    if (this.#closed) throw new Fault('the UDP port is closed');
    const options: TransportOptions = {
      ...this.#common,
      name: `${direction}-${++this.#count}`,
      closed: (gone, freed) => this.#forget(gone, freed),
    };
    const transport = new LibdatachannelTransport(remote, direction, events, options, identity);
    this.#transports.add(transport);
    return transport;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const transport of [...this.#transports]) transport.close();
    await Promise.all(this.#freeing);
    this.#listener.stop();
    leaveLibrary();
  }

  #forget(transport: RtcTransport, freed: Promise<void>): void {
    this.#transports.delete(transport);
    this.#freeing.add(freed);
    void freed.then(() => this.#freeing.delete(freed));
  }
}

/** libdatachannel cannot say which port it took, so one is found first and given to it. */
function freeUdpPort(bind: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(bind && !bind.includes(':') ? 'udp4' : 'udp6');
    socket.once('error', cause => reject(new Fault('no free UDP port', cause)));
    socket.bind(0, bind, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
