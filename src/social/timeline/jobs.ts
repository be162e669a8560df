import type { AccountId, PostId } from '#base/ids.ts';
import type { JobRequest } from '#ports/jobs.ts';

/** One batch of a fan-out: the followers after `after` get the post. */
export interface PostCreated {
  readonly postId: PostId;
  readonly after: string;
}

export interface PostDeleted {
  readonly postId: PostId;
}

export interface PostPurge {
  readonly postId: PostId;
  /** Of the deletion that asks for it: a later one asks itself. */
  readonly deletedAtMs: number;
}

/** One batch of telling those who have a post that it changed or went. */
export interface PostHint {
  readonly type: 'post-changed' | 'post-deleted';
  readonly postId: PostId;
  readonly seq: number;
  readonly after: string;
}

export interface FollowChange {
  readonly followerId: AccountId;
  readonly followeeId: AccountId;
}

/** Jobs of one post run one after the other. */
export const postJobs = {
  created: (postId: PostId, after = ''): JobRequest =>
    job('post.created', `post:${postId}`, { postId, after } satisfies PostCreated),
  deleted: (postId: PostId): JobRequest =>
    job('post.deleted', `post:${postId}`, { postId } satisfies PostDeleted),
  restored: (postId: PostId): JobRequest =>
    job('post.restored', `post:${postId}`, { postId } satisfies PostDeleted),
  /** In an order of its own: what waits for its time would hold up the post's other jobs. */
  purge: (purge: PostPurge, runAtMs: number): JobRequest => ({
    ...job('post.purge', `post-purge:${purge.postId}`, purge),
    runAtMs,
  }),
  hint: (hint: PostHint): JobRequest => job('post.hint', `post:${hint.postId}`, hint),
};

/** Following and unfollowing somebody take effect in the order in which they happened. */
export const followJobs = {
  created: (followerId: AccountId, followeeId: AccountId): JobRequest =>
    follow('follow.created', { followerId, followeeId }),
  removed: (followerId: AccountId, followeeId: AccountId): JobRequest =>
    follow('follow.removed', { followerId, followeeId }),
};

function follow(kind: string, change: FollowChange): JobRequest {
  return job(kind, `follow:${change.followerId}:${change.followeeId}`, change);
}

function job(kind: string, orderingKey: string, payload: unknown): JobRequest {
  return { kind, orderingKey, payload };
}
