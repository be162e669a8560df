import type { AccountSummary, Broadcast } from '#contract/api/types.ts';
import type { BroadcastRow } from './store.ts';

/** What a broadcast's stored row does not know. */
export interface Present {
  readonly owner: AccountSummary;
  readonly viewers: number;
  /** The total, with hearts that are not stored yet. */
  readonly hearts: number;
  readonly whep: boolean;
  readonly hls: boolean;
}

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Shapes a broadcast for the contract. `publicUrl` is an origin, or empty for addresses relative to the page. */
export function presentBroadcast(row: BroadcastRow, now: Present, publicUrl: string): Broadcast {
  return {
    id: row.id,
    postId: row.postId,
    owner: now.owner,
    state: row.state,
    title: row.title,
    createdAt: new Date(row.createdAtMs).toISOString(),
    startedAt: timeOf(row.startedAtMs),
    endedAt: timeOf(row.endedAtMs),
    durationMs: row.durationMs,
    viewers: now.viewers,
    hearts: now.hearts,
    comments: row.comments,
    playback: {
      whepUrl: now.whep ? `${publicUrl}/whep/${row.id}` : null,
      hlsUrl: now.hls ? `${publicUrl}/hls/${row.id}/index.m3u8` : null,
    },
  };
}
