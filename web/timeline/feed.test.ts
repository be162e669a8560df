import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Post } from '#contract/api/types.ts';
import { createFeed } from './feed.ts';
import { hidePost, keepPost } from './posts.ts';

function post(id: string): Post {
  const author = { id: 'a', handle: 'ana', displayName: 'Ana' };
  const counts = { replies: 0, likes: 0 };
  return { id, author, text: id, createdAt: '', replyToId: null, counts, viewer: null, broadcast: null };
}

const ids = (feed: ReturnType<typeof createFeed>) => feed.items.value.map(entry => entry.value?.id ?? null);

test('pages follow each other to the end, and a post that two of them hold is shown once', async () => {
  const pages = new Map([
    [undefined, { items: [post('f3'), post('f2')], nextCursor: '2' }],
    ['2', { items: [post('f2'), post('f1')], nextCursor: null }],
  ]);
  const feed = createFeed(async cursor => pages.get(cursor as '2')!);
  await feed.reload();
  assert.equal(feed.status.value, 'ready');
  await feed.more();
  assert.deepEqual(ids(feed), ['f3', 'f2', 'f1']);
  assert.equal(feed.status.value, 'done');
});

test('a page that fails keeps what is there, and can be asked for again', async () => {
  let broken = false;
  const feed = createFeed(async cursor => {
    if (broken) throw new Error('down');
    return { items: [post(`g${cursor ?? '0'}`)], nextCursor: cursor === undefined ? '1' : null };
  });
  await feed.reload();
  broken = true;
  await feed.more();
  assert.deepEqual([feed.status.value, ids(feed)], ['failed', ['g0']]);
  broken = false;
  await feed.more();
  assert.deepEqual([feed.status.value, ids(feed)], ['done', ['g0', 'g1']]);
});

test('asking again while a page is on its way asks once', async () => {
  let asked = 0;
  const feed = createFeed(async () => ({ items: [post(`h${asked++}`)], nextCursor: 'x' }));
  await feed.reload();
  await Promise.all([feed.more(), feed.more()]);
  assert.equal(asked, 2);
});

test('an answer that a reload overtook is dropped', async () => {
  const answers: ((page: { items: Post[]; nextCursor: null }) => void)[] = [];
  const feed = createFeed(() => new Promise(resolve => answers.push(resolve)));
  const slow = feed.reload();
  const fast = feed.reload();
  answers[1]!({ items: [post('new')], nextCursor: null });
  answers[0]!({ items: [post('old')], nextCursor: null });
  await Promise.all([slow, fast]);
  assert.deepEqual(ids(feed), ['new']);
});

test('a post that arrives goes on top once, and disappears everywhere when it is hidden', async () => {
  const feed = createFeed(async () => ({ items: [post('k1')], nextCursor: null }));
  await feed.reload();
  const entry = keepPost(post('k2'));
  feed.prepend([entry]);
  feed.prepend([entry]);
  assert.deepEqual(ids(feed), ['k2', 'k1']);
  const bringBack = hidePost('k2');
  keepPost(post('k2'));
  assert.deepEqual(ids(feed), [null, 'k1']);
  bringBack();
  assert.deepEqual(ids(feed), ['k2', 'k1']);
});
