import {
  AudioData,
  AudioDecoder,
  AudioEncoder,
  EncodedAudioChunk,
  VideoEncoder,
  VideoFrame,
} from '@napi-rs/webcodecs';
import { isKeyFrame, splitAnnexB } from '#media/h264/nal.ts';
import type { AudioTrack, VideoTrack } from '#media/track.ts';
import type { AudioUnit, VideoUnit } from '#media/unit.ts';
import { outputOf } from './programs.ts';

export const videoTrack: VideoTrack = { kind: 'video', codec: 'h264', id: 'video', timescale: 90_000 };
export const audioTrack: AudioTrack = {
  kind: 'audio',
  codec: 'opus',
  id: 'audio',
  timescale: 48_000,
  channels: 2,
};

const SAMPLE_RATE = 48_000;
const OPUS_TICKS = 960;

/** Interleaved samples of a sine at 48 kHz, the same in every channel. */
export function sine(seconds: number, channels: number, hertz = 440): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(seconds * SAMPLE_RATE) * channels);
  for (let i = 0; i < samples.length; i++) {
    const at = Math.floor(i / channels) / SAMPLE_RATE;
    samples[i] = 0.5 * Math.sin(2 * Math.PI * hertz * at);
  }
  return samples;
}

/** Opus packets of 20 ms. The encoder's own delay of 312 samples (RFC 7845 pre-skip) stays in, as it does in WebRTC. */
export async function encodeOpus(samples: Float32Array<ArrayBuffer>, channels: number): Promise<AudioUnit[]> {
  const units: AudioUnit[] = [];
  const encoder = new AudioEncoder({
    output: chunk => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      units.push({ kind: 'audio', pts: units.length * OPUS_TICKS, duration: OPUS_TICKS, data });
    },
    error: cause => {
      throw cause;
    },
  });
  encoder.configure({
    codec: 'opus',
    sampleRate: SAMPLE_RATE,
    numberOfChannels: channels,
    bitrate: 64_000 * channels,
  });
  for (let at = 0; at + OPUS_TICKS * channels <= samples.length; at += OPUS_TICKS * channels) {
    const data = new AudioData({
      format: 'f32',
      sampleRate: SAMPLE_RATE,
      numberOfFrames: OPUS_TICKS,
      numberOfChannels: channels,
      timestamp: Math.round((at / channels / SAMPLE_RATE) * 1e6),
      data: samples.subarray(at, at + OPUS_TICKS * channels),
    });
    encoder.encode(data);
    data.close();
  }
  await encoder.flush();
  encoder.close();
  return units.slice(0, Math.floor(samples.length / channels / OPUS_TICKS));
}

/** The first channel of AAC frames, decoded one after the other. */
export async function decodeAac(
  frames: readonly Uint8Array[],
  config: Uint8Array,
  channels: number,
): Promise<Float32Array> {
  const blocks: Float32Array[] = [];
  const decoder = new AudioDecoder({
    output: samples => {
      const block = new Float32Array(samples.numberOfFrames);
      samples.copyTo(block, { planeIndex: 0, format: 'f32-planar' });
      blocks.push(block);
      samples.close();
    },
    error: cause => {
      throw cause;
    },
  });
  decoder.configure({
    codec: 'mp4a.40.2',
    sampleRate: SAMPLE_RATE,
    numberOfChannels: channels,
    description: config,
  });
  frames.forEach((data, i) => {
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: i * 21_333, data }));
  });
  await decoder.flush();
  decoder.close();
  const out = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}

export interface VideoOptions {
  readonly seconds: number;
  readonly fps?: number;
  readonly width?: number;
  readonly height?: number;
  /** Where the timeline begins. */
  readonly startSeconds?: number;
}

/** A moving grey gradient as H.264 access units at 30 frames a second. The encoder chooses its key frames. */
export async function encodeVideo(options: VideoOptions): Promise<VideoUnit[]> {
  const { seconds, fps = 30, width = 320, height = 180, startSeconds = 0 } = options;
  const units: VideoUnit[] = [];
  const encoder = new VideoEncoder({
    output: chunk => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      const nals = splitAnnexB(bytes);
      const pts = Math.round((startSeconds + chunk.timestamp / 1e6) * 90_000);
      units.push({ kind: 'video', pts, dts: pts, key: isKeyFrame(nals), nals });
    },
    error: cause => {
      throw cause;
    },
  });
  encoder.configure({
    codec: 'avc1.42e01f',
    width,
    height,
    framerate: fps,
    bitrate: 500_000,
    latencyMode: 'realtime',
    avc: { format: 'annexb' },
  });
  for (let i = 0; i < seconds * fps; i++) {
    const frame = gradient(width, height, i, Math.round((i * 1e6) / fps));
    encoder.encode(frame, { keyFrame: i % (2 * fps) === 0 });
    frame.close();
  }
  await encoder.flush();
  encoder.close();
  return units;
}

function gradient(width: number, height: number, shift: number, timestamp: number): VideoFrame {
  const luma = width * height;
  const data = new Uint8Array(luma * 1.5).fill(128, luma);
  for (let i = 0; i < luma; i++) data[i] = (i + shift * 3) & 0xff;
  return new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp });
}

export interface ProbedPacket {
  readonly stream_index: number;
  readonly pts_time: string;
  readonly dts_time: string;
  readonly duration_time: string;
}

export interface Probed {
  readonly streams: readonly {
    readonly index: number;
    readonly codec_type: string;
    readonly codec_name: string;
  }[];
  readonly packets: readonly ProbedPacket[];
}

/** What ffprobe reads of a file or address: its streams, and every packet. */
export async function ffprobe(input: string): Promise<Probed> {
  const args = ['-v', 'error', '-of', 'json', '-show_streams', '-show_packets', '-i', input];
  return JSON.parse((await outputOf('ffprobe', args)).toString()) as Probed;
}
