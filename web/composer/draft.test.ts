import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

// The page's storage, as the browser gives it.
const stored = new Map<string, string>();
Object.defineProperty(globalThis, 'sessionStorage', {
  value: {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  },
});

let loads = 0;
/** The module as a page that has just been loaded sees it. */
const load = (): Promise<typeof import('./draft.ts')> => import(`./draft.ts?${loads++}`);

beforeEach(() => stored.clear());

test('what was typed survives a reload', async () => {
  const before = await load();
  before.setDraft(before.NEW_POST, 'Half a thought');
  const after = await load();
  assert.equal(after.draftFor(after.NEW_POST), 'Half a thought');
});

test('each post has a draft of its own, and an empty one is forgotten', async () => {
  const { draftFor, NEW_POST, setDraft } = await load();
  setDraft(NEW_POST, 'A post');
  setDraft('p1', 'A reply');
  setDraft(NEW_POST, '');
  assert.deepEqual([draftFor(NEW_POST), draftFor('p1')], ['', 'A reply']);
  assert.doesNotMatch(stored.get('skylark.drafts') ?? '', /new/);
});

test('drafts are bounded, the oldest go', async () => {
  const { draftFor, setDraft } = await load();
  for (let i = 0; i < 30; i++) setDraft(`p${i}`, 'x');
  assert.equal(draftFor('p0'), '');
  assert.equal(draftFor('p29'), 'x');
  assert.equal(Object.keys(JSON.parse(stored.get('skylark.drafts') ?? '{}')).length, 20);
});

test('storage that holds nonsense is no obstacle', async () => {
  stored.set('skylark.drafts', '{broken');
  const { draftFor, NEW_POST } = await load();
  assert.equal(draftFor(NEW_POST), '');
});
