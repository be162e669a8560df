import ndc, { type PeerConnection, type Track } from 'node-datachannel';
import type { Clock, Timer } from '#base/clock.ts';
import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';
import {
  RTC_CONNECT_TIMEOUT_MS,
  type RtcAnswerer,
  type RtcEvents,
  type RtcLocal,
  type RtcOffered,
  type RtcRemote,
} from '#ports/rtc.ts';
import { readLocalParameters } from './local-parameters.ts';
import { type Direction, ONLY_MID, ONLY_PAYLOAD_TYPE, writeSyntheticSdp } from './synthetic-sdp.ts';

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

/**
 * How long native threads may still be inside a callback after a peer was closed. The binding frees a track's callbacks
 * without waiting for them, which ends the process; so they are freed this much later.
 */
export const NATIVE_LINGER_MS = 100;

/** States of libdatachannel that it does not come back from: it has no ICE restart. */
const OVER = new Set(['disconnected', 'failed', 'closed']);

/** One PeerConnection with one track. Native callbacks arrive on the event loop; none of them lets a throw out. */
export class LibdatachannelTransport implements RtcOffered {
  readonly local: RtcLocal;
  readonly #options: TransportOptions;
  readonly #events: RtcEvents;
  readonly #peer: PeerConnection;
  readonly #direction: Direction;
  #deadline: Timer;
  #track: Track | null = null;
  #state: 'connecting' | 'connected' | 'closed' = 'connecting';

  /** Answers `remote`, or makes an offer when there is none. A `Fault` for what libdatachannel refuses; nothing stays open then. */
  constructor(remote: RtcRemote | null, direction: Direction, events: RtcEvents, options: TransportOptions) {
    this.#options = options;
    this.#events = events;
    this.#direction = direction;
    this.#peer = this.#openPeer();
    try {
      if (remote) this.#peer.setRemoteDescription(writeSyntheticSdp(remote, direction), 'offer');
      else this.#offer();
      // Without STUN servers gathering ends inside either.
      const description = this.#peer.localDescription()?.sdp;
      if (!description || this.#peer.gatheringState() !== 'complete')
        throw new Fault('gathering did not end');
      this.local = readLocalParameters(description, options.port, options.hosts);
    } catch (cause) {
      this.#peer.close();
      throw cause instanceof Fault ? cause : new Fault('libdatachannel refused the remote parameters', cause);
    }
    this.#deadline = this.#closeInTime();
  }

  answered(remote: RtcAnswerer): void {
    if (this.#state !== 'connecting') throw new Fault('the transport is closed, or connected already');
    try {
      this.#peer.setRemoteDescription(writeSyntheticSdp(remote, this.#direction), 'answer');
    } catch (cause) {
      this.close();
      throw new Fault('libdatachannel refused the remote parameters', cause);
    }
    this.#deadline.cancel();
    this.#deadline = this.#closeInTime();
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
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#deadline.cancel();
    this.#closeNative();
    this.#report('closed');
  }

  #closeInTime(): Timer {
    return this.#options.clock.after(RTC_CONNECT_TIMEOUT_MS, () => this.close());
  }

  #offer(): void {
    const video = new ndc.Video(ONLY_MID, this.#direction === 'sendonly' ? 'SendOnly' : 'RecvOnly');
    video.addH264Codec(ONLY_PAYLOAD_TYPE);
    this.#adopt(this.#peer.addTrack(video));
    this.#peer.setLocalDescription('offer');
  }

  #openPeer(): PeerConnection {
    const { name, port, bind } = this.#options;
    const peer = new ndc.PeerConnection(name, {
      iceServers: [],
      enableIceUdpMux: true,
      portRangeBegin: port,
      portRangeEnd: port,
      ...(bind === undefined ? {} : { bindAddress: bind }),
    });
    peer.onStateChange(state => {
      if (OVER.has(state)) this.close();
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

  #report(state: 'connected' | 'closed'): void {
    try {
      this.#events.state(state);
    } catch (cause) {
      this.#options.log.error({ err: cause, transport: this.#options.name }, 'a state handler threw');
      this.close();
    }
  }

  /** Closes the peer, which closes its track, and frees the callbacks once no native thread can be inside one. */
  #closeNative(): void {
    const peer = this.#peer;
    const track = this.#track;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.closed(this, promise);
    this.#attempt('closing', () => peer.close());
    setTimeout(() => {
      this.#attempt('freeing', () => track?.close());
      // Holds the peer's wrapper for as long.
      this.#attempt('freeing', () => peer.close());
      resolve();
    }, NATIVE_LINGER_MS);
  }

  #attempt(what: string, run: () => void): void {
    try {
      run();
    } catch (cause) {
      this.#options.log.warn({ err: cause, transport: this.#options.name, what }, 'libdatachannel failed');
    }
  }
}
