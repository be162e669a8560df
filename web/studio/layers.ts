/** What a camera's whole picture may take of the way up. */
export const VIDEO_BPS_MAX = 2_500_000;

/** The encodings of a picture of so many lines, smallest first: the network's room is given out in this order. */
export function layersFor(lines: number): RTCRtpEncodingParameters[] {
  if (lines < 480) return [{ maxBitrate: VIDEO_BPS_MAX }];
  if (lines < 720) {
    return [
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 300_000 },
      { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_200_000 },
    ];
  }
  return [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 200_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 800_000 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: VIDEO_BPS_MAX },
  ];
}

/** Lines of a camera's picture, upright or not; 0 while it does not say. */
export function linesOf(track: MediaStreamTrack | undefined): number {
  const { width = 0, height = 0 } = track?.getSettings() ?? {};
  return Math.min(width, height);
}

/**
 * A server that takes one layer gets the first of those offered (RFC 8829 section 5.11), our smallest: that one is then
 * made the whole picture.
 */
export async function settleLayers(sender: RTCRtpSender): Promise<void> {
  const parameters = sender.getParameters();
  const [only, second] = parameters.encodings;
  if (only === undefined || second !== undefined || (only.scaleResolutionDownBy ?? 1) === 1) return;
  only.scaleResolutionDownBy = 1;
  only.maxBitrate = VIDEO_BPS_MAX;
  await sender.setParameters(parameters);
}
