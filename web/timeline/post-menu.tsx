import { Ellipsis, Trash2 } from 'lucide-preact';
import type { Post } from '#contract/api/types.ts';
import { me } from '../net/session.ts';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { deletePost } from './delete-post.ts';

/** What one may do to one's own post. */
export function PostMenu({ post, onDelete }: { readonly post: Post; readonly onDelete?: () => void }) {
  if (post.author.id !== me.value?.id || post.broadcast?.state === 'live') return null;
  const remove = () => {
    deletePost(post);
    onDelete?.();
  };
  return (
    <Menu label="More about this post" icon={<Ellipsis size={20} />}>
      <MenuItem icon={<Trash2 size={20} />} danger onChoose={remove}>
        Delete
      </MenuItem>
    </Menu>
  );
}
