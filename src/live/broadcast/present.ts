import type { AccountId, BroadcastId } from '#base/ids.ts';
import type { AccountSummary, Broadcast, Trouble } from '#contract/api/types.ts';
import { Refusal } from '#contract/errors.ts';
import type { Directory } from '#ports/directory.ts';
import type { BroadcastRow } from './store.ts';

/** What a broadcast's stored row does not know. */
export interface PresenterDeps {
  readonly directory: Directory;
  /** An origin, or empty for addresses relative to the page. */
  readonly publicUrl: string;
  readonly viewers: (id: BroadcastId) => number;
  /** The total, with hearts that are not stored yet. */
  readonly hearts: (row: BroadcastRow) => number;
  /** Whether pictures are coming in now that WebRTC can show. */
  readonly isShownByWebrtc: (id: BroadcastId) => boolean;
  /** What hampers it now. */
  readonly troubles: (id: BroadcastId) => readonly Trouble[];
  /** Whether the broadcast is in memory with something that HLS players can get. */
  readonly hasSource: (id: BroadcastId) => boolean;
}

/** Shapes stored broadcasts for the contract. */
export interface Presenter {
  /** Refuses with `not-found` when the owner is gone. */
  one(row: BroadcastRow): Promise<Broadcast>;
  /** In the same order; those whose owners are gone are left out. */
  many(rows: readonly BroadcastRow[]): Promise<Broadcast[]>;
}

export function createPresenter(deps: PresenterDeps): Presenter {
  const many = async (rows: readonly BroadcastRow[]): Promise<Broadcast[]> => {
    const owners = await deps.directory.summaries([...new Set<AccountId>(rows.map(row => row.ownerId))]);
    return rows.flatMap(row => {
      const owner = owners.get(row.ownerId);
      return owner ? [present(deps, row, owner)] : [];
    });
  };
  return {
    many,
    async one(row) {
      const [broadcast] = await many([row]);
      if (!broadcast) throw new Refusal('not-found', 'The owner of this broadcast is gone.');
      return broadcast;
    },
  };
}

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function present(deps: PresenterDeps, row: BroadcastRow, owner: AccountSummary): Broadcast {
  const hasReplay = row.state === 'archived' && (row.durationMs ?? 0) > 0;
  const whep = row.state === 'live' && deps.isShownByWebrtc(row.id);
  return {
    id: row.id,
    postId: row.postId,
    owner,
    state: row.state,
    title: row.title,
    createdAt: new Date(row.createdAtMs).toISOString(),
    startedAt: timeOf(row.startedAtMs),
    endedAt: timeOf(row.endedAtMs),
    durationMs: row.durationMs,
    viewers: deps.viewers(row.id),
    hearts: deps.hearts(row),
    // A removal has a number of its own.
    comments: row.comments - 2 * row.removedComments,
    troubles: [...deps.troubles(row.id)],
    playback: {
      whepUrl: whep ? `${deps.publicUrl}/whep/${row.id}` : null,
      hlsUrl: hasReplay || deps.hasSource(row.id) ? `${deps.publicUrl}/hls/${row.id}/index.m3u8` : null,
    },
  };
}
