/** One choice of a player: a rendition of the picture, with the sound beside it. */
export interface Variant {
  /** Peak segment bit rate of video and audio together, bits per second. */
  readonly bandwidth: number;
  /** Average segment bit rate of both together, bits per second. */
  readonly averageBandwidth: number;
  /** RFC 6381 names: `avc1.42e01f`, `mp4a.40.2`. */
  readonly codecs: readonly string[];
  readonly width: number;
  readonly height: number;
  /** The most frames a second. */
  readonly frameRate: number;
  readonly uri: string;
}

export interface Multivariant {
  /** A player begins with the first. */
  readonly variants: readonly Variant[];
  /** The sound of all of them, in a rendition of its own. */
  readonly audio: { readonly uri: string; readonly channels: number } | null;
}

/**
 * A multivariant playlist (RFC 8216bis section 4.4.6), with what Apple's authoring specification asks for beyond it:
 * LANGUAGE (8.10; nobody tells us which is spoken), AVERAGE-BANDWIDTH (9.14) and FRAME-RATE (9.15).
 */
export function writeMultivariant(playlist: Multivariant): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:9'];
  const { audio, variants } = playlist;
  if (audio) {
    const group = 'TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",LANGUAGE="und",DEFAULT=YES,AUTOSELECT=YES';
    lines.push(`#EXT-X-MEDIA:${group},CHANNELS="${audio.channels}",URI="${audio.uri}"`);
  }
  for (const variant of variants) lines.push(streamInf(variant, audio !== null), variant.uri);
  return `${lines.join('\n')}\n`;
}

function streamInf(variant: Variant, hasAudio: boolean): string {
  const attributes = [
    `BANDWIDTH=${Math.ceil(variant.bandwidth)}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(variant.averageBandwidth)}`,
    `CODECS="${variant.codecs.join(',')}"`,
    `RESOLUTION=${variant.width}x${variant.height}`,
    `FRAME-RATE=${variant.frameRate.toFixed(3)}`,
  ];
  if (hasAudio) attributes.push('AUDIO="audio"');
  return `#EXT-X-STREAM-INF:${attributes.join(',')}`;
}
