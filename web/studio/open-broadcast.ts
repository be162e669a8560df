import type { WhipTarget } from './whip.ts';

const KEY = 'skylark.on-air';

/** A broadcast that this tab opened and has not ended: enough to take it up again after a reload. */
export interface OpenBroadcast extends WhipTarget {
  readonly id: string;
  readonly postId: string;
  readonly title: string;
}

export function rememberBroadcast(broadcast: OpenBroadcast): void {
  const { id, postId, title, whipUrl, publishToken } = broadcast;
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ id, postId, title, whipUrl, publishToken }));
  } catch {
    // Storage is closed to us: a reload then ends the broadcast after its grace.
  }
}

export function rememberedBroadcast(): OpenBroadcast | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as OpenBroadcast | null;
  } catch {
    return null;
  }
}

export function forgetBroadcast(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing could be stored either.
  }
}
