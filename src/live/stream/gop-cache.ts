import { beginsKeyFrame } from '#media/h264/depacketizer.ts';
import type { RtpPacket } from '#media/rtp/packet.ts';
import type { Track } from '#media/track.ts';

/** Packets kept since the last key frame: eight seconds at 5 Mbit/s, and what a viewer takes in one burst. */
export const GOP_PACKETS_MAX = 4_096;
/** Payload bytes kept since the last key frame. */
export const GOP_BYTES_MAX = 8 * 1024 * 1024;

export interface TrackPacket {
  readonly track: Track;
  readonly packet: RtpPacket;
}

/** Every packet since the last key frame began, in arrival order, so that who joins starts at once. */
export class GopCache {
  #packets: TrackPacket[] = [];
  #bytes = 0;
  #ssrc = 0;
  #timestamp = 0;

  /** Begins with the first packet of a key frame; empty when there was none yet or the cache was cut. */
  get packets(): readonly TrackPacket[] {
    return this.#packets;
  }

  /** Takes one packet; `cut` when the cache grew out of its bounds and was emptied. */
  add(track: Track, packet: RtpPacket): 'kept' | 'left-out' | 'cut' {
    if (track.kind === 'video' && this.#beginsGop(packet)) this.#restart(packet);
    else if (this.#packets.length === 0 || this.#isOlder(track, packet)) return 'left-out';
    this.#packets.push({ track, packet });
    this.#bytes += packet.payload.length;
    if (this.#packets.length <= GOP_PACKETS_MAX && this.#bytes <= GOP_BYTES_MAX) return 'kept';
    this.clear();
    return 'cut';
  }

  clear(): void {
    this.#packets = [];
    this.#bytes = 0;
  }

  /** Parameter sets and every slice of a key frame bear one timestamp; the first of them begins it. */
  #beginsGop(packet: RtpPacket): boolean {
    if (!beginsKeyFrame(packet.payload)) return false;
    if (this.#packets.length === 0 || packet.ssrc !== this.#ssrc) return true;
    return ticksAfter(packet.timestamp, this.#timestamp) > 0;
  }

  #restart(packet: RtpPacket): void {
    this.clear();
    this.#ssrc = packet.ssrc;
    this.#timestamp = packet.timestamp;
  }

  /** A packet sent again late belongs to pictures that nobody who joins now will show. */
  #isOlder(track: Track, packet: RtpPacket): boolean {
    if (track.kind !== 'video') return false;
    return packet.ssrc !== this.#ssrc || ticksAfter(packet.timestamp, this.#timestamp) < 0;
  }
}

/** Signed distance of two 32-bit timestamps. */
function ticksAfter(timestamp: number, reference: number): number {
  return (timestamp - reference) | 0;
}
