/**
 * An SDP that asks for Opus in stereo (RFC 7587 section 6.1): without it browsers decode what is sent in stereo as mono, and their
 * API cannot ask. Self-contained: a test runs its text in a page.
 */
export function withStereo(sdp: string): string {
  const types = Array.from(sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000\/2\r?$/gim), match => match[1]);
  return sdp.replace(/^a=fmtp:(\d+) (.*?)(\r?)$/gm, (line, type: string, config: string, end: string) =>
    types.includes(type) && !/(^|;)\s*stereo=/.test(config)
      ? `a=fmtp:${type} ${config};stereo=1${end}`
      : line,
  );
}
