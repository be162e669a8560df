import { randomBytes } from 'node:crypto';
import type { Timer } from '#base/clock.ts';
import { Fault } from '#base/fault.ts';
import {
  RTC_CONNECT_TIMEOUT_MS,
  type RtcAnswerer,
  type RtcEvents,
  type RtcLocal,
  type RtcOffered,
  type RtcTransport,
} from '#ports/rtc.ts';
import type { Certificate } from './certificate.ts';
import { hostCandidates } from './local-parameters.ts';
import type { Identity, TransportOptions } from './transport.ts';

export interface OfferedOptions extends Pick<TransportOptions, 'port' | 'bind' | 'hosts' | 'clock'> {
  readonly certificate: Certificate;
  open(remote: RtcAnswerer, identity: Identity): RtcTransport;
  /** It is over, unanswered, or `open` is to be called. */
  closed(offered: Offered): void;
}

/**
 * An offer of ours. There is nothing native of it before its answer: libdatachannel would take the checks and the DTLS
 * handshake of who answers before it knows their fingerprint, and refuse them for good. So it decides what it is known
 * by, and is a transport like every other once there is an answer.
 */
export class Offered implements RtcOffered {
  readonly local: RtcLocal;
  readonly #options: OfferedOptions;
  readonly #events: RtcEvents;
  readonly #deadline: Timer;
  #transport: RtcTransport | null = null;
  #isClosed = false;

  constructor(events: RtcEvents, options: OfferedOptions) {
    this.#options = options;
    this.#events = events;
    this.local = {
      iceUfrag: randomBytes(6).toString('hex'),
      icePwd: randomBytes(16).toString('hex'),
      fingerprint: options.certificate.fingerprint,
      setup: 'actpass',
      candidates: hostCandidates(options),
    };
    this.#deadline = options.clock.after(RTC_CONNECT_TIMEOUT_MS, () => this.close());
  }

  answered(remote: RtcAnswerer): void {
    if (this.#isClosed || this.#transport) throw new Fault('the offer is over, or answered already');
    const { iceUfrag, icePwd } = this.local;
    const { certificate } = this.#options;
    try {
      this.#transport = this.#options.open(remote, { iceUfrag, icePwd, certificate });
    } catch (cause) {
      this.close();
      throw cause;
    }
    this.#deadline.cancel();
    this.#options.closed(this);
  }

  get isReached(): boolean {
    return this.#transport?.isReached ?? false;
  }

  send(packet: Uint8Array): boolean {
    return this.#transport?.send(packet) ?? false;
  }

  close(): void {
    if (this.#transport) this.#transport.close();
    else if (!this.#isClosed) this.#leave();
  }

  #leave(): void {
    this.#isClosed = true;
    this.#deadline.cancel();
    this.#options.closed(this);
    this.#events.state('closed');
  }
}
