import type { RtpPacket } from '#media/rtp/packet.ts';
import type { Track, VideoTrack } from '#media/track.ts';
import { GopCache, type TrackPacket } from './gop-cache.ts';

/** Tracks that are kept; what a publisher sends beyond is passed on, but nobody can begin with it. */
export const LAYERS_MAX = 4;
/** Time over which a layer's rate is measured. */
export const RATE_WINDOW_MS = 2_000;

/** One encoding of the video as it comes in now. */
export interface LayerState {
  readonly track: VideoTrack;
  /** Payload over the last one or two seconds. */
  readonly bitrateBps: number;
  /** Monotonic time of its last packet. */
  readonly lastMs: number;
}

/** The video tracks of one publisher: what each sent since its last key frame, and how much it sends. */
export class Layers {
  readonly #layers = new Map<string, Layer>();

  get states(): readonly LayerState[] {
    return [...this.#layers.values()];
  }

  gop(trackId: string): readonly TrackPacket[] {
    return this.#layers.get(trackId)?.gop.packets ?? [];
  }

  /** As `GopCache.add`. Sound stands in every layer's cache. */
  add(track: Track, packet: RtpPacket, nowMs: number): 'kept' | 'left-out' | 'cut' {
    if (track.kind === 'audio') {
      const outcomes = [...this.#layers.values()].map(layer => layer.gop.add(track, packet));
      return outcomes.includes('cut') ? 'cut' : 'kept';
    }
    let layer = this.#layers.get(track.id);
    if (layer === undefined) {
      if (this.#layers.size >= LAYERS_MAX) return 'left-out';
      layer = new Layer(track, nowMs);
      this.#layers.set(track.id, layer);
    }
    layer.count(packet.payload.length, nowMs);
    return layer.gop.add(track, packet);
  }

  clear(): void {
    this.#layers.clear();
  }
}

class Layer implements LayerState {
  readonly track: VideoTrack;
  readonly gop = new GopCache();
  lastMs: number;
  #windowMs: number;
  #bytes = 0;
  #before = Number.NaN;

  constructor(track: VideoTrack, nowMs: number) {
    this.track = track;
    this.lastMs = nowMs;
    this.#windowMs = nowMs;
  }

  /** The last whole window, or in the very first one what there is. */
  get bitrateBps(): number {
    if (!Number.isNaN(this.#before)) return this.#before;
    return (this.#bytes * 8000) / Math.max(this.lastMs - this.#windowMs, RATE_WINDOW_MS / 4);
  }

  count(bytes: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#windowMs;
    if (elapsedMs >= RATE_WINDOW_MS) {
      this.#before = (this.#bytes * 8000) / elapsedMs;
      this.#bytes = 0;
      this.#windowMs = nowMs;
    }
    this.#bytes += bytes;
    this.lastMs = nowMs;
  }
}
