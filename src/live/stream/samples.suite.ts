import type { RtpPacket } from '#media/rtp/packet.ts';
import type { AudioTrack, VideoTrack } from '#media/track.ts';
import type { AudioUnit, VideoUnit } from '#media/unit.ts';

export const video: VideoTrack = { kind: 'video', codec: 'h264', id: 'video', timescale: 90000 };
export const audio: AudioTrack = { kind: 'audio', codec: 'opus', id: 'audio', timescale: 48000, channels: 2 };

/** A parameter set, an IDR slice and another slice, as single NAL unit packets. */
export const SPS = Uint8Array.of(0x67, 1, 2, 3);
export const IDR = Uint8Array.of(0x65, 1, 2, 3);
export const SLICE = Uint8Array.of(0x41, 1, 2, 3);

export function packet(timestamp: number, payload: Uint8Array = SLICE, ssrc = 1): RtpPacket {
  return {
    payloadType: 96,
    marker: true,
    sequenceNumber: 0,
    timestamp: timestamp >>> 0,
    ssrc,
    payload,
    extensionProfile: 0,
    extensions: null,
    mediaTimeMs: Number.NaN,
  };
}

export const videoUnit = (pts: number, key = false): VideoUnit => ({
  kind: 'video',
  pts,
  dts: pts,
  key,
  nals: [key ? IDR : SLICE],
});

export const audioUnit = (pts: number): AudioUnit => ({
  kind: 'audio',
  pts,
  duration: 960,
  data: Uint8Array.of(1),
});
