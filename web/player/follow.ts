import type { Broadcast } from '#contract/api/types.ts';
import type { Watcher } from './watcher.ts';

/** Leads a watcher to what a broadcast's state has to show. Each state may come twice: live again after an interruption. */
export function followBroadcast(
  watcher: Pick<Watcher, 'watch' | 'suspend'>,
  { state, playback }: Pick<Broadcast, 'state' | 'playback'>,
): void {
  if (state === 'live' && (playback.whepUrl !== null || playback.hlsUrl !== null)) {
    watcher.watch({ kind: 'live', ...playback });
  } else if (state === 'archived' && playback.hlsUrl !== null) {
    watcher.watch({ kind: 'replay', hlsUrl: playback.hlsUrl });
  } else {
    watcher.suspend();
  }
}

/** The addresses that the contract fixes: joining does not wait for the broadcast to name them. */
export function usualPlayback(id: string): Broadcast['playback'] {
  return { whepUrl: `/whep/${id}`, hlsUrl: `/hls/${id}/index.m3u8` };
}
