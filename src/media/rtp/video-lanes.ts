import type { AcceptedVideo } from '../sdp/offer.ts';
import { findExtension } from './extensions.ts';
import { VideoLane, type VideoLaneEvents } from './lane.ts';
import type { RtpPacket } from './packet.ts';

/** Which encoding a packet belongs to: its SSRC, learned from the RID that the first packets carry (RFC 8852). */
export class VideoLanes {
  readonly all: readonly VideoLane[];
  readonly #ridId: number;
  readonly #repairedRidId: number;

  /** Tracks are `video` for the first or only encoding, then `video-2`, `video-3`, whatever their RIDs. */
  constructor(video: AcceptedVideo, events: VideoLaneEvents) {
    const { simulcast, feedback, parameterSets = [] } = video;
    const rids = simulcast?.rids ?? [null];
    this.all = rids.map(
      (rid, i) =>
        new VideoLane(i === 0 ? 'video' : `video-${i + 1}`, rid, feedback.nack, parameterSets, events),
    );
    this.#ridId = simulcast?.ridId ?? 0;
    this.#repairedRidId = simulcast?.repairedRidId ?? 0;
  }

  ofMedia(packet: RtpPacket): VideoLane | undefined {
    const only = this.#only();
    if (only !== undefined) return only;
    const known = this.all.find(lane => lane.source.ssrc === packet.ssrc);
    return known ?? this.#named(packet, this.#ridId);
  }

  /** The lane that a retransmission repairs; undefined while there is nothing to repair. */
  ofRtx(packet: RtpPacket): VideoLane | undefined {
    const lane = this.#only() ?? this.all.find(candidate => candidate.rtxSsrc === packet.ssrc);
    const found = lane ?? this.#named(packet, this.#repairedRidId);
    if (found === undefined || found.source.ssrc === 0) return undefined;
    found.rtxSsrc = packet.ssrc;
    return found;
  }

  /** Who can be asked for a key frame: those that send; all that ever did when there is none. */
  askable(nowMs: number): readonly VideoLane[] {
    const known = this.all.filter(lane => lane.source.ssrc !== 0);
    const sending = known.filter(lane => lane.isSending(nowMs));
    return sending.length > 0 ? sending : known;
  }

  #only(): VideoLane | undefined {
    return this.#ridId === 0 ? this.all[0] : undefined;
  }

  #named(packet: RtpPacket, extensionId: number): VideoLane | undefined {
    if (extensionId === 0) return undefined;
    const value = findExtension(packet, extensionId);
    if (value === null) return undefined;
    const rid = String.fromCharCode(...value.subarray(0, 16));
    return this.all.find(lane => lane.rid === rid);
  }
}
