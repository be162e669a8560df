import type { AccountId, PostId } from '#base/ids.ts';
import type { Bus } from '#ports/bus.ts';

/** What goes over the bus on `user:{accountId}`: enough to look the event up, or to know that one was missed. */
export interface UserHint {
  readonly type: 'post' | 'post-changed' | 'post-deleted';
  readonly postId: PostId;
  readonly seq: number;
}

export function publishTo(bus: Bus, accountId: AccountId, hint: UserHint): void {
  bus.publish(`user:${accountId}`, hint);
}
