import { packetizeH264 } from '#media/h264/packetizer.ts';
import { writeRtpHeader } from '#media/rtp/packet.ts';
import type { Offer } from '#media/sdp/offer.ts';
import { PPS, SPS } from './simulated-publisher.ts';

const nothing = { mid: null, transportCc: null, absSendTime: null };
const feedback = { nack: true, pli: true, transportCc: false, remb: false };
const [VIDEO, AUDIO] = [96, 111];

/** What it agreed upon: one encoding and Opus. */
export const oddOffer: Offer = {
  role: 'publisher',
  remote: { iceUfrag: 'abcd', icePwd: 'x'.repeat(24), fingerprint: 'sha-256 AB', setup: 'actpass' },
  candidates: [],
  video: {
    mid: '0',
    payloadType: VIDEO,
    rtxPayloadType: null,
    fmtp: '',
    profileLevelId: '42e01f',
    extensions: nothing,
    feedback,
  },
  audio: { mid: '1', payloadType: AUDIO, fmtp: '', extensions: nothing, feedback },
  media: [],
  isGrouped: true,
};

/** Sends whatever timestamps, pictures and sizes it is told to, as RTP. */
export class OddPublisher {
  readonly #send: (bytes: Uint8Array) => void;
  #videoSequence = 65_000;
  #audioSequence = 65_000;
  /** What stands before every key frame. */
  parameterSets: readonly Uint8Array[] = [SPS, PPS];

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  /** One picture of one slice of `bytes`. */
  picture(timestamp: number, key: boolean, bytes = 600): void {
    const slice = new Uint8Array(bytes).fill(0xa5);
    slice[0] = key ? 0x65 : 0x41;
    this.nals(timestamp, key ? [...this.parameterSets, slice] : [slice]);
  }

  /** One access unit of these NAL units. */
  nals(timestamp: number, nals: readonly Uint8Array[]): void {
    const payloads = packetizeH264(nals);
    for (const [i, payload] of payloads.entries())
      this.#packet(VIDEO, i === payloads.length - 1, this.#videoSequence++, timestamp, 1, payload);
  }

  /** One Opus packet, of 20 ms unless it is given. */
  sound(timestamp: number, payload = Uint8Array.of(0xfc, 1, 2, 3)): void {
    this.#packet(AUDIO, false, this.#audioSequence++, timestamp, 2, payload);
  }

  #packet(
    type: number,
    marker: boolean,
    sequence: number,
    timestamp: number,
    ssrc: number,
    payload: Uint8Array,
  ): void {
    const bytes = new Uint8Array(12 + payload.length);
    writeRtpHeader(bytes, marker, type, sequence & 0xffff, timestamp, ssrc, false);
    bytes.set(payload, 12);
    this.#send(bytes);
  }
}
