import { createSocket } from 'node:dgram';
import ndc from 'node-datachannel';
import { type Clock, systemClock } from '#base/clock.ts';
import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';
import type { Rtc, RtcEvents, RtcOffered, RtcRemote, RtcTransport } from '#ports/rtc.ts';
import { enterLibrary, leaveLibrary } from './library.ts';
import { LibdatachannelTransport } from './transport.ts';

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
  readonly #transports = new Set<LibdatachannelTransport>();
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

  async accept(
    remote: RtcRemote,
    direction: 'recvonly' | 'sendonly',
    events: RtcEvents,
  ): Promise<RtcTransport> {
    return this.#open(direction, remote, events);
  }

  async offer(direction: 'recvonly' | 'sendonly', events: RtcEvents): Promise<RtcOffered> {
    return this.#open(direction, null, events);
  }

  #open(
    direction: 'recvonly' | 'sendonly',
    remote: RtcRemote | null,
    events: RtcEvents,
  ): LibdatachannelTransport {
    if (this.#closed) throw new Fault('the UDP port is closed');
    const transport = new LibdatachannelTransport(remote, direction, events, {
      name: `${direction}-${++this.#count}`,
      port: this.port,
      bind: this.#options.bind,
      hosts: this.#options.hosts ?? [],
      clock: this.#options.clock ?? systemClock,
      log: this.#options.log,
      closed: (gone, freed) => this.#forget(gone, freed),
    });
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

  #forget(transport: LibdatachannelTransport, freed: Promise<void>): void {
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
