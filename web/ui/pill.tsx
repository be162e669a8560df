import type { PostBroadcast } from '#contract/api/types.ts';
import { formatDuration } from './format.ts';
import './pill.css';

/** LIVE in dawn, breathing; `children` adds words after it, such as a time. */
export function LivePill({ after }: { readonly after?: string }) {
  return (
    <span class="pill pill-live">
      <span class="pill-dot" aria-hidden="true" />
      LIVE{after ? <span class="pill-after">{after}</span> : null}
    </span>
  );
}

/** What a broadcast is right now, as a pill: LIVE, Interrupted, Replay with its length, and so on. */
export function BroadcastPill({
  broadcast,
}: {
  readonly broadcast: Pick<PostBroadcast, 'state' | 'durationMs'>;
}) {
  if (broadcast.state === 'live') return <LivePill />;
  return <span class="pill">{wordsFor(broadcast)}</span>;
}

function wordsFor({ state, durationMs }: Pick<PostBroadcast, 'state' | 'durationMs'>): string {
  const length = durationMs ? ` · ${formatDuration(durationMs)}` : '';
  if (state === 'archived') return `Replay${length}`;
  if (state === 'interrupted') return 'Interrupted';
  if (state === 'starting') return 'Starting';
  return `Ended${length}`;
}
