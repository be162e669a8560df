import { computed, effect, signal } from '@preact/signals';
import type { UserEvent } from '#contract/socket/frames.ts';
import { api } from '../net/api.ts';
import { online, socket } from '../net/connection.ts';
import { refreshLiveNow } from '../net/live-now.ts';
import { me } from '../net/session.ts';
import { path } from '../router.ts';
import { createFeed, type Feed, forgetFeeds } from './feed.ts';
import { hidePost, keepPost, type PostEntry, showPost } from './posts.ts';

/** Closer to the top than this, the reader looks at the newest. */
const TOP_PX = 120;
/** Posts that wait behind the pill; beyond it the list is loaded anew. */
const WAITING_MAX = 200;

const feed = signal(createHome());

/** The home timeline of whoever is signed in. */
export const home = computed(() => feed.value);

/** Posts that came while reading, newest first. */
export const waiting = signal<readonly PostEntry[]>([]);

function createHome(): Feed {
  return createFeed(cursor => api('getHomeTimeline', { query: cursor === undefined ? {} : { cursor } }));
}

/** Puts the posts that wait on top of the list. */
export function showWaiting(): void {
  const entries = waiting.peek();
  waiting.value = [];
  if (entries.length >= WAITING_MAX) void home.peek().reload();
  else home.peek().prepend(entries);
}

export function receive(event: UserEvent): void {
  if (event.type === 'post-deleted') {
    hidePost(event.postId);
    return;
  }
  if (event.post.broadcast) refreshLiveNow();
  if (event.type === 'post-changed') {
    showPost(event.post);
  } else {
    arrive(keepPost(event.post));
  }
}

/** One's own posts, the first of all, and a broadcast while one is at the top appear at once; others wait for the pill. */
function arrive(entry: PostEntry): void {
  const post = entry.peek();
  if (!post || home.peek().items.peek().includes(entry) || waiting.peek().includes(entry)) return;
  if (home.peek().status.peek() === 'idle') return;
  const own = post.author.id === me.peek()?.id;
  const nothingThere = home.peek().items.peek().length === 0;
  if (own || nothingThere || (post.broadcast && looksAtTop())) home.peek().prepend([entry]);
  else waiting.value = [entry, ...waiting.peek()].slice(0, WAITING_MAX);
}

function looksAtTop(): boolean {
  return path.peek() === '/' && scrollY < TOP_PX && document.visibilityState === 'visible';
}

const myId = computed(() => me.value?.id);
let connectedAs = myId.peek();

/** A timeline that did not come for want of a network comes with it. */
function catchUp(): void {
  if (online.value && home.peek().status.peek() === 'failed') void home.peek().reload();
}

/** Follows one's own topic for as long as somebody is signed in. */
export function startHome(): void {
  effect(catchUp);
  effect(() => {
    const id = myId.value;
    if (id !== connectedAs) {
      connectedAs = id;
      forgetFeeds();
      feed.value = createHome();
      waiting.value = [];
      // The connection carries the cookie of whoever opened it.
      socket.reconnect();
    }
    if (!id) return;
    return socket.join(`user:${id}`, frame => {
      for (const event of frame.events) if (isUserEvent(event)) receive(event);
    });
  });
}

function isUserEvent(event: { readonly type: string }): event is UserEvent {
  return event.type.startsWith('post');
}
