import { type Signal, signal } from '@preact/signals';
import type { Post } from '#contract/api/types.ts';
import { api } from '../net/api.ts';
import { noteBroadcast, noteOver } from './live-authors.ts';

/** A post that every card, page and list shares; null once it is deleted. */
export type PostEntry = Signal<Post | null>;

/** Posts known to the page. What a list still shows stays alive in it when it leaves here. */
const POSTS_KEPT_MAX = 2000;

const entries = new Map<string, PostEntry>();

/** Takes a post as the server sent it last, and answers the entry that shows it. */
export function keepPost(post: Post): PostEntry {
  noteBroadcast(post);
  const known = entries.get(post.id);
  if (known) {
    if (known.peek()) known.value = post;
    return known;
  }
  const entry: PostEntry = signal(post);
  entries.set(post.id, entry);
  const oldest = entries.keys().next().value;
  if (entries.size > POSTS_KEPT_MAX && oldest !== undefined) entries.delete(oldest);
  return entry;
}

export function knownPost(id: string): PostEntry | undefined {
  return entries.get(id);
}

/** Takes a post that came back after it was deleted. */
export function showPost(post: Post): PostEntry {
  const entry = keepPost(post);
  if (entry.peek() === null) entry.value = post;
  return entry;
}

/** Asks the server for a post anew. */
export async function fetchPost(id: string): Promise<PostEntry> {
  return keepPost(await api('getPost', { params: { id } }));
}

/** Removes a post from every list; answers how to bring it back. */
export function hidePost(id: string): () => void {
  const entry = entries.get(id);
  const post = entry?.peek();
  if (!entry || !post) return () => {};
  entry.value = null;
  noteOver(post.id, post.author.id);
  return () => {
    entry.value = post;
    noteBroadcast(post);
  };
}

/** Counts one more reply, until the server sends the number. */
export function noteReply(postId: string): void {
  const entry = entries.get(postId);
  const post = entry?.peek();
  if (entry && post) entry.value = { ...post, counts: { ...post.counts, replies: post.counts.replies + 1 } };
}
