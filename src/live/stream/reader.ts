import type { RtpPacket } from '#media/rtp/packet.ts';
import type { Track } from '#media/track.ts';
import type { Unit } from '#media/unit.ts';

/**
 * One who takes the media of a stream. Calls are synchronous and share their bytes with every other reader: nobody writes
 * to them, and who cannot keep up queues and drops by itself. A throw drops this reader and no other.
 */
export interface StreamReader {
  /** One RTP packet as it arrived. `mediaTimeMs` is NaN before the publisher's first key frame. */
  packet?(track: Track, packet: RtpPacket): void;
  /** One access unit; the first one ever is a video key frame with timestamp 0. */
  unit?(track: Track, unit: Unit): void;
  /** No more comes. Not called for a reader that was closed by its owner. */
  ended(): void;
}
