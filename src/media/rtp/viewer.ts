import { beginsKeyFrame } from '../h264/depacketizer.ts';
import { CNAME } from '../sdp/answer.ts';
import type { Track } from '../track.ts';
import { Egress } from './egress.ts';
import { isRtcp, type RtpPacket } from './packet.ts';
import { parseRtcp, type ReceptionReport, type Rtcp } from './rtcp.ts';
import { writeDescription, writeSenderReport } from './rtcp-write.ts';
import type {
  TrackedPacket,
  ViewerRtpEvents,
  ViewerRtpOptions,
  ViewerRtpStats,
  ViewerSender,
} from './viewer-types.ts';

/** Packets of a burst; a longer one would take longer to arrive than the next key frame. */
export const BURST_PACKETS_MAX = 4096;
/** Packets kept for retransmission, for video: 1.7 s at 5 Mbit/s. */
export const VIDEO_HISTORY_SLOTS = 1024;
export const AUDIO_HISTORY_SLOTS = 64;
/**
 * Retransmissions to one viewer in a second: so many, and this share of what was sent in this second or the one before. More would only
 * keep a narrow link full, of what is too late.
 */
export const RESENDS_PER_SECOND = 50;
export const RESENDS_SHARE = 0.5;
/** Fewer packets in a second say little about loss. */
const LOSS_PACKETS_MIN = 20;
export const SENDER_REPORT_PERIOD_MS = 1000;
/** A publisher's timeline that steps further than this began anew. */
const MEDIA_TIME_STEP_MS_MAX = 10_000;
const RTT_MS_MAX = 10_000;

/** See `ViewerSender`. */
export class ViewerRtp implements ViewerSender {
  readonly #options: ViewerRtpOptions;
  readonly #events: ViewerRtpEvents;
  readonly #video: Egress;
  /** Null for a viewer that takes no sound. */
  readonly #audio: Egress | null;
  readonly #scratch = new Uint8Array(128);
  /** The video track that is sent, and the one that shall be; null for none. */
  #current: string | null = 'video';
  #target: string | null = 'video';
  #switches = 0;
  #joined = false;
  #waiting = true;
  #reportMs = Number.NEGATIVE_INFINITY;
  #reported = 0;
  /** Position on the stream's timeline minus our clock, the same for both tracks, so that they play in sync. */
  #clockOffsetMs = Number.NaN;
  /** Of this second: when it began, what had been sent and missed by then, what was sent again since; and sent before it. */
  #windowMs = Number.NEGATIVE_INFINITY;
  #windowPackets = 0;
  #windowMissed = 0;
  #windowResends = 0;
  #sentBefore = 0;
  #nacked = 0;
  #resent = 0;
  #keyframesAsked = 0;
  #lossRatio = 0;
  #missedRatio = 0;
  #rttMs: number | null = null;
  #estimateBps: number | null = null;

  constructor(options: ViewerRtpOptions, events: ViewerRtpEvents) {
    this.#options = options;
    this.#events = events;
    const { video, audio, ssrcs } = options;
    const send = (bytes: Uint8Array): void => events.send(bytes);
    const rtx =
      video.rtxPayloadType !== null && ssrcs.videoRtx !== null
        ? { payloadType: video.rtxPayloadType, ssrc: ssrcs.videoRtx }
        : null;
    this.#video = new Egress({
      payloadType: video.payloadType,
      ssrc: ssrcs.video,
      rtx,
      absSendTimeId: video.extensions.absSendTime,
      clockRate: 90_000,
      historySlots: video.feedback.nack ? VIDEO_HISTORY_SLOTS : 0,
      send,
    });
    this.#audio =
      audio &&
      new Egress({
        payloadType: audio.payloadType,
        ssrc: ssrcs.audio,
        rtx: null,
        absSendTimeId: audio.extensions.absSendTime,
        clockRate: 48_000,
        historySlots: audio.feedback.nack ? AUDIO_HISTORY_SLOTS : 0,
        send,
      });
  }

  get stats(): ViewerRtpStats {
    return {
      packets: this.#video.packets + (this.#audio?.packets ?? 0),
      bytes: this.#video.sentBytes + (this.#audio?.sentBytes ?? 0),
      nacked: this.#nacked,
      resent: this.#resent,
      keyframesAsked: this.#keyframesAsked,
      trackId: this.#current,
      switches: this.#switches,
      lossRatio: Math.max(this.#lossRatio, this.#missedRatio),
      rttMs: this.#rttMs,
      estimateBps: this.#estimateBps,
    };
  }

  select(trackId: string | null): void {
    if (this.#target === trackId) return;
    this.#target = trackId;
    if (trackId === null) this.#stopPictures();
    else if (!this.#joined) this.#current = trackId;
    else if (this.#current !== trackId) this.#events.keyframeWanted();
  }

  #stopPictures(): void {
    this.#current = null;
    this.#video.pause();
    this.#forgetLoss();
  }

  #forgetLoss(): void {
    this.#lossRatio = 0;
    this.#missedRatio = 0;
  }

  join(gop: readonly TrackedPacket[], nowMs: number): void {
    for (const _ of this.joining(gop, nowMs));
  }

  *joining(gop: readonly TrackedPacket[], nowMs: number): Generator<void> {
    this.#joined = true;
    const packets = sinceKeyFrame(gop);
    if (packets.length === 0 || packets.length > BURST_PACKETS_MAX) {
      this.#events.keyframeWanted();
      return;
    }
    this.#waiting = false;
    yield* this.#video.burst(packets, nowMs);
    this.#sendReports(nowMs);
  }

  packet(track: Track, packet: RtpPacket, nowMs: number): void {
    if (!this.#joined) return;
    if (track.kind === 'audio') this.#audio?.packet(packet, nowMs);
    else {
      if (!this.#isDue(track.id, packet)) return;
      this.#video.packet(packet, nowMs);
    }
    // The first report of each track should not wait: without both, a browser plays them as they come.
    if (this.#reported < 2 && this.#tracksPlaced() > this.#reported) this.#sendReports(nowMs);
  }

  /** Whether a video packet goes out. A key frame of the track that shall be sent makes it the one that is. */
  #isDue(trackId: string, packet: RtpPacket): boolean {
    if (trackId === this.#target && (this.#waiting || trackId !== this.#current)) {
      if (!beginsKeyFrame(packet.payload)) return false;
      if (trackId !== this.#current) this.#switches++;
      if (this.#current === null) this.#forgetLoss();
      this.#current = trackId;
      this.#waiting = false;
    }
    return trackId === this.#current && !this.#waiting;
  }

  receive(bytes: Uint8Array, nowMs: number): void {
    if (!isRtcp(bytes)) return;
    for (const report of parseRtcp(bytes)) this.#take(report, nowMs);
  }

  tick(nowMs: number): void {
    if (nowMs - this.#windowMs >= 1000) this.#nextSecond(nowMs);
    if (this.#joined && nowMs - this.#reportMs >= SENDER_REPORT_PERIOD_MS) this.#sendReports(nowMs);
  }

  #take(report: Rtcp, nowMs: number): void {
    if (report.kind === 'nack') this.#resend(report.mediaSsrc, report.sequenceNumbers, nowMs);
    else if (report.kind === 'pli' || report.kind === 'fir') this.#askKeyframe();
    else if (report.kind === 'remb') this.#estimateBps = report.bitrateBps;
    else if (report.kind === 'receiver-report' || report.kind === 'sender-report') {
      for (const block of report.reports) this.#takeReport(block, nowMs);
    }
  }

  #askKeyframe(): void {
    this.#keyframesAsked++;
    if (this.#target !== null) this.#events.keyframeWanted();
  }

  /** RFC 3550 section 6.4.1: the time since our report minus the time that the viewer held it. */
  #takeReport(block: ReceptionReport, nowMs: number): void {
    const { ssrcs } = this.#options;
    if (block.ssrc === (this.#current === null ? ssrcs.audio : ssrcs.video))
      this.#lossRatio = block.fractionLost / 256;
    if (block.lastSr === 0) return;
    const middle = Math.floor((nowMs / 1000) * 65_536) % 4_294_967_296;
    const rttMs = ((middle - block.lastSr - block.delaySinceLastSr) >>> 0) / 65.536;
    if (rttMs < RTT_MS_MAX) this.#rttMs = rttMs;
  }

  #resend(mediaSsrc: number, sequences: readonly number[], nowMs: number): void {
    const { ssrcs } = this.#options;
    const egress = mediaSsrc === ssrcs.video ? this.#video : mediaSsrc === ssrcs.audio ? this.#audio : null;
    if (egress === null) return;
    this.#nacked += sequences.length;
    for (const sequence of sequences) {
      if (this.#windowResends >= this.#resendsMax) return;
      if (!egress.resend(sequence, nowMs)) continue;
      this.#windowResends++;
      this.#resent++;
    }
  }

  get #resendsMax(): number {
    const sent = Math.max(this.#video.packets - this.#windowPackets, this.#sentBefore);
    return RESENDS_PER_SECOND + sent * RESENDS_SHARE;
  }

  /** What was missed says more than reports do, which leave out what came after all. */
  #nextSecond(nowMs: number): void {
    const { packets, missed } = this.#video;
    const sent = packets - this.#windowPackets;
    this.#missedRatio = sent < LOSS_PACKETS_MIN ? 0 : Math.min(1, (missed - this.#windowMissed) / sent);
    this.#sentBefore = sent;
    this.#windowResends = 0;
    this.#windowMs = nowMs;
    this.#windowPackets = packets;
    this.#windowMissed = missed;
  }

  #tracksPlaced(): number {
    const tracks = [this.#video, this.#audio];
    return tracks.filter(track => track !== null && !Number.isNaN(track.mediaTimeMs)).length;
  }

  /** One compound for each track. The NTP time is our own clock, which is what RFC 3550 section 4 allows without wall time. */
  #sendReports(nowMs: number): void {
    this.#reportMs = nowMs;
    this.#reported = this.#tracksPlaced();
    this.#sendReport(this.#video, this.#options.ssrcs.video, 90, nowMs);
    if (this.#audio) this.#sendReport(this.#audio, this.#options.ssrcs.audio, 48, nowMs);
  }

  #sendReport(egress: Egress, ssrc: number, ticksPerMs: number, nowMs: number): void {
    if (Number.isNaN(egress.mediaTimeMs)) return;
    let aheadMs = nowMs + this.#clockOffsetMs - egress.mediaTimeMs;
    if (Number.isNaN(aheadMs) || Math.abs(aheadMs) > MEDIA_TIME_STEP_MS_MAX) {
      this.#clockOffsetMs = egress.mediaTimeMs - nowMs;
      aheadMs = 0;
    }
    const rtpTimestamp = (egress.mediaTimestamp + Math.round(aheadMs * ticksPerMs)) >>> 0;
    const { packets, payloadBytes } = egress;
    const report = { ssrc, ntpMs: nowMs, rtpTimestamp, packets, bytes: payloadBytes };
    const end = writeDescription(this.#scratch, writeSenderReport(this.#scratch, 0, report), ssrc, CNAME);
    this.#events.send(this.#scratch.subarray(0, end));
  }
}

/** The video packets from the last key frame on, in sequence; packets may have arrived out of it. */
function sinceKeyFrame(gop: readonly TrackedPacket[]): RtpPacket[] {
  const video = gop.filter(entry => entry.track.kind === 'video').map(entry => entry.packet);
  const last = video.at(-1);
  if (last === undefined) return [];
  const distance = (packet: RtpPacket): number => ((packet.sequenceNumber - last.sequenceNumber) << 16) >> 16;
  const ordered = video.filter(packet => packet.ssrc === last.ssrc).sort((a, b) => distance(a) - distance(b));
  const key = ordered.findLast(packet => beginsKeyFrame(packet.payload));
  return key === undefined
    ? []
    : ordered.slice(ordered.findIndex(packet => packet.timestamp === key.timestamp));
}
