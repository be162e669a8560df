import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Track, VideoTrack } from '#media/track.ts';
import type { Unit, VideoUnit } from '#media/unit.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { AudioLine } from './audio-line.ts';
import { BLOCK_MS_MAX, LAYER_LATE_S, LAYERS_WAIT_S, VIDEO_RENDITIONS_MAX, WAITING_MAX } from './limits.ts';
import { createLiveSource } from './live-source.ts';
import { Rendition } from './rendition.ts';
import type { InitMedia, SegmentMedia } from './segment.ts';
import { SegmentPlan } from './segment-plan.ts';
import type { HlsSource, RenditionName } from './source.ts';
import { VideoSegmenter } from './video-segmenter.ts';
import { WaitingRoom } from './waiting-room.ts';

/** Where finished media goes beside memory. Calls never throw and never wait. */
export interface RecordingSink {
  init(rendition: RenditionName, init: InitMedia): void;
  segment(rendition: RenditionName, timescale: number, segment: SegmentMedia): void;
}

export interface PackagerDeps {
  /** Wall time of tick zero, milliseconds since the Unix epoch. */
  readonly epochMs: number;
  /** H.264 tracks, one for each layer, and at most one Opus (48 kHz) or AAC-LC track. */
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
    unit: (track, unit) => packager.unit(track, unit),
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
  readonly #plan = new SegmentPlan(90_000);
  readonly #layers = new Map<RenditionName, VideoSegmenter>();
  /** Where the video began, seconds since the epoch. */
  #beganAt = 0;
  readonly #audio: AudioLine | null;
  #finished: Promise<void> | null = null;

  constructor(deps: PackagerDeps) {
    this.#deps = deps;
    this.#lobby = new WaitingRoom(deps.clock, WAITING_MAX, BLOCK_MS_MAX);
    for (const track of deps.tracks) if (track.kind === 'video') this.#layer(track);
    const track = deps.tracks.find(candidate => candidate.kind === 'audio');
    this.#audio = track ? new AudioLine(deps, track, this.#rendition('audio', track.timescale)) : null;
    this.source = createLiveSource(this.#renditions, this.#lobby, () => this.#layersAwaited());
  }

  unit(track: Track, unit: Unit): void {
    if (this.#finished) return;
    if (unit.kind === 'video') this.#videoUnit(track, unit);
    else this.#audio?.unit(unit, this.#videoSeconds() ?? 0);
  }

  finish(): Promise<void> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  #videoUnit(track: Track, unit: VideoUnit): void {
    const layer = track.kind === 'video' ? this.#layer(track) : undefined;
    const before = this.#videoSeconds();
    const cuts = this.#plan.count;
    layer?.unit(unit);
    const position = this.#videoSeconds();
    if (position === null) return;
    if (before === null) {
      this.#beganAt = position;
      this.#audio?.start(position);
    } else this.#audio?.follow(position);
    for (const other of this.#layers.values()) {
      const wasCut = other.rests && this.#plan.count > cuts;
      if (other !== layer && (wasCut || other.isLate(LAYER_LATE_S))) other.rest();
    }
  }

  /** A publisher that takes over may bring layers that the one before had not. */
  #layer(track: VideoTrack): VideoSegmenter | undefined {
    const name = /^video-[2-9]$/.test(track.id) ? (track.id as RenditionName) : 'video';
    let layer = this.#layers.get(name);
    if (layer === undefined && this.#layers.size < VIDEO_RENDITIONS_MAX) {
      const events = {
        keyframeWanted: this.#deps.keyframeWanted,
        discontinuity: (end: number, start: number) => this.#audio?.breakAt(end / 90_000, start / 90_000),
      };
      layer = new VideoSegmenter(90_000, this.#rendition(name, 90_000), events, this.#plan);
      this.#layers.set(name, layer);
    }
    return layer;
  }

  /** Who reads the multivariant playlist never reads it again, so it should name every layer. */
  #layersAwaited(): boolean {
    const position = this.#videoSeconds();
    return position === null || position - this.#beganAt < LAYERS_WAIT_S;
  }

  #videoSeconds(): number | null {
    return this.#plan.position === null ? null : this.#plan.position / 90_000;
  }

  async #finish(): Promise<void> {
    await this.#audio?.flush();
    const audioEnd = Math.round((this.#audio?.position ?? 0) * 90_000);
    const ends = [...this.#layers.values()].map(layer => layer.finish(audioEnd));
    this.#audio?.finish(Math.max(...ends) / 90_000);
    for (const rendition of this.#renditions) rendition.finish();
    const droppedFrames = [...this.#layers.values()].reduce((sum, layer) => sum + layer.dropped, 0);
    this.#deps.log.info({ droppedFrames, ...this.#audio?.counts }, 'the packager has finished');
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
      onChange: () => this.#lobby.wake(),
    });
    this.#renditions.push(rendition);
    return rendition;
  }
}
