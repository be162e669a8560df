import { Ellipsis, Trash2 } from 'lucide-preact';
import type { Post } from '#contract/api/types.ts';
import { me } from '../net/session.ts';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { deletePost } from './delete-post.ts';

/** What one may do to one's own post, and the operator to any. */
export function PostMenu({ post, onDelete }: { readonly post: Post; readonly onDelete?: () => void }) {
  const viewer = me.value;
  if (!viewer || (viewer.id !== post.author.id && viewer.role !== 'operator')) return null;
  const remove = () => {
    deletePost(post);
    onDelete?.();
  };
  return (
    <Menu label="More about this post" icon={<Ellipsis size={20} />}>
      <MenuItem icon={<Trash2 size={20} />} danger onChoose={remove}>
        {post.broadcast?.state === 'live' ? 'End and delete' : 'Delete'}
      </MenuItem>
    </Menu>
  );
}
