/**
 * One access unit on its stream's timeline. Timestamps are whole ticks of the track's timescale, unwrapped, zero
 * at the stream's epoch, the same moment for all tracks.
 */
export interface VideoUnit {
  readonly kind: 'video';
  readonly pts: number;
  readonly dts: number;
  /** An IDR picture: decoding can start here. */
  readonly key: boolean;
  /** NAL units without start codes or lengths; parameter sets are included as they arrived. */
  readonly nals: readonly Uint8Array[];
}

export interface AudioUnit {
  readonly kind: 'audio';
  readonly pts: number;
  /** Ticks that this unit lasts. */
  readonly duration: number;
  /** One Opus packet, or one raw AAC frame without ADTS. */
  readonly data: Uint8Array;
}

export type Unit = VideoUnit | AudioUnit;

/** What a media parser throws for bytes it refuses; `reason` is stable and can be counted. */
export class MediaError extends Error {
  override readonly name = 'MediaError';
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}
