import assert from 'node:assert/strict';
import { afterEach, it } from 'node:test';
import type { Account } from '#contract/api/types.ts';
import { fetchSuggestions, keepAccount, toggleFollow } from './people.ts';

const counts = { posts: 0, followers: 0, following: 0 };
const account = (handle: string, following = false): Account => ({
  id: handle,
  handle,
  displayName: handle,
  bio: '',
  role: 'member',
  createdAt: '2026-01-01T00:00:00Z',
  counts: { ...counts, followers: following ? 1 : 0 },
  viewer: { self: false, following },
});
const realFetch = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = realFetch;
});

it('an answer that was asked for before the tap does not turn Follow back', async () => {
  const entry = keepAccount(account('ana'));
  const list = Promise.withResolvers<Response>();
  globalThis.fetch = async input =>
    String(input).includes('/follow') ? new Response(null, { status: 204 }) : list.promise;
  const suggestions = fetchSuggestions();
  await toggleFollow(entry);
  list.resolve(Response.json({ items: [account('ana'), account('ben')], nextCursor: null }));
  assert.deepEqual(
    (await suggestions).map(({ value }) => value.handle),
    ['ben'],
  );
  assert.deepEqual(entry.value.viewer, { self: false, following: true });
  assert.equal(entry.value.counts.followers, 1);
});

it('a later answer is believed', async () => {
  const entry = keepAccount(account('cleo'));
  globalThis.fetch = async () => new Response(null, { status: 204 });
  await toggleFollow(entry);
  keepAccount({ ...account('cleo', true), bio: 'new' }, performance.now() + 1);
  assert.equal(entry.value.bio, 'new');
  keepAccount(account('cleo', false), performance.now() + 2);
  assert.equal(entry.value.viewer?.following, false);
});
