import { Avatar } from '../ui/avatar.tsx';
import type { Feed } from './feed.ts';
import { waiting } from './home.ts';
import './live-strip.css';

/** Ringed avatars of those one follows who are live; nothing when nobody is. */
export function LiveStrip({ feed }: { readonly feed: Feed }) {
  const posts = [...waiting.value, ...feed.items.value]
    .map(entry => entry.value)
    .filter(post => post?.broadcast?.state === 'live');
  if (posts.length === 0) return null;
  return (
    <nav class="strip" aria-label="Live now">
      <ul>
        {posts.map(post =>
          post ? (
            <li key={post.id}>
              <a href={`/p/${post.id}`} title={post.broadcast?.title}>
                <Avatar account={post.author} size={64} live />
                <bdi>{post.author.displayName}</bdi>
                <span class="visually-hidden"> is live: {post.broadcast?.title}</span>
              </a>
            </li>
          ) : null,
        )}
      </ul>
    </nav>
  );
}
