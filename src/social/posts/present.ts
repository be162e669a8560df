import type { AccountId, PostId } from '#base/ids.ts';
import type { AccountSummary, Post, PostBroadcast } from '#contract/api/types.ts';
import type { PostTable } from '../tables.ts';
import type { SocialDeps } from '../types.ts';
import * as store from './store.ts';

/** Posts hydrated by one round of queries. */
const CHUNK_MAX = 200;

/** Posts as a viewer sees them, in the order of `ids`; those that are gone, or whose author is, are left out. */
export async function presentPosts(
  deps: Pick<SocialDeps, 'db' | 'directory'>,
  ids: readonly PostId[],
  viewerId: AccountId | null,
): Promise<Post[]> {
  const posts: Post[] = [];
  for (let start = 0; start < ids.length; start += CHUNK_MAX)
    posts.push(...(await presentChunk(deps, ids.slice(start, start + CHUNK_MAX), viewerId)));
  return posts;
}

async function presentChunk(
  { db, directory }: Pick<SocialDeps, 'db' | 'directory'>,
  ids: readonly PostId[],
  viewerId: AccountId | null,
): Promise<Post[]> {
  const rows = new Map((await store.findPosts(db.sql, ids)).map(row => [row.id, row]));
  if (rows.size === 0) return [];
  const [authors, liked] = await Promise.all([
    directory.summaries([...new Set([...rows.values()].map(row => row.author_id))]),
    viewerId === null ? null : store.likedAmong(db.sql, viewerId, ids),
  ]);
  return ids.flatMap(id => {
    const row = rows.get(id);
    const author = row && authors.get(row.author_id);
    return author ? [postOf(row, author, liked)] : [];
  });
}

function postOf(row: PostTable, author: AccountSummary, liked: ReadonlySet<PostId> | null): Post {
  return {
    id: row.id,
    author,
    text: row.text,
    createdAt: timeOf(row.created_at),
    replyToId: row.reply_to_id,
    counts: { replies: row.reply_count, likes: row.like_count },
    viewer: liked && { liked: liked.has(row.id) },
    broadcast: broadcastOf(row),
  };
}

function broadcastOf(row: PostTable): PostBroadcast | null {
  if (row.broadcast_id === null || row.broadcast_state === null) return null;
  return {
    id: row.broadcast_id,
    state: row.broadcast_state,
    title: row.broadcast_title ?? '',
    startedAt: row.broadcast_started_at === null ? null : timeOf(row.broadcast_started_at),
    durationMs: row.broadcast_duration_ms,
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
