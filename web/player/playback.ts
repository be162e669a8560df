/** What to watch. */
export type Source =
  | { readonly kind: 'live'; readonly whepUrl: string | null; readonly hlsUrl: string | null }
  | { readonly kind: 'replay'; readonly hlsUrl: string };

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
  /** Pictures stopped, sound goes on: there is no room for more. */
  soundOnly?(): void;
  /**
   * Nothing more comes; whoever opened the playback closes it, and until then the last picture stays. The same way is not
   * to be tried again before `notBeforeMs` from now. `code`: what the server refused with, where it named a reason.
   */
  failed(reason: PlaybackFailure, notBeforeMs?: number, code?: string | null): void;
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
  /** Pictures are sent again: what waits to try once more need not wait any longer. */
  resume?(): void;
  /** `sessionOver`: the server has ended its side already. */
  close(sessionOver?: boolean): void;
}
