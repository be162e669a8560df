import { setImmediate } from 'node:timers/promises';
import { type AudioData, AudioDecoder, EncodedAudioChunk } from '@napi-rs/webcodecs';
import { TRANSCODE_GAP_TICKS_MAX } from '#ports/transcoder.ts';
import { AacRun, type AacRunEvents, SAMPLE_RATE, unlessClosed } from './aac-run.ts';

/** Packets that wait for the decoder: five seconds of 20 ms. */
const DECODE_QUEUE_MAX = 250;
/** Broken packets in a row, before the session is given up. */
const DECODE_FAILURES_MAX = 100;
/** Timestamps that are off by less are taken as rounding: 2.5 ms, the shortest Opus frame. */
const TOLERANCE = 120;

interface Packet {
  /** Microseconds, as the codec has it. */
  readonly timestamp: number;
  readonly data: Uint8Array;
}

const flushed = (decoder: AudioDecoder): Promise<boolean> =>
  decoder.flush().then(
    () => true,
    () => false,
  );

/** Opus packets in, AAC frames out, on one timeline. Lives in the worker. */
export class CodecSession {
  readonly #channels: number;
  readonly #events: AacRunEvents;
  #decoder: AudioDecoder;
  /** What the decoder has not answered yet. */
  #decoding: Packet[] = [];
  #run: AacRun | null = null;
  /** Ends when everything decoded so far is placed; keeps the order while a run is being finished. */
  #placed: Promise<void> = Promise.resolve();
  #failures = 0;
  #closed = false;

  constructor(channels: number, events: AacRunEvents) {
    this.#channels = channels;
    this.#events = {
      frame: (pts, data) => {
        if (!this.#closed) events.frame(pts, data);
      },
      failed: cause => {
        if (this.#closed) return;
        this.close();
        events.failed(cause);
      },
    };
    this.#decoder = this.#startDecoder();
  }

  push(pts: number, data: Uint8Array): void {
    if (this.#closed || data.length === 0 || this.#decoding.length >= DECODE_QUEUE_MAX) return;
    this.#decode({ timestamp: Math.round((pts * 1e6) / SAMPLE_RATE), data });
  }

  async flush(): Promise<void> {
    // A broken packet rejects the flush; another decoder goes on with what was behind it.
    while (!this.#closed && !(await flushed(this.#decoder))) await setImmediate();
    await this.#placed;
    await this.#run?.finish();
    this.#run = null;
  }

  close(): void {
    this.#closed = true;
    unlessClosed(this.#decoder, () => this.#decoder.close());
    this.#run?.close();
    this.#run = null;
  }

  #decode(packet: Packet): void {
    this.#decoding.push(packet);
    const { timestamp, data } = packet;
    const chunk = new EncodedAudioChunk({ type: 'key', timestamp, data });
    // Closed by a broken packet that is not reported yet: `#recover` comes back to this one.
    unlessClosed(this.#decoder, () => this.#decoder.decode(chunk));
  }

  #startDecoder(): AudioDecoder {
    const decoder: AudioDecoder = new AudioDecoder({
      output: samples => this.#decoded(samples),
      error: cause => {
        if (decoder === this.#decoder && !this.#closed) this.#recover(cause);
      },
    });
    decoder.configure({ codec: 'opus', sampleRate: SAMPLE_RATE, numberOfChannels: this.#channels });
    return decoder;
  }

  #decoded(samples: AudioData): void {
    this.#failures = 0;
    const index = this.#decoding.findIndex(packet => packet.timestamp === samples.timestamp);
    this.#decoding.splice(0, index + 1);
    this.#placed = this.#placed.then(() => this.#place(samples)).catch(cause => this.#events.failed(cause));
  }

  /** A decoder closes itself at a broken packet: another one goes on behind it. */
  #recover(cause: Error): void {
    if (++this.#failures > DECODE_FAILURES_MAX) {
      this.#events.failed(cause);
      return;
    }
    const behind = this.#decoding.slice(1);
    this.#decoding = [];
    this.#decoder = this.#startDecoder();
    for (const packet of behind) this.#decode(packet);
  }

  async #place(samples: AudioData): Promise<void> {
    const pts = Math.round((samples.timestamp * SAMPLE_RATE) / 1e6);
    try {
      if (this.#closed) return;
      const gap = this.#run ? pts - this.#run.end : 0;
      if (this.#run && gap > TRANSCODE_GAP_TICKS_MAX) await this.#endRun();
      if (gap <= -TOLERANCE) return; // what was filled already
      this.#run ??= new AacRun(this.#channels, pts, this.#events);
      if (this.#run.end + TOLERANCE <= pts) this.#run.addSilence(pts - this.#run.end);
      this.#run.add(samples);
    } finally {
      samples.close();
    }
  }

  async #endRun(): Promise<void> {
    await this.#run?.finish();
    this.#run = null;
  }
}
