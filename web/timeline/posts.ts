import { type Signal, signal } from '@preact/signals';
import type { Post } from '#contract/api/types.ts';
import { api } from '../net/api.ts';
import { toast, toastError } from '../ui/toast.tsx';

/** A post that every card, page and list shares; null once it is deleted. */
export type PostEntry = Signal<Post | null>;

/** Posts known to the page. What a list still shows stays alive in it when it leaves here. */
const POSTS_KEPT_MAX = 2000;

const entries = new Map<string, PostEntry>();

/** People who are live as far as the posts we have seen say, with the post to watch. */
export const liveAuthors = signal<ReadonlyMap<string, Post>>(new Map());

/** Takes a post as the server sent it last, and answers the entry that shows it. */
export function keepPost(post: Post): PostEntry {
  noteLive(post);
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
  noteOver(post);
  return () => {
    entry.value = post;
    noteLive(post);
  };
}

/** Deletes one's own post, leaving time to think better of it. */
export function deletePost(post: Post): void {
  const bringBack = hidePost(post.id);
  toast({
    text: 'Post deleted.',
    action: { label: 'Undo', run: bringBack },
    onGone: () => {
      api('deletePost', { params: { id: post.id }, keepalive: true }).catch((thrown: unknown) => {
        bringBack();
        toastError(thrown);
      });
    },
  });
}

/** Posts whose like is on its way. */
const sending = new Set<string>();

/** Turns one's like over at once and tells the server; turns it back when the server says no. */
export async function toggleLike(entry: PostEntry): Promise<void> {
  const post = entry.peek();
  if (!post?.viewer) return;
  setLiked(entry, !post.viewer.liked);
  if (sending.has(post.id)) return;
  sending.add(post.id);
  let stands = post.viewer.liked;
  try {
    // Taps while a request runs are answered by one more, so that the last tap stands.
    for (let wanted = likedIn(entry); wanted !== stands; wanted = likedIn(entry)) {
      await api(wanted ? 'likePost' : 'unlikePost', { params: { id: post.id } });
      stands = wanted;
    }
  } catch (thrown) {
    setLiked(entry, stands);
    toastError(thrown);
  } finally {
    sending.delete(post.id);
  }
}

function likedIn(entry: PostEntry): boolean {
  return Boolean(entry.peek()?.viewer?.liked);
}

function setLiked(entry: PostEntry, liked: boolean): void {
  const post = entry.peek();
  if (!post || likedIn(entry) === liked) return;
  const likes = Math.max(0, post.counts.likes + (liked ? 1 : -1));
  entry.value = { ...post, viewer: { liked }, counts: { ...post.counts, likes } };
}

/** Counts one more reply, until the server sends the number. */
export function noteReply(postId: string): void {
  const entry = entries.get(postId);
  const post = entry?.peek();
  if (entry && post) entry.value = { ...post, counts: { ...post.counts, replies: post.counts.replies + 1 } };
}

function noteLive(post: Post): void {
  if (post.broadcast?.state !== 'live') noteOver(post);
  else liveAuthors.value = new Map(liveAuthors.peek()).set(post.author.id, post);
}

function noteOver(post: Post): void {
  if (liveAuthors.peek().get(post.author.id)?.id !== post.id) return;
  const rest = new Map(liveAuthors.peek());
  rest.delete(post.author.id);
  liveAuthors.value = rest;
}
