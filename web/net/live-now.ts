import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Broadcast } from '#contract/api/types.ts';
import { api } from './api.ts';

const REFRESH_MS = 20_000;

/** What is live now, newest first; null before the first answer. */
export const liveNow = signal<readonly Broadcast[] | null>(null);

let watchers = 0;
/** Of whatever list of what is live came last. */
let lastSeen: readonly Broadcast[] = [];

/** Remembers a list of what is live that some page shows. */
export function noteLive(items: readonly Broadcast[]): void {
  lastSeen = items;
}

/** The broadcast of a post, if it was live when that was last seen. */
export function liveBroadcastOf(postId: string): string | null {
  return lastSeen.find(broadcast => broadcast.postId === postId)?.id ?? null;
}

/** Asks again at once, when somebody keeps the list: a broadcast has begun or ended. */
export function refreshLiveNow(): void {
  if (watchers > 0) void load();
}

/** Keeps `liveNow` fresh while the calling component is shown and the page is looked at. */
export function useLiveNow(): void {
  useEffect(() => {
    const refresh = () => {
      if (document.visibilityState === 'visible') void load();
    };
    watchers++;
    refresh();
    const timer = setInterval(refresh, REFRESH_MS);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', refresh);
      watchers--;
      // A list that nobody keeps fresh says nothing about now.
      if (watchers === 0) liveNow.value = null;
    };
  }, []);
}

async function load(): Promise<void> {
  try {
    const { items } = await api('getLiveTimeline', { query: { limit: 20 } });
    noteLive(items);
    liveNow.value = items;
  } catch {
    // The next refresh asks again; what is shown stays.
  }
}
