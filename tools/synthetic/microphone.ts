import { AudioData, AudioEncoder } from '@napi-rs/webcodecs';
import { Sound } from './sound.ts';

/** What one Opus packet lasts. */
export const AUDIO_PACKET_MS = 20;

export interface MicrophoneEvents {
  /** One Opus packet; `ms` is when its sound begins, since the start. */
  packet(bytes: Uint8Array, ms: number): void;
  failed(cause: Error): void;
}

/** Plays a tone into an Opus encoder. */
export class Microphone {
  readonly #sound = new Sound();
  readonly #encoder: AudioEncoder;
  #ms = 0;

  constructor(events: MicrophoneEvents) {
    this.#encoder = new AudioEncoder({
      output: chunk => {
        const bytes = new Uint8Array(chunk.byteLength);
        chunk.copyTo(bytes);
        events.packet(bytes, chunk.timestamp / 1000);
      },
      error: cause => events.failed(cause),
    });
    const { sampleRate, channels } = this.#sound;
    this.#encoder.configure({
      codec: 'opus',
      sampleRate,
      numberOfChannels: channels,
      bitrate: 64_000,
      opus: { frameDuration: AUDIO_PACKET_MS * 1000 },
    });
  }

  /** Records up to `ms` since the start. */
  listen(ms: number): void {
    const { sampleRate, channels } = this.#sound;
    const frames = (sampleRate * AUDIO_PACKET_MS) / 1000;
    for (; this.#ms + AUDIO_PACKET_MS <= ms; this.#ms += AUDIO_PACKET_MS) {
      const samples = new AudioData({
        format: 'f32',
        sampleRate,
        numberOfFrames: frames,
        numberOfChannels: channels,
        timestamp: this.#ms * 1000,
        data: this.#sound.next(frames),
      });
      this.#encoder.encode(samples);
      samples.close();
    }
  }

  close(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
  }
}
