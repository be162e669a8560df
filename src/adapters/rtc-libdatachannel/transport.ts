import ndc, { type PeerConnection, type Track } from 'node-datachannel';
import type { Clock, Timer } from '#base/clock.ts';
import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';
import {
  RTC_CONNECT_TIMEOUT_MS,
  type RtcAnswerer,
  type RtcEvents,
  type RtcFailure,
  type RtcLocal,
  type RtcRemote,
  type RtcTransport,
} from '#ports/rtc.ts';
import type { Certificate } from './certificate.ts';
import { handshakeError } from './library.ts';
import { readLocalParameters } from './local-parameters.ts';
import { type Direction, writeSyntheticOffer } from './synthetic-offer.ts';

export interface TransportOptions {
  readonly name: string;
  readonly port: number;
  readonly bind: string | undefined;
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** `freed` resolves when nothing native is left of it. */
  closed(transport: LibdatachannelTransport, freed: Promise<void>): void;
}

export interface Identity {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly certificate: Certificate;
}

/**
 * How long native threads may still be inside a callback after a peer was closed. The binding frees a track's callbacks
 * without waiting for them, which ends the process; so they are freed this much later.
 */
export const NATIVE_LINGER_MS = 100;

/** States of libdatachannel that it does not come back from: it has no ICE restart. */
const OVER = new Set(['disconnected', 'failed', 'closed']);

/** One PeerConnection with one track. Native callbacks arrive on the event loop; none of them lets a throw out. */
export class LibdatachannelTransport implements RtcTransport {
  readonly local: RtcLocal;
  readonly #options: TransportOptions;
  readonly #events: RtcEvents;
  readonly #peer: PeerConnection;
  readonly #deadline: Timer;
  #track: Track | null = null;
  #state: 'connecting' | 'connected' | 'closed' = 'connecting';
  /** Whether ICE came through, so that what fails then is DTLS. */
  #isReached = false;

  /**
   * `identity` is what we said we would be known by, where the other side has our offer already. Throws a `Fault` for
   * parameters that libdatachannel refuses; nothing stays open then.
   */
  constructor(
    remote: RtcRemote | RtcAnswerer,
    direction: Direction,
    events: RtcEvents,
    options: TransportOptions,
    identity: Identity | null = null,
  ) {
    this.#options = options;
    this.#events = events;
    this.#peer = this.#openPeer(identity?.certificate);
    try {
      this.#peer.setRemoteDescription(writeSyntheticOffer(remote, direction), 'offer');
      this.#peer.setLocalDescription('answer', identity ?? {});
      // Without STUN servers gathering ends inside setLocalDescription.
      const answer = this.#peer.localDescription()?.sdp;
      if (!answer || this.#peer.gatheringState() !== 'complete') throw new Fault('gathering did not end');
      this.local = readLocalParameters(answer, options);
    } catch (cause) {
      this.#peer.close();
      throw cause instanceof Fault ? cause : new Fault('libdatachannel refused the remote parameters', cause);
    }
    this.#deadline = options.clock.after(RTC_CONNECT_TIMEOUT_MS, () => this.#fail());
  }

  get isReached(): boolean {
    return this.#isReached;
  }

  send(packet: Uint8Array): boolean {
    if (this.#state !== 'connected' || !this.#track) return false;
    try {
      // The binding takes any byte view and copies it; its type says Buffer.
      return this.#track.sendMessageBinary(packet as Buffer);
    } catch (cause) {
      this.#options.log.debug({ err: cause, transport: this.#options.name }, 'send failed');
      return false;
    }
  }

  close(): void {
    this.#close();
  }

  #close(failure?: RtcFailure): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#deadline.cancel();
    this.#closeNative(failure);
    this.#report('closed', failure);
  }

  /** It is over by itself. */
  #fail(): void {
    if (this.#state !== 'connecting') {
      this.#close();
      return;
    }
    this.#close(this.#isReached ? 'handshake' : 'unreached');
  }

  #openPeer(certificate: Certificate | undefined): PeerConnection {
    const { name, port, bind } = this.#options;
    const peer = new ndc.PeerConnection(name, {
      iceServers: [],
      enableIceUdpMux: true,
      disableAutoNegotiation: true,
      portRangeBegin: port,
      portRangeEnd: port,
      ...(bind === undefined ? {} : { bindAddress: bind }),
      ...(certificate === undefined
        ? {}
        : { certificatePemFile: certificate.certificatePem, keyPemFile: certificate.keyPem }),
    });
    // Callbacks that wait for a loop that was late come in the order in which they were set, not in which it happened: whether ICE
    // came through has to be known before what failed then.
    peer.onIceStateChange(state => {
      if (state === 'connected' || state === 'completed') this.#isReached = true;
    });
    peer.onStateChange(state => {
      if (OVER.has(state)) this.#fail();
    });
    peer.onTrack(track => this.#adopt(track));
    return peer;
  }

  #adopt(track: Track): void {
    if (this.#state === 'closed' || this.#track) return;
    this.#track = track;
    try {
      // The binding forgets a track's wrapper only once this has run; until then it holds a bare pointer to it.
      track.onClosed(() => {});
      track.onMessage(bytes => this.#receive(bytes));
      track.onOpen(() => this.#connected());
      // DTLS may have ended between the native event and this callback.
      if (track.isOpen()) this.#connected();
    } catch (cause) {
      this.#options.log.warn({ err: cause, transport: this.#options.name }, 'track was lost');
      this.close();
    }
  }

  #connected(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'connected';
    this.#deadline.cancel();
    this.#report('connected');
  }

  /** The binding copies each message into a Buffer of its own, so it is handed on as it is. */
  #receive(bytes: Uint8Array): void {
    if (this.#state === 'closed') return;
    try {
      this.#events.packet(bytes);
    } catch (cause) {
      this.#options.log.error({ err: cause, transport: this.#options.name }, 'a packet handler threw');
      this.close();
    }
  }

  #report(state: 'connected' | 'closed', failure?: RtcFailure): void {
    try {
      this.#events.state(state, failure);
    } catch (cause) {
      this.#options.log.error({ err: cause, transport: this.#options.name }, 'a state handler threw');
      this.close();
    }
  }

  /** Closes the peer, which closes its track, and frees the callbacks once no native thread can be inside one. */
  #closeNative(failure?: RtcFailure): void {
    const peer = this.#peer;
    const track = this.#track;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.closed(this, promise);
    this.#attempt('closing', () => peer.close());
    setTimeout(() => {
      this.#attempt('freeing', () => track?.close());
      // Holds the peer's wrapper for as long.
      this.#attempt('freeing', () => peer.close());
      // OpenSSL's own words come after the state that they explain.
      if (failure) this.#logFailure(failure);
      resolve();
    }, NATIVE_LINGER_MS);
  }

  #logFailure(failure: RtcFailure): void {
    const reason = failure === 'handshake' ? handshakeError() : null;
    this.#options.log.info({ transport: this.#options.name, failure, reason }, 'a transport never connected');
  }

  #attempt(what: string, run: () => void): void {
    try {
      run();
    } catch (cause) {
      this.#options.log.warn({ err: cause, transport: this.#options.name, what }, 'libdatachannel failed');
    }
  }
}
