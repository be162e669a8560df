import type { RtpPacket } from '#media/rtp/packet.ts';
import type { Track } from '#media/track.ts';
import type { Unit } from '#media/unit.ts';

/** `ended`: whoever publishes wants no more. `lost`: the connection went away and may come back. */
export type PublisherLeave = 'ended' | 'lost';

/** What a publisher does that viewers suffer from. `no-picture`: it sends, and no key frame comes. */
export type PublisherTrouble = 'no-picture' | 'reordered-pictures' | NeverThere;
/** Why a publisher leaves that never sent. `not-reached`: nothing came from it. `not-secured`: its connection could not be encrypted. */
export type NeverThere = 'not-reached' | 'not-secured';

/**
 * What a listener sends the media of one publisher into, whatever protocol it came by. After `close`, by either side,
 * every call does nothing.
 */
export interface Publisher {
  /** Says what comes; before the first packet. */
  tracks(tracks: readonly Track[]): void;
  /** Monotonic time at which timestamp 0 arrived; before the first unit. Without it that is when the first unit comes. */
  epoch(monotonicMs: number): void;
  packet(track: Track, packet: RtpPacket): void;
  /** Timestamps are zero at this publisher's own epoch; the stream puts a later publisher after an earlier one. */
  unit(track: Track, unit: Unit): void;
  /** Says whether its pictures come in another order than they are shown in (B-frames); not, until it is said. */
  reordersPictures(does: boolean): void;
  /** Sets who is told that a key frame is wanted: at most once a second. */
  onKeyframeWanted(handler: () => void): void;
  /** Sets who is told, once, that the stream ended or another publisher took over. Not called for one's own `close`. */
  onClosed(handler: () => void): void;
  /** `why`: it never came. */
  close(reason: PublisherLeave, why?: NeverThere): void;
}
