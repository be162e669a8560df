import type { AccountId } from '#base/ids.ts';
import { PAGE_DEFAULT } from '#contract/api/types.ts';
import type { UserEvent } from '#contract/socket/frames.ts';
import { decodeCursor, type PageRequest, type Place, pageOf } from '../cursor.ts';
import { presentPosts } from '../posts/present.ts';
import { listByAuthor } from '../posts/store.ts';
import type { PostPage, SocialDeps } from '../types.ts';
import * as store from './store.ts';

/** Something that happened to a home timeline, with its number in the home sequence. */
export interface UserHappening {
  readonly seq: number;
  readonly event: UserEvent;
}

export interface Timeline {
  /** Newest first. Refuses with `invalid-cursor`. */
  home(accountId: AccountId, page: PageRequest): Promise<PostPage>;
  /** The highest number of the home sequence. Numbers grow and become visible in their order; an account's have gaps. */
  head(accountId: AccountId): Promise<number>;
  /** What happened to an account's home timeline after `seq`, oldest first. Fewer than `limit` is all there is. */
  since(accountId: AccountId, seq: number, limit: number): Promise<readonly UserHappening[]>;
}

export function createTimeline(deps: SocialDeps): Timeline {
  return {
    home: (accountId, page) => home(deps, accountId, page),
    head: () => store.currentSeq(deps.db.sql),
    since: (accountId, seq, limit) => since(deps, accountId, seq, limit),
  };
}

/**
 * Skeleton > hydrate > present. One's own posts are read beside the entries, so that somebody who has just posted finds
 * it even before the fan-out came by.
 */
async function home(
  deps: SocialDeps,
  accountId: AccountId,
  { cursor, limit = PAGE_DEFAULT }: PageRequest,
): Promise<PostPage> {
  const before = cursor === undefined ? null : decodeCursor(cursor);
  const sql = deps.db.sql;
  const [entries, own] = await Promise.all([
    store.listHome(sql, accountId, before, limit + 1),
    listByAuthor(sql, accountId, before, limit + 1),
  ]);
  const { places, nextCursor } = pageOf(mergeNewestFirst(entries, own), limit);
  const ids = places.map(place => place.id);
  return { items: await presentPosts(deps, ids, accountId), nextCursor };
}

function mergeNewestFirst(a: readonly Place[], b: readonly Place[]): Place[] {
  const byId = new Map([...a, ...b].map(place => [place.id, place]));
  return [...byId.values()].sort((x, y) => y.createdAtMs - x.createdAtMs || (x.id < y.id ? 1 : -1));
}

interface Happened extends store.HomeEvent {
  readonly type: UserEvent['type'];
}

async function since(
  deps: SocialDeps,
  accountId: AccountId,
  seq: number,
  limit: number,
): Promise<UserHappening[]> {
  // Asked first: what is numbered up to here was committed before the next queries look, so that none of them misses any.
  const head = await store.currentSeq(deps.db.sql);
  const told: UserHappening[] = [];
  for (let after = seq; told.length < limit; ) {
    const happened = await listHappened(deps, accountId, { after, upTo: head }, limit - told.length);
    told.push(...(await presentHappened(deps, accountId, happened)));
    const last = happened.at(-1);
    if (!last) break;
    after = last.seq;
  }
  return told;
}

async function listHappened(
  deps: SocialDeps,
  accountId: AccountId,
  span: store.SeqSpan,
  limit: number,
): Promise<Happened[]> {
  const [arrivals, changes] = await Promise.all([
    store.listArrivals(deps.db.sql, accountId, span, limit),
    store.listChanges(deps.db.sql, accountId, span, limit),
  ]);
  const happened: Happened[] = [
    ...arrivals.map(event => ({ ...event, type: 'post' as const })),
    ...changes.map(({ isDeleted, ...event }) => ({
      ...event,
      type: isDeleted ? ('post-deleted' as const) : ('post-changed' as const),
    })),
  ];
  return happened.sort((a, b) => a.seq - b.seq).slice(0, limit);
}

/** A post that is gone is told of by its deletion only. */
async function presentHappened(
  deps: SocialDeps,
  accountId: AccountId,
  happened: readonly Happened[],
): Promise<UserHappening[]> {
  const ids = new Set(happened.filter(({ type }) => type !== 'post-deleted').map(({ postId }) => postId));
  const posts = new Map((await presentPosts(deps, [...ids], accountId)).map(post => [post.id, post]));
  return happened.flatMap(({ type, postId, seq }): UserHappening[] => {
    if (type === 'post-deleted') return [{ seq, event: { type, postId } }];
    const post = posts.get(postId);
    return post ? [{ seq, event: { type, post } }] : [];
  });
}
