import type { Track } from '#media/track.ts';
import type { Unit } from '#media/unit.ts';
import type { StreamReader } from './reader.ts';

/** Told of every key frame but the first of a layer: which layer, and the seconds of media since the one before. */
export type KeyframeInterval = (layer: string, seconds: number) => void;

/** Measures how often the publisher of a stream sends key frames. */
export class KeyframeIntervals implements StreamReader {
  readonly #told: KeyframeInterval;
  /** Of each layer: the time of its last key frame, in ticks. */
  readonly #last = new Map<string, number>();

  constructor(told: KeyframeInterval) {
    this.#told = told;
  }

  /** Another publisher begins: the time since the key frames of the one before says nothing of an encoder. */
  restart(): void {
    this.#last.clear();
  }

  unit(track: Track, unit: Unit): void {
    if (unit.kind !== 'video' || !unit.key) return;
    const last = this.#last.get(track.id);
    this.#last.set(track.id, unit.pts);
    if (last !== undefined) this.#told(track.id, (unit.pts - last) / track.timescale);
  }

  ended(): void {}
}
