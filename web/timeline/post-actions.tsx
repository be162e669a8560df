import { Heart, MessageCircle, Share } from 'lucide-preact';
import { compose } from '../composer/composer-state.ts';
import { me } from '../net/session.ts';
import { go } from '../router.ts';
import { formatCount, plural } from '../ui/format.ts';
import { toast, toastError } from '../ui/toast.tsx';
import { toggleLike } from './like.ts';
import type { PostEntry } from './posts.ts';
import './post-actions.css';

/** Reply, like, share; counts only above zero. */
export function PostActions({ entry }: { readonly entry: PostEntry }) {
  const post = entry.value;
  if (!post) return null;
  const { counts } = post;
  const liked = Boolean(post.viewer?.liked);
  const signedIn = (run: () => void) => () => (me.peek() ? run() : go('/sign-in'));
  return (
    <div class="actions">
      <button
        type="button"
        class="action"
        aria-label={counts.replies ? `Reply, ${plural(counts.replies, 'reply', 'replies')}` : 'Reply'}
        onClick={signedIn(() => compose(post))}
      >
        <MessageCircle size={20} />
        <Count of={counts.replies} />
      </button>
      <button
        type="button"
        class="action action-like"
        aria-pressed={liked}
        aria-label={counts.likes ? `Like, ${plural(counts.likes, 'like')}` : 'Like'}
        onClick={signedIn(() => void toggleLike(entry).catch(toastError))}
      >
        <Heart size={20} fill={liked ? 'currentColor' : 'none'} />
        <Count of={counts.likes} />
      </button>
      <button type="button" class="action" aria-label="Share" onClick={() => void share(`/p/${post.id}`)}>
        <Share size={20} />
      </button>
    </div>
  );
}

function Count({ of }: { readonly of: number }) {
  return of > 0 ? <span class="action-count">{formatCount(of)}</span> : null;
}

/** Hands an address of ours to the system's share sheet, or to the clipboard where there is none. */
async function share(href: string): Promise<void> {
  const url = new URL(href, location.href).href;
  try {
    if (matchMedia('(pointer: coarse)').matches && 'share' in navigator)
      return await navigator.share({ url });
    await navigator.clipboard.writeText(url);
    toast({ text: 'Link copied.' });
  } catch (thrown) {
    // Closing the share sheet is not an error.
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return;
    toast({ text: `The link is ${url}` });
  }
}
