import type { AccountId, PostId } from '#base/ids.ts';
import type { Post } from '#contract/api/types.ts';
import type { Migrations } from '#ports/db.ts';
import type { BroadcastEvent } from '#ports/events.ts';
import type { JobHandler } from '#ports/jobs.ts';
import { createFollows, type Follows } from './follows/follows.ts';
import { migrations } from './migrations.ts';
import { createPosts, type Posts } from './posts/posts.ts';
import { presentPosts } from './posts/present.ts';
import { purge } from './posts/removal.ts';
import { announce, applyBroadcast, hintHolders } from './timeline/changes.ts';
import { backfill, fanOut, forget } from './timeline/fan-out.ts';
import type { FollowChange, PostCreated, PostDeleted, PostHint, PostPurge } from './timeline/jobs.ts';
import { createTimeline, type Timeline } from './timeline/timeline.ts';
import type { SocialDeps } from './types.ts';

export type { PageRequest } from './cursor.ts';
export type { Follows } from './follows/follows.ts';
export type { Counts } from './follows/store.ts';
export type { Draft, Posts } from './posts/posts.ts';
export type { UserHint } from './timeline/publish.ts';
export type { Timeline, UserHappening } from './timeline/timeline.ts';
export type { PostPage, SocialDeps, Viewer } from './types.ts';

/** Posts, follows and timelines. */
export interface Social extends Follows {
  readonly migrations: Migrations;
  readonly jobHandlers: Readonly<Record<string, JobHandler>>;
  readonly posts: Posts;
  readonly timeline: Timeline;
  /** Posts as a viewer sees them, in the order of `ids`; those that are gone are left out. */
  present(ids: readonly PostId[], viewerId: AccountId | null): Promise<Post[]>;
}

export function createSocial(deps: SocialDeps): Social {
  return {
    migrations,
    jobHandlers: {
      'post.created': payload => fanOut(deps, payload as PostCreated),
      'post.deleted': payload => announce(deps, 'post-deleted', payload as PostDeleted),
      'post.restored': payload => announce(deps, 'post-changed', payload as PostDeleted),
      'post.purge': payload => purge(deps, payload as PostPurge),
      'post.hint': payload => hintHolders(deps, payload as PostHint),
      'follow.created': payload => backfill(deps, payload as FollowChange),
      'follow.removed': payload => forget(deps, payload as FollowChange),
      'broadcast.started': payload => applyBroadcast(deps, payload as BroadcastEvent),
      'broadcast.changed': payload => applyBroadcast(deps, payload as BroadcastEvent),
    },
    posts: createPosts(deps),
    timeline: createTimeline(deps),
    ...createFollows(deps),
    present: (ids, viewerId) => presentPosts(deps, ids, viewerId),
  };
}
