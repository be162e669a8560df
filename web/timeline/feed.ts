import { type ReadonlySignal, signal } from '@preact/signals';
import type { Post } from '#contract/api/types.ts';
import { keepPost, type PostEntry } from './posts.ts';

/** Lists that going back finds again. */
const FEEDS_KEPT_MAX = 20;

export type FeedStatus = 'idle' | 'loading' | 'failed' | 'ready' | 'done';

interface Page {
  readonly items: readonly Post[];
  readonly nextCursor: string | null;
}

/** A list of posts that grows by pages. `done` is `ready` with nothing further to come. */
export interface Feed {
  readonly items: ReadonlySignal<readonly PostEntry[]>;
  readonly status: ReadonlySignal<FeedStatus>;
  readonly error: ReadonlySignal<unknown>;
  /** Loads the next page; does nothing while one is loading or none is left. */
  more(): Promise<void>;
  /** Loads the first page anew and shows it in place of the rest. */
  reload(): Promise<void>;
  /** Puts posts on top, those already in the list left out. */
  prepend(entries: readonly PostEntry[]): void;
  append(entry: PostEntry): void;
}

export function createFeed(load: (cursor: string | undefined) => Promise<Page>): Feed {
  const items = signal<readonly PostEntry[]>([]);
  const status = signal<FeedStatus>('idle');
  const error = signal<unknown>(null);
  let cursor: string | undefined;
  let run = 0;

  async function fetchPage(from: string | undefined): Promise<void> {
    const mine = ++run;
    status.value = 'loading';
    try {
      const page = await load(from);
      if (mine !== run) return;
      const fresh = page.items.map(keepPost);
      items.value = from === undefined ? fresh : [...items.peek(), ...without(fresh, items.peek())];
      cursor = page.nextCursor ?? undefined;
      status.value = cursor === undefined ? 'done' : 'ready';
    } catch (thrown) {
      if (mine !== run) return;
      error.value = thrown;
      status.value = 'failed';
    }
  }

  return {
    items,
    status,
    error,
    more: async () => {
      if (status.peek() === 'loading' || status.peek() === 'done') return;
      await fetchPage(cursor);
    },
    reload: () => fetchPage(undefined),
    prepend: entries => {
      items.value = [...without(entries, items.peek()), ...items.peek()];
    },
    append: entry => {
      items.value = [...items.peek(), ...without([entry], items.peek())];
    },
  };
}

const feeds = new Map<string, Feed>();

/** The feed that goes by a name, made when it is first asked for. */
export function feedFor(name: string, load: (cursor: string | undefined) => Promise<Page>): Feed {
  const feed = feeds.get(name) ?? createFeed(load);
  feeds.delete(name);
  feeds.set(name, feed);
  const oldest = feeds.keys().next().value;
  if (feeds.size > FEEDS_KEPT_MAX && oldest !== undefined) feeds.delete(oldest);
  return feed;
}

/** Forgets every list: what they held was for somebody else's eyes. */
export function forgetFeeds(): void {
  feeds.clear();
}

/** Those of `fresh` that are not in `present`. Entries are shared, so being the same is being the same post. */
function without(fresh: readonly PostEntry[], present: readonly PostEntry[]): PostEntry[] {
  const seen = new Set(present);
  return fresh.filter(entry => !seen.has(entry));
}
