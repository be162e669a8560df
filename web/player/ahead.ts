import { h264First } from './codecs.ts';
import { usualPlayback } from './follow.ts';
import { openHlsAhead } from './hls.ts';
import { preferenceOf } from './preference.ts';
import { joinAhead } from './whep-join.ts';

/** Begins to watch a live broadcast before its player is drawn, which finds the join under way. */
export function watchAhead(broadcastId: string, search: string): void {
  const { whepUrl, hlsUrl } = usualPlayback(broadcastId);
  if (preferenceOf(search) !== 'hls') {
    if (whepUrl !== null) joinAhead(whepUrl);
  } else if (hlsUrl !== null) openHlsAhead(hlsUrl);
}

/** Has the browser do what its first join would wait for: the first question about codecs starts all of WebRTC. */
export function warmUp(): void {
  h264First('receiver');
}
