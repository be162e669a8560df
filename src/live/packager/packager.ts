import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { Track, VideoTrack } from '#media/track.ts';
import type { Unit, VideoUnit } from '#media/unit.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { AudioLine } from './audio-line.ts';
import { BLOCK_MS_MAX, LAYER_LATE_S, LAYERS_WAIT_S, VIDEO_RENDITIONS_MAX, WAITING_MAX } from './limits.ts';
import { createLiveSource } from './live-source.ts';
import { Rendition } from './rendition.ts';
import type { EarlierRendition, InitMedia, SegmentMedia } from './segment.ts';
import { SegmentPlan } from './segment-plan.ts';
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
  /** H.264 tracks, one for each layer, and at most one Opus (48 kHz) or AAC-LC track; read at the first unit. */
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
  /** The least number of an initialization section, 0 when absent. It is in the names of all media, which caches keep for good. */
  readonly firstInit?: number;
  /** The least number of a segment, 0 when absent: above those that may have been shown before. */
  readonly firstMsn?: number;
}

export type PartCut = (rendition: RenditionName, durationS: number) => void;

/** Since the start of one broadcast. */
export interface PackagerCounts {
  /** Pictures and AAC frames left out because they did not fit the timeline. */
  readonly droppedFrames: number;
  readonly droppedAudioFrames: number;
  /** Silence put where sound was missing, AAC frames. */
  readonly silentFrames: number;
}

/** Turns the units of one stream into LL-HLS. It reads a `Stream`, and is what `servers/hls` asks while live. */
export interface Packager {
  readonly source: HlsSource;
  readonly counts: PackagerCounts;
  unit(track: Track, unit: Unit): void;
  /** The stream is over: publishes what is left and ends the playlists. */
  ended(): void;
  /** As `ended`; resolves when the last segment was handed to the recording. Idempotent, never rejects. */
  finish(): Promise<void>;
  /** As `finish`, but another process goes on: the playlists do not end, and whoever waits is told to come back. */
  interrupt(): Promise<void>;
}

export function createPackager(deps: PackagerDeps): Packager {
  const packager = new StreamPackager(deps);
  return {
    source: packager.source,
    get counts() {
      return packager.counts;
    },
    unit: (track, unit) => packager.unit(track, unit),
    ended: () => void packager.finish(),
    finish: () => packager.finish(),
    interrupt: () => packager.interrupt(),
  };
}

class StreamPackager {
  readonly source: HlsSource;
  readonly #deps: PackagerDeps;
  readonly #renditions: Rendition[] = [];
  /** Requests for the multivariant playlist, before there is one. */
  readonly #lobby: WaitingRoom;
  readonly #plan: SegmentPlan;
  readonly #layers = new Map<RenditionName, VideoSegmenter>();
  /** Where this process's video began, seconds since the epoch. */
  #beganAt = 0;
  /** Undefined until the tracks are known: after a restart that is when the publisher is back. */
  #audio: AudioLine | null | undefined;
  #finished: Promise<void> | null = null;

  constructor(deps: PackagerDeps) {
    this.#deps = deps;
    this.#lobby = new WaitingRoom(deps.clock, WAITING_MAX, BLOCK_MS_MAX);
    const earlier = Object.entries(deps.earlier ?? {}) as [RenditionName, EarlierRendition][];
    this.#plan = planAfter(earlier, deps.firstMsn);
    for (const [name] of earlier) if (name !== 'audio') this.#openLayer(name);
    if (deps.earlier?.audio) this.#rendition('audio', deps.earlier.audio.timescale);
    if (!deps.earlier) this.#open();
    this.source = createLiveSource(this.#renditions, this.#lobby, () => this.#layersAwaited());
  }

  unit(track: Track, unit: Unit): void {
    if (this.#finished) return;
    if (this.#audio === undefined) this.#open();
    if (unit.kind === 'video') this.#videoUnit(track, unit);
    else this.#audio?.unit(unit, this.#videoSeconds() ?? 0);
  }

  get counts(): PackagerCounts {
    const droppedFrames = this.#layers.values().reduce((sum, layer) => sum + layer.dropped, 0);
    const { silentFrames, droppedAudioFrames } = this.#audio?.counts ?? {
      silentFrames: 0,
      droppedAudioFrames: 0,
    };
    return { droppedFrames, silentFrames, droppedAudioFrames };
  }

  finish(): Promise<void> {
    this.#finished ??= this.#flush().then(() => {
      for (const rendition of this.#renditions) rendition.finish();
    });
    return this.#finished;
  }

  interrupt(): Promise<void> {
    const refusal = new Refusal('unavailable', 'The server stops, or starts again.', 1);
    this.#lobby.close(refusal);
    for (const rendition of this.#renditions) rendition.interrupt(refusal);
    this.#finished ??= this.#flush();
    return this.#finished;
  }

  /** The tracks are known now. */
  #open(): void {
    for (const track of this.#deps.tracks) if (track.kind === 'video') this.#layer(track);
    this.#audio = this.#openAudio();
  }

  #openAudio(): AudioLine | null {
    const track = this.#deps.tracks.find(candidate => candidate.kind === 'audio');
    if (!track) return null;
    const known = this.#renditions.find(rendition => rendition.name === 'audio');
    if (known && known.timescale !== track.timescale) {
      this.#deps.log.warn({ timescale: track.timescale }, 'audio came back at another rate and is left out');
      return null;
    }
    const rendition = known ?? this.#rendition('audio', track.timescale);
    return new AudioLine(this.#deps, track, rendition, known !== undefined);
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
    const known = this.#layers.get(name);
    if (known || this.#layers.size >= VIDEO_RENDITIONS_MAX) return known;
    return this.#openLayer(name);
  }

  #openLayer(name: RenditionName): VideoSegmenter {
    const events = {
      keyframeWanted: this.#deps.keyframeWanted,
      discontinuity: (end: number, start: number) => this.#audio?.breakAt(end / 90_000, start / 90_000),
    };
    const last = this.#deps.earlier?.[name]?.segments.at(-1);
    const endedAt = last ? last.start + last.duration : null;
    const rendition = this.#rendition(name, 90_000);
    const layer = new VideoSegmenter(90_000, rendition, events, this.#plan, endedAt);
    this.#layers.set(name, layer);
    return layer;
  }

  /** Who has read the multivariant playlist never reads it again, so it should name every layer. What a crash left is there at once. */
  #layersAwaited(): boolean {
    const position = this.#videoSeconds();
    return position === null ? !this.#deps.earlier : position - this.#beganAt < LAYERS_WAIT_S;
  }

  #videoSeconds(): number | null {
    return this.#plan.position === null ? null : this.#plan.position / 90_000;
  }

  /** Publishes what is left, with all renditions brought to the same end. */
  async #flush(): Promise<void> {
    await this.#audio?.flush();
    const audioEnd = Math.round((this.#audio?.position ?? 0) * 90_000);
    const layers = [...this.#layers.values()];
    const end = Math.max(0, ...layers.map(layer => layer.finish(audioEnd)));
    for (const layer of layers) layer.rest(end);
    this.#audio?.finish(end / 90_000);
    this.#deps.log.info({ ...this.counts }, 'the packager has finished');
  }

  #rendition(name: RenditionName, timescale: number): Rendition {
    const { epochMs, clock, recording, partCut, firstInit = 0, firstMsn = 0 } = this.#deps;
    const rendition: Rendition = new Rendition({
      name,
      timescale,
      epochMs,
      clock,
      earlier: this.#deps.earlier?.[name],
      firstInit,
      firstMsn,
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

/** The plan goes on where the layer ended that had most. */
function planAfter(
  earlier: readonly (readonly [RenditionName, EarlierRendition])[],
  firstMsn?: number,
): SegmentPlan {
  const layers = earlier.filter(([name]) => name !== 'audio').map(([, rendition]) => rendition);
  const end = ({ segments }: EarlierRendition) => segments.at(-1)!.start + segments.at(-1)!.duration;
  const most = layers.toSorted((a, b) => end(b) - end(a))[0];
  return new SegmentPlan(90_000, most?.segments, most?.discontinuitiesGone, firstMsn);
}
