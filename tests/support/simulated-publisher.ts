import { packetizeH264 } from '#media/h264/packetizer.ts';
import { writeRtpHeader, writeUint16, writeUint32 } from '#media/rtp/packet.ts';
import { parseRtcp } from '#media/rtp/rtcp.ts';
import { writeSenderReport } from '#media/rtp/rtcp-write.ts';
import type { AcceptedAudio, AcceptedVideo } from '#media/sdp/offer.ts';
import type { Seeded } from './seeded.ts';

const feedback = { nack: true, pli: true, transportCc: true, remb: false };
const extensions = { mid: null, transportCc: 3, absSendTime: null };

export const simulatedVideo: AcceptedVideo = {
  mid: '1',
  payloadType: 106,
  rtxPayloadType: 107,
  fmtp: '',
  profileLevelId: '42e01f',
  extensions,
  feedback,
};
export const simulatedAudio: AcceptedAudio = {
  mid: '0',
  payloadType: 111,
  fmtp: '',
  extensions,
  feedback: { ...feedback, nack: false },
};

/** Parameter sets of 1280x720. */
export const SPS = Uint8Array.from(Buffer.from('6742c01fda014016ec0440000003004000000f03c60ca8', 'hex'));
export const PPS = Uint8Array.from(Buffer.from('68ce3c80', 'hex'));

export interface SimulatedOptions {
  readonly videoSsrc?: number;
  readonly audioSsrc?: number;
  readonly sequence?: number;
  readonly videoTimestamp?: number;
  readonly audioTimestamp?: number;
  readonly frameBytes?: number;
  /** How much later than sound the pictures are captured, milliseconds. */
  readonly videoLateMs?: number;
  /** The layer of simulcast that this is, named in every packet; without it there is one encoding. */
  readonly rid?: string;
  readonly rtxSsrc?: number;
}

/** Three layers, as `SimulatedPublisher`s with these RIDs send them. */
export const simulatedLayers: AcceptedVideo = {
  ...simulatedVideo,
  simulcast: { rids: ['h', 'm', 'l'], ridId: 10, repairedRidId: 11 },
};

/** A browser as a publisher: 30 frames and 50 Opus packets a second, RTX, NACK and PLI understood, no socket. */
export class SimulatedPublisher {
  readonly #random: Seeded;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #options: Required<SimulatedOptions>;
  readonly #transport: { sequence: number };
  readonly #history = new Map<number, Uint8Array>();
  #videoSequence: number;
  #audioSequence: number;
  #rtxSequence = 77;
  #keyframeWanted = true;
  /** Every frame sent: its slice NAL unit, by number. */
  readonly frames: { readonly key: boolean; readonly slice: Uint8Array }[] = [];
  audioPackets = 0;
  /** Milliseconds of sound that were never captured, and that its timestamps know nothing of. */
  audioHoleMs = 0;
  plis = 0;
  nacks = 0;

  /** Layers of one publisher share `transport`, the counter of what leaves by it. */
  constructor(
    random: Seeded,
    send: (bytes: Uint8Array) => void,
    options: SimulatedOptions = {},
    transport = { sequence: 65_400 },
  ) {
    this.#transport = transport;
    this.#random = random;
    this.#send = send;
    this.#options = {
      videoSsrc: 0x11111111,
      audioSsrc: 0x22222222,
      sequence: 65_000,
      videoTimestamp: 4_294_900_000,
      audioTimestamp: 4_294_950_000,
      frameBytes: 6000,
      videoLateMs: 0,
      rid: '',
      rtxSsrc: 0x33333333,
      ...options,
    };
    this.#videoSequence = this.#options.sequence;
    this.#audioSequence = this.#options.sequence;
  }

  /** Sends one frame captured at `captureMs` of the publisher's clock. */
  frame(captureMs: number): void {
    const key = this.#keyframeWanted;
    this.#keyframeWanted = false;
    const slice = this.#random.bytes(2 + this.#random.below(this.#options.frameBytes));
    slice[0] = key ? 0x65 : 0x41;
    slice[1]! |= 0x80; // first_mb_in_slice is 0
    this.frames.push({ key, slice });
    const payloads = packetizeH264(key ? [SPS, PPS, slice] : [slice]);
    const timestamp = this.#options.videoTimestamp + Math.round(captureMs * 90);
    for (const [index, payload] of payloads.entries()) {
      const sequence = this.#videoSequence++ & 0xffff;
      const marker = index === payloads.length - 1;
      const bytes = this.#packet(106, marker, sequence, timestamp, this.#options.videoSsrc, payload);
      this.#history.set(sequence, bytes);
      this.#history.delete((sequence - 1000) & 0xffff);
      this.#send(bytes);
    }
  }

  /** Sends one Opus packet of 20 ms captured at `captureMs`. */
  sound(captureMs: number): void {
    const payload = this.#random.bytes(80);
    payload[0] = 0xfc; // CELT, 20 ms, stereo, one frame
    const timestamp = this.#options.audioTimestamp + Math.round((captureMs - this.audioHoleMs) * 48);
    const sequence = this.#audioSequence++ & 0xffff;
    this.audioPackets++;
    this.#send(this.#packet(111, false, sequence, timestamp, this.#options.audioSsrc, payload));
  }

  /** Sender reports of both tracks, as of `nowMs` of the publisher's clock. */
  reports(nowMs: number): void {
    const { videoSsrc, audioSsrc, videoTimestamp, audioTimestamp, videoLateMs } = this.#options;
    const ntpMs = nowMs + 1_000_000;
    const video = videoTimestamp + Math.round((nowMs - videoLateMs) * 90);
    const audio = audioTimestamp + Math.round((nowMs - this.audioHoleMs) * 48);
    for (const [ssrc, rtpTimestamp] of [
      [videoSsrc, video],
      [audioSsrc, audio],
    ] as const) {
      const out = new Uint8Array(28);
      writeSenderReport(out, 0, { ssrc, ntpMs, rtpTimestamp: rtpTimestamp % 2 ** 32, packets: 0, bytes: 0 });
      this.#send(out);
    }
  }

  /** What came back from the server. */
  rtcp(bytes: Uint8Array): void {
    for (const report of parseRtcp(bytes)) {
      const { rid, videoSsrc } = this.#options;
      if (report.kind !== 'pli' && report.kind !== 'nack') continue;
      if (rid !== '' && report.mediaSsrc !== videoSsrc) continue;
      if (report.kind === 'pli') {
        this.plis++;
        this.#keyframeWanted = true;
      } else {
        for (const sequence of report.sequenceNumbers) this.#retransmit(sequence);
      }
    }
  }

  #retransmit(sequence: number): void {
    this.nacks++;
    const original = this.#history.get(sequence);
    if (original === undefined) return;
    const payload = new Uint8Array(original.length - this.#headBytes() + 2);
    writeUint16(payload, 0, sequence);
    payload.set(original.subarray(this.#headBytes()), 2);
    const timestamp = new DataView(original.buffer).getUint32(4);
    const marker = (original[1]! & 0x80) !== 0;
    this.#send(
      this.#packet(107, marker, this.#rtxSequence++ & 0xffff, timestamp, this.#options.rtxSsrc, payload),
    );
  }

  #packet(
    payloadType: number,
    marker: boolean,
    sequence: number,
    timestamp: number,
    ssrc: number,
    payload: Uint8Array,
  ): Uint8Array {
    const bytes = new Uint8Array(this.#headBytes() + payload.length);
    const { rid, videoSsrc, rtxSsrc } = this.#options;
    writeRtpHeader(bytes, marker, payloadType, sequence, timestamp, ssrc, true);
    writeUint32(bytes, 12, 0xbede0000 | ((this.#headBytes() - 16) / 4));
    bytes[16] = (3 << 4) | 1;
    writeUint16(bytes, 17, this.#transport.sequence++);
    if (rid !== '' && (ssrc === videoSsrc || ssrc === rtxSsrc)) {
      bytes[19] = ((ssrc === videoSsrc ? 10 : 11) << 4) | 0;
      bytes[20] = rid.charCodeAt(0);
    }
    bytes.set(payload, this.#headBytes());
    return bytes;
  }

  #headBytes(): number {
    return this.#options.rid === '' ? 20 : 24;
  }
}
