import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/log.ts';
import type { RtpPacket } from '#media/rtp/packet.ts';
import type { AudioTrack, Track, VideoTrack } from '#media/track.ts';
import type { AudioUnit, Unit, VideoUnit } from '#media/unit.ts';
import type { StreamReader } from './reader.ts';
import { Stream } from './stream.ts';

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

/** Keeps what it reads. */
export class Recorder implements StreamReader {
  readonly packets: RtpPacket[] = [];
  readonly units: { track: Track; unit: Unit }[] = [];
  ends = 0;

  packet(_track: Track, packet: RtpPacket): void {
    this.packets.push(packet);
  }

  unit(track: Track, unit: Unit): void {
    this.units.push({ track, unit });
  }

  ended(): void {
    this.ends++;
  }

  pts(kind: 'audio' | 'video'): number[] {
    return this.units.filter(entry => entry.unit.kind === kind).map(entry => entry.unit.pts);
  }
}

/** A stream on a clock of its own, and what it tells the one who keeps it. */
export function openStream() {
  const clock = new FakeClock();
  const events: string[] = [];
  /** What was wrong, each time that changed. */
  const troubled: (readonly string[])[] = [];
  const stream: Stream = new Stream({
    clock,
    log: silentLogger,
    events: {
      mediaArrived: () => events.push('arrived'),
      publisherLeft: reason => events.push(reason),
      troubled: () => troubled.push(stream.troubles),
    },
  });
  return { clock, events, troubled, stream };
}
