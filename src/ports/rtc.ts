/** What one side needs to know of the other to connect; taken out of its SDP. */
export interface RtcParameters {
  readonly iceUfrag: string;
  readonly icePwd: string;
  /** `sha-256 AB:CD:...` as in SDP's `a=fingerprint`; theirs may be by SHA-384 or SHA-512, too. */
  readonly fingerprint: string;
}

/** The side that offered. One that offers `active` begins the DTLS handshake itself, one that offers `passive` waits for ours (RFC 8842 section 5.2). */
export interface RtcRemote extends RtcParameters {
  readonly setup: 'actpass' | 'active' | 'passive';
}

/** The side that answered an offer of ours. Who is `active` begins the DTLS handshake. */
export interface RtcAnswerer extends RtcParameters {
  readonly setup: 'active' | 'passive';
}

/** Ours: `actpass` in an offer (RFC 8842 section 5.2), the other two in an answer. */
export interface RtcLocal extends RtcParameters {
  readonly setup: 'actpass' | 'active' | 'passive';
  /** `a=candidate:` lines without the prefix `a=`. */
  readonly candidates: readonly string[];
}

export type RtcState = 'connecting' | 'connected' | 'closed';

/** Why there never was a connection. `unreached`: nothing came by ICE in time. `handshake`: what did, failed in DTLS. */
export type RtcFailure = 'unreached' | 'handshake';

export interface RtcEvents {
  /** One decrypted RTP or RTCP packet (RFC 5761 tells them apart). The bytes belong to the receiver. */
  packet(bytes: Uint8Array): void;
  /**
   * `connected` at most once, when packets can be sent; `closed` once: by `close`, by a DTLS alert, by lost consent; with `failure` where it failed before it was
   * connected. A throw closes the transport.
   */
  state(state: RtcState, failure?: RtcFailure): void;
}

/** One ICE, DTLS and SRTP association. It knows nothing of codecs, SSRCs or feedback. */
export interface RtcTransport {
  readonly local: RtcLocal;
  /** Whether the other side came through by ICE: it connects next, or fails in DTLS. */
  readonly isReached: boolean;
  /** Sends one RTP or RTCP packet; false when it could not be sent (not connected, or the socket is full). The bytes may be reused at once. */
  send(packet: Uint8Array): boolean;
  /**
   * Idempotent. `state('closed')` is reported once, before this returns. An adapter may stop without a DTLS alert; the
   * other side then notices when its consent checks fail (RFC 7675 section 5.1), so say goodbye in RTCP where it matters.
   */
  close(): void;
}

/** A transport of our own offer: it waits for the answer first, as long as for a connection. */
export interface RtcOffered extends RtcTransport {
  /** To be called once; from then on it has the time to connect. A `Fault` when the parameters cannot be used, which closes it. */
  answered(remote: RtcAnswerer): void;
}

/**
 * A transport that has not connected by then is closed. Checks begin at once, and three lost flights of a DTLS handshake take seven
 * seconds; one that never comes about costs as long.
 */
export const RTC_CONNECT_TIMEOUT_MS = 10_000;

/**
 * Answers offers, or makes them, as an agent that waits for the other side's checks, as an ICE-lite one does: its candidates are of no
 * use here and nothing is ever sent to an address that its SDP names. All transports share one UDP port.
 * `direction` is ours: `recvonly` for WHIP, `sendonly` for WHEP.
 */
export interface Rtc {
  /** Transports that are not closed. */
  readonly openTransports: number;
  /** A `Fault` when the parameters cannot be used or the port is closed. */
  accept(remote: RtcRemote, direction: 'recvonly' | 'sendonly', events: RtcEvents): Promise<RtcTransport>;
  /** A `Fault` when the port is closed. */
  offer(direction: 'recvonly' | 'sendonly', events: RtcEvents): Promise<RtcOffered>;
  /** Closes every transport. Idempotent. */
  close(): Promise<void>;
}
