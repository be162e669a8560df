import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Post } from '#contract/api/types.ts';
import { toggleLike } from './like.ts';
import { keepPost } from './posts.ts';

function unliked(id: string): Post {
  const author = { id: 'a', handle: 'ana', displayName: 'Ana' };
  const counts = { replies: 0, likes: 4 };
  return {
    id,
    author,
    text: '',
    createdAt: '',
    replyToId: null,
    counts,
    viewer: { liked: false },
    broadcast: null,
  };
}

/** Stands in for the network: each request waits for `answer`. */
function holdRequests() {
  const verbs: string[] = [];
  const answers: ((response: Response) => void)[] = [];
  const real = globalThis.fetch;
  globalThis.fetch = (_path, init) => {
    verbs.push(init?.method ?? '');
    return new Promise(resolve => answers.push(resolve));
  };
  return {
    verbs,
    answer: (status: number) => answers.shift()?.(new Response(null, { status })),
    restore: () => (globalThis.fetch = real),
  };
}

const turn = () => new Promise(resolve => setImmediate(resolve));

test('a like shows before the server has answered', async () => {
  const network = holdRequests();
  const entry = keepPost(unliked('l1'));
  const done = toggleLike(entry);
  assert.deepEqual([entry.value?.viewer?.liked, entry.value?.counts.likes], [true, 5]);
  network.answer(204);
  await done;
  network.restore();
  assert.deepEqual(network.verbs, ['PUT']);
});

test('the last of several quick taps is what the server ends up with', async () => {
  const network = holdRequests();
  const entry = keepPost(unliked('l2'));
  const done = toggleLike(entry);
  await toggleLike(entry);
  await toggleLike(entry);
  await toggleLike(entry);
  network.answer(204);
  await turn();
  network.answer(204);
  await done;
  network.restore();
  assert.deepEqual(network.verbs, ['PUT', 'DELETE']);
  assert.deepEqual([entry.value?.viewer?.liked, entry.value?.counts.likes], [false, 4]);
});

test('a like that the server refuses is taken back', async () => {
  const network = holdRequests();
  const entry = keepPost(unliked('l3'));
  const done = toggleLike(entry);
  network.answer(500);
  await assert.rejects(done);
  network.restore();
  assert.deepEqual([entry.value?.viewer?.liked, entry.value?.counts.likes], [false, 4]);
});
