/** RFC 6716 section 3.4: no packet lasts longer than 120 ms; ticks of 48 kHz. */
export const OPUS_DURATION_MAX = 5760;

/** What the table of contents of an Opus packet says (RFC 6716 section 3.1). */
export interface OpusInfo {
  /** Ticks of 48 kHz. */
  readonly duration: number;
  /** Channels that were coded; a decoder makes either of both. */
  readonly channels: 1 | 2;
}

const SILK_FRAME_TICKS = [480, 960, 1920, 2880] as const;

/** Reads the first bytes of an Opus packet; null when it is empty, or longer than an Opus packet can last. */
export function readOpusPacket(packet: Uint8Array): OpusInfo | null {
  if (packet.length === 0) return null;
  const toc = packet[0]!;
  const frames = frameCount(packet, toc & 3);
  const duration = frames * frameTicks(toc >> 3);
  if (duration === 0 || duration > OPUS_DURATION_MAX) return null;
  return { duration, channels: (toc & 4) === 0 ? 1 : 2 };
}

/** RFC 6716 section 3.2; 0 when the count is missing. */
function frameCount(packet: Uint8Array, code: number): number {
  if (code === 0) return 1;
  if (code < 3) return 2;
  return packet.length < 2 ? 0 : packet[1]! & 0x3f;
}

/** RFC 6716 table 2: SILK 10 to 60 ms, hybrid 10 and 20 ms, CELT 2.5 to 20 ms. */
function frameTicks(configuration: number): number {
  if (configuration < 12) return SILK_FRAME_TICKS[configuration & 3]!;
  if (configuration < 16) return (configuration & 1) === 0 ? 480 : 960;
  return 120 << (configuration & 3);
}
