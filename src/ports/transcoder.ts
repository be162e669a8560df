import type { AudioUnit } from '#media/unit.ts';

export interface AudioTranscodeEvents {
  /** AAC-LC, 1024 ticks a unit, contiguous, on the input's timeline (encoder delay already subtracted). */
  unit(unit: AudioUnit): void;
  /** The codec failed for good; no more units come. */
  failed(cause: Error): void;
}

/** Opus in, AAC-LC out, both at 48 kHz. Runs off the main thread. */
export interface AudioTranscode {
  /** AudioSpecificConfig (ISO 14496-3) of the output; for `esds`. */
  readonly config: Uint8Array;
  readonly sampleRate: 48000;
  readonly channels: number;
  push(unit: AudioUnit): void;
  /** Resolves when everything pushed came out. */
  flush(): Promise<void>;
  close(): void;
}

export interface Transcoder {
  opusToAac(channels: number, events: AudioTranscodeEvents): Promise<AudioTranscode>;
  close(): Promise<void>;
}
