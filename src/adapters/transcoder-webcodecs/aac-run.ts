import { AudioData, AudioEncoder } from '@napi-rs/webcodecs';

export const SAMPLE_RATE = 48_000;
export const AAC_FRAME = 1024;
const BITRATE_PER_CHANNEL = 64_000;

export interface AacRunEvents {
  /** One raw frame; `pts` in samples. */
  frame(pts: number, data: Uint8Array): void;
  failed(cause: Error): void;
}

/** Asking a codec first is not enough: it closes itself at a failure, on a thread of its own, between question and call. */
export function unlessClosed(codec: { readonly state: string }, act: () => void): void {
  try {
    act();
  } catch (cause) {
    if (codec.state !== 'closed') throw cause;
  }
}

/**
 * One contiguous run of AAC frames. FFmpeg's encoder begins with a frame of its own delay, 1024 samples before the first
 * input: it is left out, so that what comes out stands where it went in.
 */
export class AacRun {
  readonly #encoder: AudioEncoder;
  readonly #start: number;
  readonly #channels: number;
  #fed = 0;
  #frames = 0;
  #description: Uint8Array | null = null;

  /** `start`: position of the first sample. */
  constructor(channels: number, start: number, events: AacRunEvents) {
    this.#channels = channels;
    this.#start = start;
    this.#encoder = new AudioEncoder({
      output: (chunk, metadata) => {
        const description = metadata?.decoderConfig?.description;
        if (description) this.#description = bytesOf(description);
        const data = new Uint8Array(chunk.byteLength);
        chunk.copyTo(data);
        const index = this.#frames++;
        if (index > 0) events.frame(this.#start + (index - 1) * AAC_FRAME, data);
      },
      error: cause => events.failed(cause),
    });
    const bitrate = BITRATE_PER_CHANNEL * channels;
    this.#encoder.configure({
      codec: 'mp4a.40.2',
      sampleRate: SAMPLE_RATE,
      numberOfChannels: channels,
      bitrate,
    });
  }

  /** Where the next sample belongs. */
  get end(): number {
    return this.#start + this.#fed;
  }

  /** AudioSpecificConfig; known once the first frame came out. */
  get description(): Uint8Array | null {
    return this.#description;
  }

  add(samples: AudioData): void {
    this.#fed += samples.numberOfFrames;
    this.#encoder.encode(samples);
  }

  addSilence(count: number): void {
    // The encoder refuses blocks that are much longer than its frame.
    for (let left = count; left > 0; left -= AAC_FRAME) this.#addSilentBlock(Math.min(left, AAC_FRAME));
  }

  /** Brings out everything that was added; the run is over. */
  async finish(): Promise<void> {
    await this.#encoder.flush();
    this.close();
  }

  close(): void {
    unlessClosed(this.#encoder, () => this.#encoder.close());
  }

  #addSilentBlock(count: number): void {
    const samples = new AudioData({
      format: 'f32-planar', // as the decoder gives it: one encoder takes one format
      sampleRate: SAMPLE_RATE,
      numberOfFrames: count,
      numberOfChannels: this.#channels,
      timestamp: Math.round((this.end * 1e6) / SAMPLE_RATE),
      data: new Float32Array(count * this.#channels),
    });
    this.add(samples);
    samples.close();
  }
}

function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (source instanceof ArrayBuffer) return new Uint8Array(source.slice());
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
}

/** AudioSpecificConfig as this encoder writes it; also proves that the encoder works here. */
export async function probeConfig(channels: number): Promise<Uint8Array> {
  let failure: Error | null = null;
  const run = new AacRun(channels, 0, {
    frame: () => {},
    failed: cause => {
      failure = cause;
    },
  });
  run.addSilence(2 * AAC_FRAME);
  await run.finish();
  if (failure) throw failure;
  if (!run.description) throw new Error('the AAC encoder states no configuration');
  return run.description;
}
