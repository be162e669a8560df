import type { AccountId, BroadcastId, PostId } from '#base/ids.ts';
import type { BroadcastState } from '#contract/api/types.ts';
import type { JobRequest } from './jobs.ts';

/**
 * What `live` tells the other domains, as job payloads (`jobs.enqueue`, ordering key `broadcast:{id}`), so that it happens
 * at least once and in order. Kinds: `broadcast.started` once, then `broadcast.changed` at every change of state or title.
 */
export interface BroadcastEvent {
  readonly broadcastId: BroadcastId;
  /** Chosen by `live` when the broadcast was created, so that its address is known before it starts. */
  readonly postId: PostId;
  readonly ownerId: AccountId;
  readonly title: string;
  readonly state: BroadcastState;
  readonly startedAtMs: number | null;
  readonly durationMs: number | null;
  /** Whether followers get the post in their home timeline. */
  readonly announce: boolean;
}

/** What `social` tells `live` of a broadcast's post, so that what is hidden is not watched and what is gone is not kept. */
export interface BroadcastPostEvent {
  readonly broadcastId: BroadcastId;
  readonly type: 'deleted' | 'restored';
}

/** In the order in which they happened; kind `broadcast-post.deleted` or `broadcast-post.restored`. */
export function broadcastPostJob(event: BroadcastPostEvent): JobRequest {
  return {
    kind: `broadcast-post.${event.type}`,
    payload: event,
    orderingKey: `broadcast-post:${event.broadcastId}`,
  };
}
