import type { Post } from '#contract/api/types.ts';
import { api } from '../net/api.ts';
import { toast, toastError } from '../ui/toast.tsx';
import { hidePost } from './posts.ts';

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
