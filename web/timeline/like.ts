import { api } from '../net/api.ts';
import type { PostEntry } from './posts.ts';

/** Posts whose like is on its way. */
const sending = new Set<string>();

/** Turns one's like over at once and tells the server; turns it back, and throws, when the server says no. */
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
    throw thrown;
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
