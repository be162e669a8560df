import type { AcceptedAudio, AcceptedVideo } from '../sdp/offer.ts';
import type { Track } from '../track.ts';
import type { Unit } from '../unit.ts';
import type { RtpPacket } from './packet.ts';

export interface PublisherRtpOptions {
  /** From the offer of the publisher. */
  readonly video: AcceptedVideo;
  /** Null for one that sends pictures alone. */
  readonly audio: AcceptedAudio | null;
  /** What we send our reports and feedback as; any 32 bits that are not zero. */
  readonly ssrc: number;
}

/** Called from within `receive` and `tick`. Byte arrays may be kept, except those of `rtcp`, which are reused. */
export interface PublisherRtpEvents {
  /**
   * A media packet in arrival order, those recovered by retransmission included, each sequence number once. Its
   * `mediaTimeMs` is NaN before the epoch. A packet that was only padding has an empty payload: forward it, so that
   * sequence numbers stay contiguous.
   */
  packet(track: Track, packet: RtpPacket): void;
  /**
   * An access unit or Opus packet in decoding order. The first one is a video key frame with timestamp 0. Where pictures are
   * reordered, a decode time is no later than the presentation time, but for the first few after the first B-frame.
   */
  unit(track: Track, unit: Unit): void;
  /** An RTCP packet for the publisher. */
  rtcp(bytes: Uint8Array): void;
}

/** Counts since the start. */
export interface PublisherRtpStats {
  readonly packets: number;
  readonly bytes: number;
  /** Packets that were asked for again, and of these the ones that came. */
  readonly nacked: number;
  readonly recovered: number;
  /** Packets given up by the reordering buffer. */
  readonly lost: number;
  readonly duplicates: number;
  /** Neither RTP nor RTCP, or of a payload type or SSRC that nobody negotiated. */
  readonly unknown: number;
  /** Access units left out because they were broken, or because no key frame came before them. */
  readonly unitsDropped: number;
  readonly keyframesAsked: number;
  readonly keyframes: number;
  /** Timestamps that jumped or ran backwards and were put back by arrival time. */
  readonly reanchored: number;
  /** Pictures that came after one that is shown later (B-frames). */
  readonly reordered: number;
}

/**
 * The receiving end of one publisher's transport: demultiplexing, feedback, recovery, reordering, depacketizing.
 * Times are monotonic milliseconds with a fraction. `PublisherRtp` of `publisher.ts` is it.
 */
export interface PublisherReceiver {
  /** `video` (90 kHz), one more (`video-2`, ...) for each further layer of simulcast, and `audio` (48 kHz, two channels), also where none was offered. */
  readonly tracks: readonly Track[];
  /** When the first key frame's first packet arrived: what timestamp 0 means. Null before. */
  readonly epochMs: number | null;
  /** Whether its pictures come in another order than they are shown in (B-frames): until ten seconds without. */
  readonly reorders: boolean;
  readonly stats: PublisherRtpStats;
  /** Takes one datagram, RTP or RTCP; never throws for what is in it. The bytes belong to the receiver from here on. */
  receive(bytes: Uint8Array, nowMs: number): void;
  /** To be called about every 20 ms: feedback, retransmission requests, reports, giving up what did not come. */
  tick(nowMs: number): void;
  /** Asks for a key frame of every layer now, or as soon as one second has passed since the last request. */
  requestKeyframe(nowMs: number): void;
}
