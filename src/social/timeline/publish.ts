import type { AccountId, PostId } from '#base/ids.ts';
import type { Bus } from '#ports/bus.ts';

/** What goes over the bus on `user:{accountId}`: enough to look the event up, or to know that one was missed. */
export interface UserHint {
  readonly type: 'post' | 'post-changed' | 'post-deleted';
  readonly postId: PostId;
  readonly seq: number;
}

/** Hints at one thing to many people: one message for the bus, which nothing is done about where nobody of them is. */
export function publishTo(bus: Bus, accountIds: readonly AccountId[], hint: UserHint): void {
  const topics = accountIds.map(accountId => `user:${accountId}`);
  bus.publishEach(topics, hint);
}
