import { AAC_FRAME_TICKS, audioSpecificConfig, silentAacFrame } from '#media/aac/config.ts';
import type { AudioUnit } from '#media/unit.ts';
import {
  type AudioTranscode,
  type AudioTranscodeEvents,
  TRANSCODE_GAP_TICKS_MAX,
  type Transcoder,
} from '#ports/transcoder.ts';

/** Keeps the port's promises about the timeline, at once; what is to be heard is silence. */
export const silentTranscoder: Transcoder = {
  opusToAac: async (channels, events) => new SilentTranscode(channels, events),
  close: async () => {},
};

class SilentTranscode implements AudioTranscode {
  readonly sampleRate = 48_000;
  readonly channels: number;
  readonly config: Uint8Array;
  readonly #events: AudioTranscodeEvents;
  #next = Number.NaN;
  #covered = Number.NaN;

  constructor(channels: number, events: AudioTranscodeEvents) {
    this.channels = channels;
    this.config = audioSpecificConfig(this.sampleRate, channels);
    this.#events = events;
  }

  push({ pts, duration }: AudioUnit): void {
    const jumps = !(pts - this.#covered <= TRANSCODE_GAP_TICKS_MAX);
    if (jumps) this.#next = pts;
    this.#covered = jumps ? pts + duration : Math.max(this.#covered, pts + duration);
    while (this.#next + AAC_FRAME_TICKS <= this.#covered) this.#emit();
  }

  async flush(): Promise<void> {
    if (this.#covered > this.#next) this.#emit();
  }

  close(): void {}

  #emit(): void {
    const data = silentAacFrame(this.channels);
    this.#events.unit({ kind: 'audio', pts: this.#next, duration: AAC_FRAME_TICKS, data });
    this.#next += AAC_FRAME_TICKS;
  }
}
