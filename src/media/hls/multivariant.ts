/** The one variant of a broadcast, its audio in a rendition of its own. */
export interface Multivariant {
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
  readonly videoUri: string;
  readonly audio: { readonly uri: string; readonly channels: number } | null;
}

/**
 * A multivariant playlist (RFC 8216bis section 4.4.6), with what Apple's authoring specification asks for beyond it:
 * LANGUAGE (8.10; nobody tells us which is spoken), AVERAGE-BANDWIDTH (9.14) and FRAME-RATE (9.15).
 */
export function writeMultivariant(playlist: Multivariant): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:9'];
  const { audio } = playlist;
  if (audio) {
    const group = 'TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",LANGUAGE="und",DEFAULT=YES,AUTOSELECT=YES';
    lines.push(`#EXT-X-MEDIA:${group},CHANNELS="${audio.channels}",URI="${audio.uri}"`);
  }
  const attributes = [
    `BANDWIDTH=${Math.ceil(playlist.bandwidth)}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(playlist.averageBandwidth)}`,
    `CODECS="${playlist.codecs.join(',')}"`,
    `RESOLUTION=${playlist.width}x${playlist.height}`,
    `FRAME-RATE=${playlist.frameRate.toFixed(3)}`,
  ];
  if (audio) attributes.push('AUDIO="audio"');
  lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, playlist.videoUri);
  return `${lines.join('\n')}\n`;
}
