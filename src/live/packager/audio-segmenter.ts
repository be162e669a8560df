import { AAC_FRAME_TICKS, AAC_LC_CODEC, audioSpecificConfig, silentAacFrame } from '#media/aac/config.ts';
import { writeAudioInit } from '#media/isobmff/init.ts';
import type { AudioUnit } from '#media/unit.ts';
import { AUDIO_FRAMES_FIRST_SEGMENT, AUDIO_FRAMES_PER_PART, AUDIO_FRAMES_PER_SEGMENT } from './limits.ts';
import { PartBuilder } from './part-builder.ts';
import type { SegmentSink } from './segment.ts';

export interface AudioFormat {
  readonly timescale: number;
  readonly channels: number;
  /** AudioSpecificConfig; made from the rest when absent. */
  readonly config?: Uint8Array;
}

/** The timeline ended at `end` and goes on at `start`. */
interface Break {
  readonly end: number;
  readonly start: number;
}

const HALF_FRAME = AAC_FRAME_TICKS / 2;

/** Cuts AAC frames into parts and segments by count. What is missing becomes silence, so that playback never starves. */
export class AudioSegmenter {
  readonly #format: AudioFormat;
  readonly #sink: SegmentSink;
  readonly #part = new PartBuilder(false);
  #breaks: Break[] = [];
  /** Where the next frame belongs. */
  #next = 0;
  #framesInSegment = 0;
  #framesWanted = AUDIO_FRAMES_FIRST_SEGMENT;
  #open = false;
  #started = false;
  #discontinuity: boolean;
  /** Frames of silence that stood in for missing ones. */
  silent = 0;
  /** Frames that came too late or before the epoch. */
  dropped = 0;

  /** `resumes`: there were segments before a restart. */
  constructor(format: AudioFormat, sink: SegmentSink, resumes = false) {
    this.#format = format;
    this.#sink = sink;
    this.#discontinuity = resumes;
  }

  /** Ticks that are covered so far. */
  get position(): number {
    return this.#next;
  }

  /** Where the timeline begins; called once, before anything else. */
  startAt(ticks: number): void {
    this.#next = ticks;
  }

  unit(unit: AudioUnit): void {
    this.#crossBreaks(unit.pts + HALF_FRAME);
    if (unit.pts < Math.max(0, this.#next - HALF_FRAME)) {
      this.dropped++;
      return;
    }
    // Up to half a frame off, so that there is no hole, neither between two frames nor before the first: Shaka never ends a
    // replay whose sound begins a few milliseconds after the picture.
    this.#fill(unit.pts + HALF_FRAME);
    this.#append(this.#next, unit.data);
    this.#sink.publish();
  }

  /** Makes sure that everything before `end` is covered, breaks excepted; silence where nothing came. */
  fillTo(end: number): void {
    this.#crossBreaks(end);
    this.#fill(Math.min(end, this.#breaks[0]?.end ?? end));
    this.#sink.publish();
  }

  /** The video's timeline broke; the audio breaks at the same place, so that renditions keep matching. */
  breakAt(end: number, start: number): void {
    this.#breaks.push({ end, start });
  }

  finish(): void {
    this.#endSegment();
    this.#sink.publish();
  }

  #crossBreaks(position: number): void {
    for (let next = this.#breaks[0]; next && next.start <= position; next = this.#breaks[0]) {
      this.#breaks.shift();
      this.#fill(next.end);
      this.#endSegment();
      this.#discontinuity = this.#started;
      this.#next = Math.max(next.start, this.#next);
    }
  }

  #fill(end: number): void {
    while (this.#next + AAC_FRAME_TICKS <= end) {
      this.silent++;
      this.#append(this.#next, silentAacFrame(this.#format.channels));
    }
  }

  #append(pts: number, data: Uint8Array): void {
    if (!this.#open) this.#begin(pts);
    this.#part.add(pts, { duration: AAC_FRAME_TICKS, compositionOffset: 0, key: true, pieces: [data] });
    this.#next = pts + AAC_FRAME_TICKS;
    this.#framesInSegment++;
    if (this.#part.count === AUDIO_FRAMES_PER_PART) this.#sink.part(this.#part.take());
    if (this.#framesInSegment === this.#framesWanted) this.#endSegment();
  }

  #begin(pts: number): void {
    if (!this.#started) this.#writeInit();
    this.#sink.begin(pts, this.#discontinuity, true);
    this.#started = true;
    this.#discontinuity = false;
    this.#open = true;
    this.#framesInSegment = 0;
  }

  #writeInit(): void {
    const { timescale, channels } = this.#format;
    const config = this.#format.config ?? audioSpecificConfig(timescale, channels);
    const info = { kind: 'audio', codec: AAC_LC_CODEC, channels } as const;
    this.#sink.init(writeAudioInit({ timescale, channels, config }), info);
  }

  #endSegment(): void {
    if (!this.#open) return;
    if (this.#part.count > 0) this.#sink.part(this.#part.take());
    this.#sink.end();
    this.#open = false;
    this.#framesWanted = AUDIO_FRAMES_PER_SEGMENT;
  }
}
