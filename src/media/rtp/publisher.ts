import { type AccessUnit, H264Depacketizer } from '../h264/depacketizer.ts';
import { readOpusPacket } from '../opus/packet.ts';
import { CNAME } from '../sdp/answer.ts';
import type { AudioTrack, Track, VideoTrack } from '../track.ts';
import { transportSequence } from './extensions.ts';
import { KeyframeRequests } from './keyframe-requests.ts';
import { isRtcp, parseRtp, type RtpPacket } from './packet.ts';
import type {
  PublisherReceiver,
  PublisherRtpEvents,
  PublisherRtpOptions,
  PublisherRtpStats,
} from './publisher-types.ts';
import { parseRtcp } from './rtcp.ts';
import {
  NACK_NUMBERS_MAX,
  writeDescription,
  writeNack,
  writePli,
  writeReceiverReport,
} from './rtcp-write.ts';
import { restoreRtx } from './rtx.ts';
import { Source } from './source.ts';
import { TrackTimeline } from './timeline.ts';
import { FEEDBACK_BYTES_MAX, FEEDBACK_PERIOD_MS, TransportFeedback } from './transport-feedback.ts';
import { SEQUENCE_TURN } from './unwrap.ts';

/** How long units wait for a packet that is missing, in packets and in time. Viewers of packets do not wait. */
export const VIDEO_SLOTS = 1024;
export const VIDEO_WAIT_MS = 250;
export const AUDIO_SLOTS = 64;
export const AUDIO_WAIT_MS = 100;
export const REPORT_PERIOD_MS = 1000;

/** What is kept for each of the two tracks. */
interface Lane {
  readonly track: Track;
  readonly source: Source;
  readonly timeline: TrackTimeline;
  readonly nack: boolean;
}

type Counters = { -readonly [Name in keyof PublisherRtpStats]: number };

/** See `PublisherReceiver`. */
export class PublisherRtp implements PublisherReceiver {
  readonly tracks: readonly [VideoTrack, AudioTrack] = [
    { kind: 'video', codec: 'h264', id: 'video', timescale: 90_000 },
    { kind: 'audio', codec: 'opus', id: 'audio', timescale: 48_000, channels: 2 },
  ];
  readonly #options: PublisherRtpOptions;
  readonly #events: PublisherRtpEvents;
  readonly #video: Lane;
  readonly #audio: Lane;
  readonly #depacketizer = new H264Depacketizer(
    unit => this.#videoUnit(unit),
    () => this.#videoBroken(),
  );
  readonly #feedback = new TransportFeedback();
  readonly #feedbackId: number | null;
  readonly #keyframes = new KeyframeRequests();
  readonly #scratch = new Uint8Array(Math.max(FEEDBACK_BYTES_MAX, 20 + 4 * NACK_NUMBERS_MAX));
  readonly #sequences: number[] = [];
  #feedbackMs = Number.NEGATIVE_INFINITY;
  #reportMs = Number.NEGATIVE_INFINITY;
  #epochMs: number | null = null;
  readonly #counters: Counters = {
    packets: 0,
    bytes: 0,
    nacked: 0,
    recovered: 0,
    lost: 0,
    duplicates: 0,
    unknown: 0,
    unitsDropped: 0,
    keyframesAsked: 0,
    keyframes: 0,
    reanchored: 0,
  };

  constructor(options: PublisherRtpOptions, events: PublisherRtpEvents) {
    this.#options = options;
    this.#events = events;
    this.#feedbackId = options.video.extensions.transportCc ?? options.audio.extensions.transportCc;
    this.#video = {
      track: this.tracks[0],
      timeline: new TrackTimeline(90_000),
      nack: options.video.feedback.nack,
      source: new Source({
        clockRate: 90_000,
        reorderSlots: VIDEO_SLOTS,
        reorderWaitMs: VIDEO_WAIT_MS,
        deliver: (packet, arrivalMs) =>
          this.#depacketizer.push(packet.payload, packet.timestamp, packet.marker, arrivalMs),
        lost: count => this.#videoLost(count),
      }),
    };
    this.#audio = {
      track: this.tracks[1],
      timeline: new TrackTimeline(48_000),
      nack: options.audio.feedback.nack,
      source: new Source({
        clockRate: 48_000,
        reorderSlots: AUDIO_SLOTS,
        reorderWaitMs: AUDIO_WAIT_MS,
        deliver: (packet, arrivalMs) => this.#audioUnit(packet, arrivalMs),
        lost: count => {
          this.#counters.lost += count;
        },
      }),
    };
  }

  get epochMs(): number | null {
    return this.#epochMs;
  }

  get stats(): PublisherRtpStats {
    const reanchored = this.#video.timeline.reanchored + this.#audio.timeline.reanchored;
    return { ...this.#counters, reanchored };
  }

  receive(bytes: Uint8Array, nowMs: number): void {
    if (isRtcp(bytes)) {
      this.#receiveRtcp(bytes, nowMs);
      return;
    }
    const packet = parseRtp(bytes);
    if (packet === null) {
      this.#counters.unknown++;
      return;
    }
    this.#counters.packets++;
    this.#counters.bytes += bytes.length;
    if (this.#feedbackId !== null) this.#noteArrival(packet, this.#feedbackId, nowMs);
    const { video, audio } = this.#options;
    if (packet.payloadType === video.payloadType) this.#receiveMedia(this.#video, packet, nowMs, false);
    else if (packet.payloadType === audio.payloadType) this.#receiveMedia(this.#audio, packet, nowMs, false);
    else if (packet.payloadType === video.rtxPayloadType) this.#receiveRtx(packet, nowMs);
    else this.#counters.unknown++;
  }

  tick(nowMs: number): void {
    this.#video.source.tick(nowMs);
    this.#audio.source.tick(nowMs);
    this.#sendNack(this.#video, nowMs);
    this.#sendNack(this.#audio, nowMs);
    this.#sendFeedback(nowMs);
    this.#sendKeyframeRequest(nowMs);
    if (nowMs - this.#reportMs >= REPORT_PERIOD_MS) this.#sendReports(nowMs);
  }

  requestKeyframe(nowMs: number): void {
    this.#keyframes.want();
    this.#sendKeyframeRequest(nowMs);
  }

  #noteArrival(packet: RtpPacket, feedbackId: number, nowMs: number): void {
    const sequence = transportSequence(packet, feedbackId);
    if (sequence >= 0) this.#feedback.arrived(sequence, nowMs);
    this.#sendFeedback(nowMs);
  }

  /** The media's SSRC is what a retransmission restores to; without media there is nothing to restore. */
  #receiveRtx(packet: RtpPacket, nowMs: number): void {
    const { ssrc } = this.#video.source;
    const restored = ssrc === 0 ? null : restoreRtx(packet, this.#options.video.payloadType, ssrc);
    if (restored !== null) this.#receiveMedia(this.#video, restored, nowMs, true);
  }

  #receiveMedia(lane: Lane, packet: RtpPacket, nowMs: number, retransmitted: boolean): void {
    const sequence = lane.source.accept(packet, nowMs, retransmitted);
    if (typeof sequence === 'string') {
      if (sequence === 'duplicate') this.#counters.duplicates++;
      else this.#counters.unknown++;
      return;
    }
    if (lane.source.nack.arrived(sequence, nowMs)) this.#counters.recovered++;
    if (this.#epochMs === null) this.#beforeEpoch(lane, packet, nowMs);
    packet.mediaTimeMs = lane.timeline.mediaTimeMs(packet.timestamp);
    this.#events.packet(lane.track, packet);
    lane.source.push(sequence, packet, nowMs);
    this.#sendNack(lane, nowMs);
    this.#sendKeyframeRequest(nowMs);
  }

  #beforeEpoch(lane: Lane, packet: RtpPacket, nowMs: number): void {
    if (lane === this.#audio) lane.timeline.observe(packet.timestamp, nowMs);
    else this.#keyframes.want();
  }

  #videoLost(count: number): void {
    this.#counters.lost += count;
    this.#depacketizer.lost();
    this.#keyframes.want();
  }

  #videoBroken(): void {
    this.#counters.unitsDropped++;
    this.#keyframes.want();
  }

  #videoUnit(unit: AccessUnit): void {
    const { timeline, track } = this.#video;
    if (this.#epochMs === null) this.#begin(unit.arrivalMs);
    const pts = timeline.place(unit.timestamp, unit.arrivalMs);
    if (unit.key) {
      this.#counters.keyframes++;
      this.#keyframes.arrived();
    }
    // WebRTC has no B-frames (RFC 7742 names none for H.264), so units are decoded in the order they are shown.
    this.#events.unit(track, { kind: 'video', pts, dts: pts, key: unit.key, nals: unit.nals });
  }

  #begin(epochMs: number): void {
    this.#epochMs = epochMs;
    this.#video.timeline.begin(epochMs);
    this.#audio.timeline.begin(epochMs);
  }

  #audioUnit(packet: RtpPacket, arrivalMs: number): void {
    const opus = readOpusPacket(packet.payload);
    if (opus === null || this.#epochMs === null) return;
    const pts = this.#audio.timeline.place(packet.timestamp, arrivalMs);
    if (pts < 0) return;
    const { duration } = opus;
    this.#events.unit(this.#audio.track, { kind: 'audio', pts, duration, data: packet.payload });
  }

  #receiveRtcp(bytes: Uint8Array, nowMs: number): void {
    for (const report of parseRtcp(bytes)) {
      if (report.kind !== 'sender-report') continue;
      const lane = [this.#video, this.#audio].find(candidate => candidate.source.ssrc === report.ssrc);
      if (lane === undefined) continue;
      lane.source.reception.senderReport(report, nowMs);
      lane.timeline.senderReport(report.ntpMs, report.rtpTimestamp);
      // Audio's zero on the sender's clock is where video's should be.
      const errorMs = this.#video.timeline.zeroNtpMs() - this.#audio.timeline.zeroNtpMs();
      this.#video.timeline.correct(errorMs);
    }
  }

  #sendNack(lane: Lane, nowMs: number): void {
    if (!lane.nack) return;
    const { nack, ssrc } = lane.source;
    nack.due(nowMs, NACK_NUMBERS_MAX, this.#sequences);
    if (this.#sequences.length === 0) return;
    this.#counters.nacked += this.#sequences.length;
    for (let i = 0; i < this.#sequences.length; i++) this.#sequences[i]! %= SEQUENCE_TURN;
    const end = writeNack(this.#scratch, 0, this.#options.ssrc, ssrc, this.#sequences);
    this.#sequences.length = 0;
    this.#events.rtcp(this.#scratch.subarray(0, end));
  }

  #sendFeedback(nowMs: number): void {
    if (this.#feedbackId === null || nowMs - this.#feedbackMs < FEEDBACK_PERIOD_MS) return;
    this.#feedbackMs = nowMs;
    const mediaSsrc = this.#video.source.ssrc;
    this.#feedback.flush(this.#scratch, this.#options.ssrc, mediaSsrc, bytes => this.#events.rtcp(bytes));
  }

  #sendKeyframeRequest(nowMs: number): void {
    const { ssrc } = this.#video.source;
    if (ssrc === 0 || !this.#keyframes.due(nowMs)) return;
    this.#counters.keyframesAsked++;
    this.#events.rtcp(this.#scratch.subarray(0, writePli(this.#scratch, 0, this.#options.ssrc, ssrc)));
  }

  #sendReports(nowMs: number): void {
    const blocks = [this.#video, this.#audio]
      .map(lane => lane.source.reception.report(lane.source.ssrc, nowMs))
      .filter(block => block !== null);
    if (blocks.length === 0) return;
    this.#reportMs = nowMs;
    const reports = writeReceiverReport(this.#scratch, 0, this.#options.ssrc, blocks);
    const end = writeDescription(this.#scratch, reports, this.#options.ssrc, CNAME);
    this.#events.rtcp(this.#scratch.subarray(0, end));
  }
}
