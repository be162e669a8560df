/** Why a source of pictures stopped being one. */
export type PlaybackFailure =
  /** WebRTC is not to be had here, or not through this network. */
  | 'unavailable'
  /** It was there and went away. */
  | 'lost'
  /** The server says that nothing is being sent yet. */
  | 'not-live'
  /** The server says that the broadcast is over. */
  | 'over'
  /** The browser cannot decode it. */
  | 'unsupported';

export interface PlaybackEvents {
  /** The first picture is on the screen. */
  firstFrame(): void;
  /** Pictures stopped (`true`) or flow again (`false`). */
  stalled(stalled: boolean): void;
  /** Said at most once; the playback is closed by then. */
  failed(reason: PlaybackFailure): void;
}

/** One way of getting a broadcast onto a `<video>`. */
export interface Playback {
  readonly mode: 'whep' | 'hls' | 'replay';
  /** Milliseconds since the broadcast's `startedAt` of the picture on the screen; null while there is none. */
  mediaTimeMs(): number | null;
  /** Behind the newest picture, in seconds; null where that means nothing. */
  latencyS(): number | null;
  /** Shows what was at this time; absent where there is nothing but now. */
  seek?(mediaTimeMs: number): void;
  /** Back to the newest picture. */
  goLive?(): void;
  /** `sessionOver`: the server has ended its side already. */
  close(sessionOver?: boolean): void;
}
