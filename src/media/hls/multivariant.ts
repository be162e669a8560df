/** One choice of a player: a rendition of the picture, with the sound beside it. */
export interface Variant {
  /** Peak segment bit rate of video and audio together, bits per second. */
  readonly bandwidth: number;
  /** RFC 6381 names: `avc1.42e01f`, `mp4a.40.2`. */
  readonly codecs: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly uri: string;
}

export interface Multivariant {
  /** A player begins with the first. */
  readonly variants: readonly Variant[];
  /** The audio of all of them, in a rendition of its own. */
  readonly audio: { readonly uri: string; readonly channels: number } | null;
}

/** A multivariant playlist (RFC 8216bis section 4.4.6). */
export function writeMultivariant(playlist: Multivariant): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:9'];
  const { audio, variants } = playlist;
  if (audio) {
    const group = 'TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES';
    lines.push(`#EXT-X-MEDIA:${group},CHANNELS="${audio.channels}",URI="${audio.uri}"`);
  }
  for (const variant of variants) {
    const attributes = [
      `BANDWIDTH=${Math.ceil(variant.bandwidth)}`,
      `CODECS="${variant.codecs.join(',')}"`,
      `RESOLUTION=${variant.width}x${variant.height}`,
    ];
    if (audio) attributes.push('AUDIO="audio"');
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, variant.uri);
  }
  return `${lines.join('\n')}\n`;
}
