import { usualPlayback } from './follow.ts';
import { preferenceOf } from './watcher.ts';
import { joinAhead } from './whep-join.ts';

/** Begins to watch a live broadcast before its player is drawn, which finds the join under way. */
export function watchAhead(broadcastId: string): void {
  const { whepUrl } = usualPlayback(broadcastId);
  if (whepUrl !== null && preferenceOf(location.search) !== 'hls') joinAhead(whepUrl);
}
