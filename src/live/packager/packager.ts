import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { AudioTrack, Track } from '#media/track.ts';
import type { AudioUnit, Unit, VideoUnit } from '#media/unit.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { AudioPath } from './audio-path.ts';
import { AudioSegmenter } from './audio-segmenter.ts';
import { AUDIO_LATE_MAX_S, PAUSE_MAX_S } from './limits.ts';
import { createLiveSource } from './live-source.ts';
import { Rendition } from './rendition.ts';
import type { InitMedia, SegmentMedia } from './segment.ts';
import type { HlsSource, RenditionName } from './source.ts';
import { VideoSegmenter } from './video-segmenter.ts';

/** Where finished media goes beside memory. Calls never throw and never wait. */
export interface RecordingSink {
  init(rendition: RenditionName, init: InitMedia): void;
  segment(rendition: RenditionName, timescale: number, segment: SegmentMedia): void;
}

export interface PackagerDeps {
  /** Wall time of tick zero, milliseconds since the Unix epoch. */
  readonly epochMs: number;
  /** One H.264 track, and at most one Opus (48 kHz) or AAC-LC track. */
  readonly tracks: readonly Track[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly transcoder: Transcoder;
  /** Asks the publisher for a key frame. */
  readonly keyframeWanted: () => void;
  readonly recording: RecordingSink | null;
}

/** Turns the units of one stream into LL-HLS. It reads a `Stream`, and is what `servers/hls` asks while live. */
export interface Packager {
  readonly source: HlsSource;
  unit(track: Track, unit: Unit): void;
  /** The stream is over: publishes what is left and ends the playlists. */
  ended(): void;
  /** As `ended`; resolves when the last segment was handed to the recording. Idempotent, never rejects. */
  finish(): Promise<void>;
}

export function createPackager(deps: PackagerDeps): Packager {
  const packager = new StreamPackager(deps);
  return {
    source: packager.source,
    unit: (_track, unit) => packager.unit(unit),
    ended: () => void packager.finish(),
    finish: () => packager.finish(),
  };
}

class StreamPackager {
  readonly source: HlsSource;
  readonly #deps: PackagerDeps;
  readonly #renditions: Rendition[] = [];
  readonly #video: VideoSegmenter;
  readonly #audio: AudioLine | null;
  #finished: Promise<void> | null = null;

  constructor(deps: PackagerDeps) {
    this.#deps = deps;
    const video = this.#rendition('video', 90_000);
    this.#video = new VideoSegmenter(90_000, video, {
      keyframeWanted: deps.keyframeWanted,
      discontinuity: (end, start) => this.#audio?.breakAt(end / 90_000, start / 90_000),
    });
    const track = deps.tracks.find(candidate => candidate.kind === 'audio');
    this.#audio = track ? new AudioLine(deps, track, this.#rendition('audio', track.timescale)) : null;
    this.source = createLiveSource(this.#renditions);
  }

  unit(unit: Unit): void {
    if (this.#finished) return;
    if (unit.kind === 'video') this.#videoUnit(unit);
    else this.#audio?.unit(unit, this.#videoSeconds() ?? 0);
  }

  finish(): Promise<void> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  #videoUnit(unit: VideoUnit): void {
    const before = this.#videoSeconds();
    this.#video.unit(unit);
    const position = this.#videoSeconds();
    if (position === null) return;
    if (before === null) this.#audio?.start(position);
    else this.#audio?.follow(position);
  }

  #videoSeconds(): number | null {
    return this.#video.position === null ? null : this.#video.position / 90_000;
  }

  async #finish(): Promise<void> {
    await this.#audio?.flush();
    this.#video.finish(Math.round((this.#audio?.position ?? 0) * 90_000));
    this.#audio?.finish();
    for (const rendition of this.#renditions) rendition.finish();
    this.#deps.log.info(
      { droppedFrames: this.#video.dropped, ...this.#audio?.counts },
      'the packager has finished',
    );
  }

  #rendition(name: RenditionName, timescale: number): Rendition {
    const { epochMs, clock, recording } = this.#deps;
    const rendition: Rendition = new Rendition({
      name,
      timescale,
      epochMs,
      clock,
      siblings: () => this.#renditions.filter(other => other !== rendition),
      onInit: init => recording?.init(name, init),
      onSegment: segment => recording?.segment(name, timescale, segment),
    });
    this.#renditions.push(rendition);
    return rendition;
  }
}

/** One second of 20 ms: what may be ahead of the first picture. */
const EARLY_UNITS_MAX = 50;

/** The audio side: codec, segmenter, and what keeps it beside the video. Positions are seconds since the epoch. */
class AudioLine {
  readonly #timescale: number;
  readonly #segmenter: AudioSegmenter;
  readonly #path: AudioPath | null;
  /** Units before the first picture; null once it came. */
  #early: AudioUnit[] | null = [];
  #lastSeconds = 0;
  /** Audio of a stream that resumes is left out until its first picture. */
  #resuming = false;

  constructor(deps: PackagerDeps, track: AudioTrack, rendition: Rendition) {
    this.#timescale = track.timescale;
    const { timescale, channels } = track;
    this.#segmenter = new AudioSegmenter({ timescale, channels }, rendition);
    const unit = (aac: AudioUnit) => this.#segmenter.unit(aac);
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
    const seconds = unit.pts / this.#timescale;
    if (seconds - Math.max(this.#lastSeconds, videoSeconds) > PAUSE_MAX_S) this.#resuming = true;
    if (this.#resuming) return;
    this.#lastSeconds = seconds;
    if (this.#path) this.#path.unit(unit);
    else this.#segmenter.unit(unit);
  }

  /** The video has come to `seconds`: audio that is far behind is replaced by silence. */
  follow(seconds: number): void {
    const end = (seconds - AUDIO_LATE_MAX_S) * this.#timescale;
    if (end > this.#segmenter.position) this.#segmenter.fillTo(end);
  }

  breakAt(endSeconds: number, startSeconds: number): void {
    this.#resuming = false;
    const [end, start] = [endSeconds, startSeconds].map(seconds => Math.round(seconds * this.#timescale));
    this.#segmenter.breakAt(end!, start!);
  }

  async flush(): Promise<void> {
    await this.#path?.finish();
  }

  finish(): void {
    this.#segmenter.finish();
  }
}
