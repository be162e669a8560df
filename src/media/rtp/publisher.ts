import type { AccessUnit } from '../h264/depacketizer.ts';
import { readOpusPacket } from '../opus/packet.ts';
import { CNAME } from '../sdp/answer.ts';
import type { Track } from '../track.ts';
import { transportSequence } from './extensions.ts';
import { AudioLane, type Lane, VideoLane } from './lane.ts';
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
import { TIMESTAMP_STEP_MS_MAX } from './timeline.ts';
import { FEEDBACK_BYTES_MAX, FEEDBACK_PERIOD_MS, TransportFeedback } from './transport-feedback.ts';
import { SEQUENCE_TURN } from './unwrap.ts';
import { VideoLanes } from './video-lanes.ts';

export const REPORT_PERIOD_MS = 1000;
/** Key frames are asked for at most this often, whoever wants them. */
export const KEYFRAME_PERIOD_MS = 1000;

/** Sound that is this far behind its pictures has a hole; less is made good by slewing the pictures. */
export const AUDIO_HOLE_MS_MIN = 100;

type Counters = { -readonly [Name in keyof PublisherRtpStats]: number };

/** See `PublisherReceiver`. */
export class PublisherRtp implements PublisherReceiver {
  readonly tracks: readonly Track[];
  readonly #options: PublisherRtpOptions;
  readonly #events: PublisherRtpEvents;
  readonly #video: VideoLanes;
  readonly #audio: AudioLane;
  readonly #lanes: readonly Lane[];
  readonly #feedback = new TransportFeedback();
  readonly #feedbackId: number | null;
  /** How late sound came before its last report, at least: the delay of the way, and what it is off by. */
  #soundLateMs = Number.NaN;
  #keyframeAskedMs = Number.NEGATIVE_INFINITY;
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
    reordered: 0,
  };

  constructor(options: PublisherRtpOptions, events: PublisherRtpEvents) {
    this.#options = options;
    this.#events = events;
    this.#feedbackId = options.video.extensions.transportCc ?? options.audio?.extensions.transportCc ?? null;
    this.#video = new VideoLanes(options.video, {
      unit: (lane, unit) => this.#videoUnit(lane, unit),
      lost: (lane, count) => {
        this.#counters.lost += count;
        lane.keyframeWanted = true;
      },
      broken: lane => {
        this.#counters.unitsDropped++;
        lane.keyframeWanted = true;
      },
    });
    this.#audio = new AudioLane(
      options.audio?.feedback.nack ?? false,
      (packet, arrivalMs) => this.#audioUnit(packet, arrivalMs),
      count => {
        this.#counters.lost += count;
      },
    );
    this.#lanes = [...this.#video.all, this.#audio];
    this.tracks = this.#lanes.map(lane => lane.track);
  }

  get epochMs(): number | null {
    return this.#epochMs;
  }

  get reorders(): boolean {
    return this.#video.all.some(lane => lane.order.reorders);
  }

  get stats(): PublisherRtpStats {
    const reanchored = this.#lanes.reduce((sum, lane) => sum + lane.timeline.reanchored, 0);
    const reordered = this.#lanes.reduce((sum, lane) => sum + lane.timeline.reordered, 0);
    return { ...this.#counters, reanchored, reordered };
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
    if (packet.payloadType === video.payloadType) this.#receiveVideo(packet, nowMs);
    else if (packet.payloadType === audio?.payloadType) this.#receiveMedia(this.#audio, packet, nowMs, false);
    else if (packet.payloadType === video.rtxPayloadType) this.#receiveRtx(packet, nowMs);
    else this.#counters.unknown++;
  }

  tick(nowMs: number): void {
    for (const lane of this.#lanes) {
      lane.source.tick(nowMs);
      this.#sendNack(lane, nowMs);
    }
    this.#sendFeedback(nowMs);
    this.#sendKeyframeRequest(nowMs);
    if (nowMs - this.#reportMs >= REPORT_PERIOD_MS) this.#sendReports(nowMs);
  }

  requestKeyframe(nowMs: number): void {
    for (const lane of this.#video.all) lane.keyframeWanted = true;
    this.#sendKeyframeRequest(nowMs);
  }

  #noteArrival(packet: RtpPacket, feedbackId: number, nowMs: number): void {
    const sequence = transportSequence(packet, feedbackId);
    if (sequence >= 0) this.#feedback.arrived(sequence, nowMs);
    this.#sendFeedback(nowMs);
  }

  #receiveVideo(packet: RtpPacket, nowMs: number): void {
    const lane = this.#video.ofMedia(packet);
    if (lane === undefined) {
      this.#counters.unknown++;
      return;
    }
    if (this.#receiveMedia(lane, packet, nowMs, false)) lane.lastMs = nowMs;
  }

  /** The media's SSRC is what a retransmission restores to; without media there is nothing to restore. */
  #receiveRtx(packet: RtpPacket, nowMs: number): void {
    const lane = this.#video.ofRtx(packet);
    if (lane === undefined) return;
    const restored = restoreRtx(packet, this.#options.video.payloadType, lane.source.ssrc);
    if (restored !== null) this.#receiveMedia(lane, restored, nowMs, true);
  }

  #receiveMedia(lane: Lane, packet: RtpPacket, nowMs: number, retransmitted: boolean): boolean {
    const sequence = lane.source.accept(packet, nowMs, retransmitted);
    if (typeof sequence === 'string') {
      if (sequence === 'duplicate') this.#counters.duplicates++;
      else this.#counters.unknown++;
      return false;
    }
    if (lane.source.nack.arrived(sequence, nowMs, retransmitted)) this.#counters.recovered++;
    if (this.#epochMs === null) this.#beforeEpoch(lane, packet, nowMs);
    packet.mediaTimeMs = lane.timeline.mediaTimeMs(packet.timestamp);
    if (lane instanceof VideoLane)
      lane.inserted.pass(sequence, packet, out => this.#events.packet(lane.track, out));
    else this.#events.packet(lane.track, packet);
    lane.source.push(sequence, packet, nowMs);
    this.#sendNack(lane, nowMs);
    this.#sendKeyframeRequest(nowMs);
    return true;
  }

  #beforeEpoch(lane: Lane, packet: RtpPacket, nowMs: number): void {
    if (lane === this.#audio) lane.timeline.observe(packet.timestamp, nowMs);
    else for (const layer of this.#video.all) layer.keyframeWanted = true;
  }

  #videoUnit(lane: VideoLane, unit: AccessUnit): void {
    const { timeline, track, order } = lane;
    if (this.#epochMs === null) this.#begin(unit.arrivalMs);
    // A layer that begins late is placed by its sender's clock where that is known, beside the others.
    else timeline.anchorAt(this.#audio.timeline.zeroNtpMs());
    const isEarlier = timeline.isBehind(unit.timestamp) && order.isShownEarlier(unit.nals);
    const pts = timeline.place(unit.timestamp, unit.arrivalMs, isEarlier);
    if (pts < 0) return;
    if (unit.key) {
      this.#counters.keyframes++;
      lane.keyframeWanted = false;
    }
    const dts = order.decodeTime(pts, unit.key, unit.nals, isEarlier);
    this.#events.unit(track, { kind: 'video', pts, dts, key: unit.key, nals: unit.nals });
  }

  #begin(epochMs: number): void {
    this.#epochMs = epochMs;
    for (const lane of this.#lanes) lane.timeline.begin(epochMs);
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
      const lane = this.#lanes.find(candidate => candidate.source.ssrc === report.ssrc);
      if (lane === undefined) continue;
      lane.source.reception.senderReport(report, nowMs);
      lane.timeline.senderReport(report.ntpMs, report.rtpTimestamp);
      if (lane === this.#audio) this.#lookForHole();
      // Audio's zero on the sender's clock is where video's should be.
      const zeroMs = this.#audio.timeline.zeroNtpMs();
      for (const { timeline } of this.#video.all) timeline.correct(timeline.zeroNtpMs() - zeroMs);
    }
  }

  /** Sound that goes on after a hole comes later than its timestamps say; when only its reports say so, they are wrong. */
  #lookForHole(): void {
    const { timeline } = this.#audio;
    const zeroMs = timeline.zeroNtpMs();
    const behindMs = this.#video.all.map(video => zeroMs - video.timeline.zeroNtpMs());
    const holeMs = Math.min(...behindMs.filter(ms => !Number.isNaN(ms)));
    const lateMs = timeline.takeLeastLateMs();
    const isLater = lateMs - this.#soundLateMs >= holeMs / 2;
    if (isLater && holeMs >= AUDIO_HOLE_MS_MIN && holeMs <= TIMESTAMP_STEP_MS_MAX) timeline.skip(holeMs);
    else if (!Number.isNaN(lateMs)) this.#soundLateMs = lateMs;
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
    const mediaSsrc = this.#video.all.find(lane => lane.source.ssrc !== 0)?.source.ssrc ?? 0;
    this.#feedback.flush(this.#scratch, this.#options.ssrc, mediaSsrc, bytes => this.#events.rtcp(bytes));
  }

  /** Every layer that sends is asked together, so that HLS can cut them at the same moment. */
  #sendKeyframeRequest(nowMs: number): void {
    if (nowMs - this.#keyframeAskedMs < KEYFRAME_PERIOD_MS) return;
    const asked = this.#video.askable(nowMs);
    if (!asked.some(lane => lane.keyframeWanted)) return;
    this.#keyframeAskedMs = nowMs;
    this.#counters.keyframesAsked++;
    for (const { source } of asked)
      this.#events.rtcp(
        this.#scratch.subarray(0, writePli(this.#scratch, 0, this.#options.ssrc, source.ssrc)),
      );
  }

  #sendReports(nowMs: number): void {
    const blocks = this.#lanes
      .map(lane => lane.source.reception.report(lane.source.ssrc, nowMs))
      .filter(block => block !== null);
    if (blocks.length === 0) return;
    this.#reportMs = nowMs;
    const reports = writeReceiverReport(this.#scratch, 0, this.#options.ssrc, blocks);
    const end = writeDescription(this.#scratch, reports, this.#options.ssrc, CNAME);
    this.#events.rtcp(this.#scratch.subarray(0, end));
  }
}
