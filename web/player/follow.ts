import type { Broadcast } from '#contract/api/types.ts';
import type { Watcher } from './watcher.ts';

/** Leads a watcher through the life of a broadcast: live, interrupted, live again, over, replay, on one page. */
export class Follower {
  readonly #watcher: Pick<Watcher, 'watch' | 'suspend'>;
  #wasLive = false;

  constructor(watcher: Pick<Watcher, 'watch' | 'suspend'>) {
    this.#watcher = watcher;
  }

  /** Takes in every state that the broadcast is seen in, also twice. */
  update({ state, playback }: Pick<Broadcast, 'state' | 'playback'>): void {
    if (state === 'live' && (playback.whepUrl !== null || playback.hlsUrl !== null)) {
      this.#wasLive = true;
      this.#watcher.watch({ kind: 'live', ...playback });
    } else if (state === 'interrupted' || state === 'ended') {
      this.#watcher.suspend();
    } else if (state === 'archived' && playback.hlsUrl !== null) {
      // Who saw it live is not shown the beginning again unasked.
      this.#watcher.watch({ kind: 'replay', hlsUrl: playback.hlsUrl, autoplay: !this.#wasLive });
    }
  }
}
