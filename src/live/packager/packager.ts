import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Track } from '#media/track.ts';
import type { Unit, VideoUnit } from '#media/unit.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { AudioLine } from './audio-line.ts';
import { BLOCK_MS_MAX, WAITING_MAX } from './limits.ts';
import { createLiveSource } from './live-source.ts';
import { Rendition } from './rendition.ts';
import type { EarlierRendition, InitMedia, SegmentMedia } from './segment.ts';
import type { HlsSource, RenditionName } from './source.ts';
import { VideoSegmenter } from './video-segmenter.ts';
import { WaitingRoom } from './waiting-room.ts';

/** Where finished media goes beside memory. Calls never throw and never wait. */
export interface RecordingSink {
  init(rendition: RenditionName, init: InitMedia): void;
  /** A segment that is being made has one part more. */
  part(rendition: RenditionName, timescale: number, segment: SegmentMedia): void;
  segment(rendition: RenditionName, timescale: number, segment: SegmentMedia): void;
  /** Whether the bytes of a segment that was handed over can be had from the recording. */
  isKept(segment: SegmentMedia): boolean;
}

export interface PackagerDeps {
  /** Wall time of tick zero, milliseconds since the Unix epoch. */
  readonly epochMs: number;
  /** One H.264 track, and at most one Opus (48 kHz) or AAC-LC track; read at the first unit. */
  readonly tracks: readonly Track[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly transcoder: Transcoder;
  /** Asks the publisher for a key frame. */
  readonly keyframeWanted: () => void;
  readonly recording: RecordingSink | null;
  /** Told of every part, for the metrics. */
  readonly partCut?: PartCut;
  /** What there was before a restart: it stays in the playlists, and what comes follows it. */
  readonly earlier?: Readonly<Partial<Record<RenditionName, EarlierRendition>>> | undefined;
}

export type PartCut = (rendition: RenditionName, durationS: number) => void;

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
  /** Requests for the multivariant playlist, before there is one. */
  readonly #lobby: WaitingRoom;
  readonly #video: VideoSegmenter;
  /** Undefined until the tracks are known: after a restart that is when the publisher is back. */
  #audio: AudioLine | null | undefined;
  #finished: Promise<void> | null = null;

  constructor(deps: PackagerDeps) {
    this.#deps = deps;
    this.#lobby = new WaitingRoom(deps.clock, WAITING_MAX, BLOCK_MS_MAX);
    const video = this.#rendition('video', 90_000);
    this.#video = new VideoSegmenter(90_000, video, {
      keyframeWanted: deps.keyframeWanted,
      discontinuity: (end, start) => this.#audio?.breakAt(end / 90_000, start / 90_000),
    });
    if (deps.earlier?.audio) this.#rendition('audio', deps.earlier.audio.timescale);
    if (!deps.earlier) this.#audio = this.#openAudio();
    this.source = createLiveSource(this.#renditions, this.#lobby);
  }

  unit(unit: Unit): void {
    if (this.#finished) return;
    if (this.#audio === undefined) this.#audio = this.#openAudio();
    if (unit.kind === 'video') this.#videoUnit(unit);
    else this.#audio?.unit(unit, this.#videoSeconds() ?? 0);
  }

  finish(): Promise<void> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  #openAudio(): AudioLine | null {
    const track = this.#deps.tracks.find(candidate => candidate.kind === 'audio');
    if (!track) return null;
    const known = this.#renditions.find(rendition => rendition.name === 'audio');
    if (known && known.timescale !== track.timescale) {
      this.#deps.log.warn({ timescale: track.timescale }, 'audio came back at another rate and is left out');
      return null;
    }
    return new AudioLine(this.#deps, track, known ?? this.#rendition('audio', track.timescale));
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
    const end = this.#video.finish(Math.round((this.#audio?.position ?? 0) * 90_000));
    this.#audio?.finish(end / 90_000);
    for (const rendition of this.#renditions) rendition.finish();
    this.#deps.log.info(
      { droppedFrames: this.#video.dropped, ...this.#audio?.counts },
      'the packager has finished',
    );
  }

  #rendition(name: RenditionName, timescale: number): Rendition {
    const { epochMs, clock, recording, partCut } = this.#deps;
    const rendition: Rendition = new Rendition({
      name,
      timescale,
      epochMs,
      clock,
      earlier: this.#deps.earlier?.[name],
      siblings: () => this.#renditions.filter(other => other !== rendition),
      onInit: init => recording?.init(name, init),
      onPart: segment => {
        recording?.part(name, timescale, segment);
        partCut?.(name, segment.parts.at(-1)!.duration / timescale);
      },
      onSegment: segment => recording?.segment(name, timescale, segment),
      isKept: segment => recording?.isKept(segment) ?? false,
      onChange: () => this.#lobby.wake(),
    });
    this.#renditions.push(rendition);
    return rendition;
  }
}
