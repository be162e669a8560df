import type { Post } from '#contract/api/types.ts';
import { api } from '../net/api.ts';
import { toast, toastError } from '../ui/toast.tsx';
import { fetchPost, hidePost } from './posts.ts';

/** Deletes a post at once, for everybody; for a few seconds it can be brought back, a broadcast as its replay. */
export function deletePost({ id, broadcast }: Post): void {
  const bringBack = hidePost(id);
  const onAir = broadcast?.state === 'live' || broadcast?.state === 'interrupted';
  const deleted = api('deletePost', { params: { id }, keepalive: true });
  deleted.catch((thrown: unknown) => {
    bringBack();
    toastError(thrown);
  });
  const undo = async () => {
    await deleted;
    await api('restorePost', { params: { id } });
    bringBack();
    // What it was when it was hidden is not all that it is now.
    await fetchPost(id);
  };
  toast({
    text: onAir ? 'Post deleted, and its broadcast ended.' : 'Post deleted.',
    action: { label: 'Undo', run: () => void undo().catch(toastError) },
  });
}
