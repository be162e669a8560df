/** One elementary stream of a broadcast. `id` is unique within the stream and stable while it lives. */
export interface VideoTrack {
  readonly kind: 'video';
  readonly codec: 'h264';
  readonly id: string;
  /** Ticks per second of every timestamp of this track: 90,000. */
  readonly timescale: 90000;
}

export interface AudioTrack {
  readonly kind: 'audio';
  readonly codec: 'opus' | 'aac';
  readonly id: string;
  /** Ticks per second of every timestamp of this track: its sampling rate (48,000 for Opus). */
  readonly timescale: number;
  readonly channels: number;
}

export type Track = VideoTrack | AudioTrack;
