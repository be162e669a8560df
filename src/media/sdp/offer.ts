import type { MediaDescription } from 'sdp-transform';

/** `publisher`: it sends to us (WHIP). `viewer`: it receives (WHEP). */
export type OfferRole = 'publisher' | 'viewer';

export interface TransportParameters {
  readonly iceUfrag: string;
  readonly icePwd: string;
  /** Hash and bytes, as in `a=fingerprint`. */
  readonly fingerprint: string;
}

/** What connecting to the other side takes. Structurally the `RtcRemote` of the rtc port. */
export interface RemoteParameters extends TransportParameters {
  readonly setup: 'actpass' | 'active' | 'passive';
}

/** The side that answers an offer of ours. Structurally the `RtcAnswerer` of the rtc port. */
export interface AnswererParameters extends TransportParameters {
  readonly setup: 'active' | 'passive';
}

/** Our side of the transport: `actpass` when we offer. Structurally the `RtcLocal` of the rtc port. */
export interface LocalParameters extends TransportParameters {
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly candidates: readonly string[];
}

/** Ids of RTP header extensions (RFC 8285) that the answer accepts, or null. */
export interface AcceptedExtensions {
  readonly mid: number | null;
  readonly transportCc: number | null;
  readonly absSendTime: number | null;
}

/** Feedback (RFC 4585) that the answer accepts for the chosen payload type. */
export interface AcceptedFeedback {
  readonly nack: boolean;
  readonly pli: boolean;
  readonly transportCc: boolean;
  readonly remb: boolean;
}

/** Several encodings of one video line, told apart by RID (RFC 8853). */
export interface AcceptedSimulcast {
  /** One to `SIMULCAST_LAYERS_MAX`; the first is taken for the best one until pictures tell. */
  readonly rids: readonly string[];
  /** Ids of the header extensions that name the layer of a packet, and of a retransmission (RFC 8852). */
  readonly ridId: number;
  readonly repairedRidId: number | null;
}

export interface AcceptedVideo {
  /** Empty where the m-line has none, which is then the only one. */
  readonly mid: string;
  /** H.264 with packetization-mode 1. */
  readonly payloadType: number;
  readonly rtxPayloadType: number | null;
  /** As in `a=fmtp`, without the payload type. */
  readonly fmtp: string;
  /** Six lower-case hex digits (RFC 6184 section 8.1). */
  readonly profileLevelId: string;
  /** Absent when the line has one encoding, and for viewers. */
  readonly simulcast?: AcceptedSimulcast;
  /** NAL units that a publisher named in its offer (`sprop-parameter-sets`); it may send them nowhere else. */
  readonly parameterSets?: readonly Uint8Array[];
  readonly extensions: AcceptedExtensions;
  readonly feedback: AcceptedFeedback;
}

export interface AcceptedAudio {
  readonly mid: string;
  /** Opus, 48 kHz. */
  readonly payloadType: number;
  readonly fmtp: string;
  readonly extensions: AcceptedExtensions;
  readonly feedback: AcceptedFeedback;
}

/** What both sides come to once codecs, extensions and feedback are chosen. */
export interface Terms {
  readonly video: AcceptedVideo;
  /** Null where pictures come alone. */
  readonly audio: AcceptedAudio | null;
}

/** Terms, and the m-lines that they were chosen from. */
export interface OfferedTerms extends Terms {
  readonly role: OfferRole;
  /** Every m-line in order, because an answer mirrors them (RFC 3264 section 6). */
  readonly media: readonly MediaDescription[];
  /** Whether they share a BUNDLE group; one line alone may have none. */
  readonly isGrouped: boolean;
}

/** What an offer of the other side comes to. */
export interface Offer extends OfferedTerms {
  readonly remote: RemoteParameters;
  /** `a=candidate:` lines of the offer without the prefix `a=`. */
  readonly candidates: readonly string[];
}

/** What an answer to an offer of ours comes to. */
export interface Answer extends Terms {
  readonly remote: AnswererParameters;
}
