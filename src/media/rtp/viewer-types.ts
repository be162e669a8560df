import type { SendingSsrcs } from '../sdp/answer.ts';
import type { AcceptedAudio, AcceptedVideo } from '../sdp/offer.ts';
import type { Track } from '../track.ts';
import type { RtpPacket } from './packet.ts';

export interface ViewerRtpOptions {
  /** From the offer of the viewer. */
  readonly video: AcceptedVideo;
  /** Null for one that takes pictures alone. */
  readonly audio: AcceptedAudio | null;
  /** The same that went into the answer. */
  readonly ssrcs: SendingSsrcs;
}

export interface ViewerRtpEvents {
  /** One RTP or RTCP packet to send; the bytes are reused after the call. */
  send(bytes: Uint8Array): void;
  /** The viewer cannot go on, or cannot change layers, without a key frame. */
  keyframeWanted(): void;
}

export interface TrackedPacket {
  readonly track: Track;
  readonly packet: RtpPacket;
}

/** Counts since the start, and the latest of what the viewer reports. */
export interface ViewerRtpStats {
  readonly packets: number;
  readonly bytes: number;
  /** Packets that the viewer asked for again, and of these the ones that the history still had. */
  readonly nacked: number;
  readonly resent: number;
  readonly keyframesAsked: number;
  /** Share of video packets lost in the last report, or missed in the last second if that is more, 0 to 1; of sound while that goes alone. */
  readonly lossRatio: number;
  /** Round trip by the last report (RFC 3550 section 6.4.1), or null. */
  readonly rttMs: number | null;
  /** The video track that is being sent, null for none, and changes of it so far. */
  readonly trackId: string | null;
  readonly switches: number;
  /** What the viewer estimates it can receive (REMB), bits per second, or null. */
  readonly estimateBps: number | null;
}

/**
 * The sending end of one viewer's transport: own sequence numbers and timestamps, reports, retransmissions.
 * Times are monotonic milliseconds with a fraction. `ViewerRtp` of `viewer.ts` is it.
 */
export interface ViewerSender {
  readonly stats: ViewerRtpStats;
  /** Begins with the packets of the selected track since its last key frame, all at once (none: it waits for the next key frame and asks for one). */
  join(gop: readonly TrackedPacket[], nowMs: number): void;
  /** The same in steps, which begin when they are taken; `packet` is called after the last one. */
  joining(gop: readonly TrackedPacket[], nowMs: number): Iterable<void>;
  /** Sends the video of this track from its next key frame on, and until then goes on with the one before; null: sound alone, at once. */
  select(trackId: string | null): void;
  /** Sends one packet of the stream, if it is sound or of the track that was chosen; does nothing before `join`. */
  packet(track: Track, packet: RtpPacket, nowMs: number): void;
  /** Takes one datagram of the viewer (RTCP); never throws for what is in it. */
  receive(bytes: Uint8Array, nowMs: number): void;
  /** To be called about once every 100 ms or less: sender reports. */
  tick(nowMs: number): void;
}
