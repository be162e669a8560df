import { type AccountId, isId, type PostId } from '#base/ids.ts';
import { PAGE_DEFAULT, type Post } from '#contract/api/types.ts';
import { checkedText } from '#contract/checked-text.ts';
import { Refusal } from '#contract/errors.ts';
import { POST_GRAPHEMES_MAX } from '#contract/text.ts';
import { decodeCursor, type PageRequest, type Place, pageOf } from '../cursor.ts';
import { addToCount } from '../follows/store.ts';
import { postJobs } from '../timeline/jobs.ts';
import type { PostPage, SocialDeps, Viewer } from '../types.ts';
import { presentPosts } from './present.ts';
import { remove, restore } from './removal.ts';
import * as store from './store.ts';

export interface Draft {
  readonly text: string;
  readonly replyToId?: PostId;
}

/** Posts, replies and likes. */
export interface Posts {
  /** Refuses with `invalid-request` (text) or `not-found` (the post it replies to). */
  create(authorId: AccountId, draft: Draft): Promise<Post>;
  /** Refuses with `not-found`. */
  get(id: PostId, viewerId: AccountId | null): Promise<Post>;
  /**
   * One's own, or anybody's for the operator: hidden from everybody at once, and its broadcast taken off the air; what it was goes
   * after `UNDO_MS`. Refuses with `not-found` or `not-allowed`.
   */
  delete(id: PostId, viewer: Viewer): Promise<void>;
  /** Brings a post back that was deleted within `UNDO_MS`, by whoever may delete it. Refuses with `not-found` or `not-allowed`. */
  restore(id: PostId, viewer: Viewer): Promise<Post>;
  /** Oldest first. Refuses with `not-found` or `invalid-cursor`. */
  listReplies(id: PostId, page: PageRequest, viewerId: AccountId | null): Promise<PostPage>;
  /** Newest first, replies among them. Refuses with `invalid-cursor`. */
  listByAuthor(authorId: AccountId, page: PageRequest, viewerId: AccountId | null): Promise<PostPage>;
  /** Likes once; again changes nothing. Refuses with `not-found`. */
  like(id: PostId, accountId: AccountId): Promise<void>;
  /** Refuses with `not-found`. */
  unlike(id: PostId, accountId: AccountId): Promise<void>;
}

export function createPosts(deps: SocialDeps): Posts {
  return {
    create: (authorId, draft) => create(deps, authorId, draft),
    get: (id, viewerId) => get(deps, id, viewerId),
    delete: (id, viewer) => remove(deps, id, viewer),
    async restore(id, viewer) {
      await restore(deps, id, viewer);
      return get(deps, id, viewer.id);
    },
    async listReplies(id, page, viewerId) {
      await existing(deps, id);
      return list(deps, page, viewerId, (after, limit) => store.listReplies(deps.db.sql, id, after, limit));
    },
    listByAuthor: (authorId, page, viewerId) =>
      list(deps, page, viewerId, (before, limit) => store.listByAuthor(deps.db.sql, authorId, before, limit)),
    like: (id, accountId) => like(deps, id, accountId),
    unlike: (id, accountId) => unlike(deps, id, accountId),
  };
}

async function create(deps: SocialDeps, authorId: AccountId, draft: Draft): Promise<Post> {
  const text = checkedText('text', draft.text, POST_GRAPHEMES_MAX);
  const replyToId = draft.replyToId ?? null;
  if (replyToId !== null && !isId(replyToId)) throw new Refusal('not-found');
  const id = deps.ids.next<'post'>();
  const createdAtMs = deps.clock.nowMs();
  await deps.db.transaction(async tx => {
    await store.insertPost(tx, { id, authorId, text, replyToId, createdAtMs, broadcast: null });
    if (replyToId !== null && !(await store.addReplies(tx, replyToId, 1))) throw new Refusal('not-found');
    await addToCount(tx, authorId, 'posts', 1);
    await deps.jobs.enqueue(tx, postJobs.created(id));
  });
  deps.jobs.wake();
  return get(deps, id, authorId);
}

async function get(deps: SocialDeps, id: PostId, viewerId: AccountId | null): Promise<Post> {
  const [post] = isId(id) ? await presentPosts(deps, [id], viewerId) : [];
  if (!post) throw new Refusal('not-found');
  return post;
}

async function existing(deps: SocialDeps, id: PostId) {
  const row = isId(id) ? await store.findPost(deps.db.sql, id) : null;
  if (!row) throw new Refusal('not-found');
  return row;
}

async function like(deps: SocialDeps, id: PostId, accountId: AccountId): Promise<void> {
  await existing(deps, id);
  await deps.db.transaction(async tx => {
    if (!(await store.insertLike(tx, id, accountId, deps.clock.nowMs()))) return;
    if (!(await store.addLikes(tx, id, 1))) throw new Refusal('not-found');
  });
}

async function unlike(deps: SocialDeps, id: PostId, accountId: AccountId): Promise<void> {
  await existing(deps, id);
  await deps.db.transaction(async tx => {
    if (await store.deleteLike(tx, id, accountId)) await store.addLikes(tx, id, -1);
  });
}

async function list(
  deps: SocialDeps,
  { cursor, limit = PAGE_DEFAULT }: PageRequest,
  viewerId: AccountId | null,
  read: (from: Place | null, limit: number) => Promise<Place[]>,
): Promise<PostPage> {
  const found = await read(cursor === undefined ? null : decodeCursor(cursor), limit + 1);
  const { places, nextCursor } = pageOf(found, limit);
  const ids = places.map(place => place.id);
  return { items: await presentPosts(deps, ids, viewerId), nextCursor };
}
