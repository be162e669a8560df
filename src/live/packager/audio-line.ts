import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { AudioTrack } from '#media/track.ts';
import type { AudioUnit } from '#media/unit.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { AudioPath } from './audio-path.ts';
import { AudioSegmenter } from './audio-segmenter.ts';
import { AUDIO_ABSENT_MS, AUDIO_LATE_MAX_S, PAUSE_MAX_S, SILENCE_BEHIND_S } from './limits.ts';
import type { SegmentSink } from './segment.ts';

export interface AudioLineDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly transcoder: Transcoder;
}

/** One second of 20 ms: what may be ahead of the first picture. */
const EARLY_UNITS_MAX = 50;

/** The audio side: codec, segmenter, and what keeps it beside the video. Positions are seconds since the epoch. */
export class AudioLine {
  readonly #clock: Clock;
  readonly #timescale: number;
  readonly #segmenter: AudioSegmenter;
  readonly #path: AudioPath | null;
  /** Units before the first picture; null once it came. */
  #early: AudioUnit[] | null = [];
  #lateSinceMs: number | null = null;
  /** Nothing came for a while. */
  #absent = false;

  constructor(deps: AudioLineDeps, track: AudioTrack, sink: SegmentSink, resumes = false) {
    this.#clock = deps.clock;
    this.#timescale = track.timescale;
    const { timescale, channels } = track;
    this.#segmenter = new AudioSegmenter({ timescale, channels }, sink, resumes);
    const unit = (aac: AudioUnit) => this.#output(aac);
    this.#path = track.codec === 'opus' ? new AudioPath({ ...deps, channels, unit }) : null;
  }

  get position(): number {
    return this.#segmenter.position / this.#timescale;
  }

  get counts(): { silentFrames: number; droppedAudioFrames: number } {
    return { silentFrames: this.#segmenter.silent, droppedAudioFrames: this.#segmenter.dropped };
  }

  /** The first picture is at `seconds`: the rendition begins there, too. */
  start(seconds: number): void {
    const ticks = Math.round(seconds * this.#timescale);
    this.#segmenter.startAt(ticks);
    const early = this.#early ?? [];
    this.#early = null;
    for (const unit of early) if (unit.pts >= ticks) this.unit(unit, seconds);
  }

  unit(unit: AudioUnit, videoSeconds: number): void {
    if (this.#early) {
      this.#early.push(unit);
      if (this.#early.length > EARLY_UNITS_MAX) this.#early.shift();
      return;
    }
    // Pictures that return after so long a pause are a discontinuity: until then there is no place for this.
    if (unit.pts / this.#timescale - videoSeconds > PAUSE_MAX_S) return;
    if (this.#path) this.#path.unit(unit);
    else this.#output(unit);
  }

  /** The video has come to `seconds`: audio that does not come along is replaced by silence. */
  follow(seconds: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#absent && seconds - this.position <= AUDIO_LATE_MAX_S) this.#lateSinceMs = null;
    else {
      // A burst of both after a pause of this process is no absence: it must last.
      this.#lateSinceMs ??= nowMs;
      this.#absent ||= nowMs - this.#lateSinceMs >= AUDIO_ABSENT_MS;
      if (this.#absent) this.#segmenter.fillTo((seconds - SILENCE_BEHIND_S) * this.#timescale);
    }
  }

  breakAt(endSeconds: number, startSeconds: number): void {
    const [end, start] = [endSeconds, startSeconds].map(seconds => Math.round(seconds * this.#timescale));
    this.#segmenter.breakAt(end!, start!);
  }

  async flush(): Promise<void> {
    await this.#path?.finish();
  }

  /** Publishes what is left, with silence up to where the video ended. */
  finish(seconds: number): void {
    this.#segmenter.fillTo(seconds * this.#timescale);
    this.#segmenter.finish();
  }

  #output(aac: AudioUnit): void {
    this.#absent = false;
    this.#lateSinceMs = null;
    this.#segmenter.unit(aac);
  }
}
