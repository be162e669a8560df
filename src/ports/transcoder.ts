import type { AudioUnit } from '#media/unit.ts';

export interface AudioTranscodeEvents {
  /**
   * AAC-LC, 1024 ticks a unit, on the input's timeline (encoder delay already subtracted). The first unit begins where the
   * first input begins. Units are contiguous: input that is missing becomes silence, unless more than
   * `TRANSCODE_GAP_TICKS_MAX` are missing; then the output goes on where the input goes on.
   */
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
  /** Never blocks and never throws: what is broken, late or too much is left out, as if it had not come. */
  push(unit: AudioUnit): void;
  /** Resolves when everything pushed came out, the last unit padded with silence. Rejects when the codec failed or was closed. */
  flush(): Promise<void>;
  /** Idempotent. Nothing is reported afterwards. */
  close(): void;
}

/** One second at 48 kHz. */
export const TRANSCODE_GAP_TICKS_MAX = 48_000;

export interface Transcoder {
  /** One or two channels. Rejects with a `Fault` when the codec cannot be started. */
  opusToAac(channels: number, events: AudioTranscodeEvents): Promise<AudioTranscode>;
  close(): Promise<void>;
}
