import { computed, signal } from '@preact/signals';
import type { Post } from '#contract/api/types.ts';
import { liveNow } from '../net/live-now.ts';

/** Where to watch somebody who is live. */
export interface OnAir {
  readonly postId: string;
  readonly title: string;
}

/** By account, as the posts say that the page has seen. */
const seen = signal<ReadonlyMap<string, OnAir>>(new Map());

/** Who is live, by account: from the posts on the page and from the list of what is live. */
export const liveAuthors = computed<ReadonlyMap<string, OnAir>>(() => {
  const listed = (liveNow.value ?? []).map(({ owner, postId, title }): [string, OnAir] => [
    owner.id,
    { postId, title },
  ]);
  return new Map([...listed, ...seen.value]);
});

/** Takes in what a post says about its author. */
export function noteBroadcast({ id, author, broadcast }: Post): void {
  if (broadcast?.state === 'live') {
    seen.value = new Map(seen.peek()).set(author.id, { postId: id, title: broadcast.title });
  } else {
    noteOver(id, author.id);
  }
}

/** The post is gone, or its broadcast is over. */
export function noteOver(postId: string, authorId: string): void {
  if (seen.peek().get(authorId)?.postId !== postId) return;
  const rest = new Map(seen.peek());
  rest.delete(authorId);
  seen.value = rest;
}
