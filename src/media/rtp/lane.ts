import { type AccessUnit, H264Depacketizer } from '../h264/depacketizer.ts';
import { ParameterSets } from '../h264/parameter-sets.ts';
import type { AudioTrack, Track, VideoTrack } from '../track.ts';
import { InsertedSets } from './inserted-sets.ts';
import type { RtpPacket } from './packet.ts';
import { PictureOrder } from './picture-order.ts';
import { Source } from './source.ts';
import { TrackTimeline } from './timeline.ts';

/** How long units wait for a packet that is missing, in packets and at least in time. Viewers of packets do not wait. */
export const VIDEO_SLOTS = 1024;
export const VIDEO_WAIT_MS = 250;
export const AUDIO_SLOTS = 64;
export const AUDIO_WAIT_MS = 100;
/** A layer that sent nothing for this long is paused: nothing is asked of it. */
export const LANE_SILENT_MS = 1000;

/** What is kept for each track of a publisher. */
export interface Lane {
  readonly track: Track;
  readonly source: Source;
  readonly timeline: TrackTimeline;
  readonly nack: boolean;
}

export interface VideoLaneEvents {
  unit(lane: VideoLane, unit: AccessUnit): void;
  /** Packets were given up. */
  lost(lane: VideoLane, count: number): void;
  /** An access unit was left out. */
  broken(lane: VideoLane): void;
}

/** One encoding of the video: the only one, or a layer of simulcast. */
export class VideoLane implements Lane {
  readonly track: VideoTrack;
  /** Null when the video has one encoding. */
  readonly rid: string | null;
  readonly source: Source;
  readonly timeline = new TrackTimeline(90_000);
  readonly order = new PictureOrder(90_000);
  readonly nack: boolean;
  readonly #depacketizer: H264Depacketizer;
  /** Completes what goes to readers of packets, as the depacketizer does for those of units. */
  readonly inserted: InsertedSets;
  /** The SSRC of its retransmissions; 0 while unknown. */
  rtxSsrc = 0;
  keyframeWanted = false;
  /** When its last packet came. */
  lastMs = Number.NEGATIVE_INFINITY;

  /** `offered`: the parameter sets that its offer names. */
  constructor(
    id: string,
    rid: string | null,
    nack: boolean,
    offered: readonly Uint8Array[],
    events: VideoLaneEvents,
  ) {
    this.track = { kind: 'video', codec: 'h264', id, timescale: 90_000 };
    this.rid = rid;
    this.nack = nack;
    const sets = new ParameterSets(offered);
    this.#depacketizer = new H264Depacketizer(
      unit => events.unit(this, unit),
      () => events.broken(this),
      sets,
    );
    this.inserted = new InsertedSets(sets);
    this.source = new Source({
      clockRate: 90_000,
      reorderSlots: VIDEO_SLOTS,
      reorderWaitMs: VIDEO_WAIT_MS,
      nack,
      deliver: (packet, arrivalMs) =>
        this.#depacketizer.push(packet.payload, packet.timestamp, packet.marker, arrivalMs),
      lost: count => {
        this.#depacketizer.lost();
        events.lost(this, count);
      },
    });
  }

  isSending(nowMs: number): boolean {
    return nowMs - this.lastMs < LANE_SILENT_MS;
  }
}

export class AudioLane implements Lane {
  readonly track: AudioTrack = {
    kind: 'audio',
    codec: 'opus',
    id: 'audio',
    timescale: 48_000,
    channels: 2,
  };
  readonly source: Source;
  readonly timeline = new TrackTimeline(48_000);
  readonly nack: boolean;

  constructor(
    nack: boolean,
    deliver: (packet: RtpPacket, arrivalMs: number) => void,
    lost: (count: number) => void,
  ) {
    this.nack = nack;
    this.source = new Source({
      clockRate: 48_000,
      reorderSlots: AUDIO_SLOTS,
      reorderWaitMs: AUDIO_WAIT_MS,
      nack,
      deliver,
      lost,
    });
  }
}
