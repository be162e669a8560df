import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { createDbJobs } from '#adapters/jobs-db/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import { createDbPlacement } from '#adapters/placement-db/index.ts';
import { silentLogger as log } from '#base/log.ts';
import { createLive, type Live } from '#live/index.ts';
import { startTestApi, type TestApi } from '#tests/support/api.ts';
import { feedPublisher } from '#tests/support/publishing.ts';
import { liveHandlers } from './index.ts';

let folder: string;
let api: TestApi;
let live: Live;
let ada: { authorization: string };
let bob: { authorization: string };

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skylark-live-api-'));
  const blobs = await openDiskBlobs({ directory: folder, log });
  const journals = await openDiskJournals({ directory: path.join(folder, 'journals') });
  api = await startTestApi({
    handlers: liveHandlers,
    extend({ accounts, db, ids, clock }) {
      const jobs = createDbJobs({ db, clock, log, ids });
      const transcoder = { opusToAac: () => Promise.reject(new Error('not used')), close: async () => {} };
      const directory = { summaries: accounts.summaries };
      const config = { publicUrl: null };
      const bus = createLocalBus({ log });
      const placement = createDbPlacement({ db, clock, ids, log, folder: 'folder' });
      const storage = { db, jobs, bus, blobs, journals, placement };
      live = createLive({ ...storage, ids, clock, log, directory, transcoder, config });
      const migrations = { ...live.migrations, ...jobs.migrations, ...placement.migrations };
      return { services: { live }, migrations };
    },
  });
  ada = await api.signUp('ada');
  bob = await api.signUp('bob');
});

afterEach(async () => {
  await live.drain();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

/** A broadcast of ada's that is live, its address, and what feeds it. */
async function goLive() {
  const { body } = await api.call('POST', '/api/v1/broadcasts', { headers: ada, body: { title: 'A walk' } });
  const at = `/api/v1/broadcasts/${body.id}`;
  feedPublisher(await live.publish(body.id, body.publishToken)).until(3);
  while ((await live.get(body.id)).state !== 'live') await new Promise(setImmediate);
  return { at, id: body.id as string };
}

test('a broadcast is created by somebody who is signed in, and its token is shown once', async () => {
  const made = await api.call('POST', '/api/v1/broadcasts', { headers: ada, body: { title: ' A walk ' } });
  assert.equal(made.status, 201);
  const { publishToken, whipUrl, ...broadcast } = made.body;
  assert.match(publishToken, /^[0-9a-z]{52}$/);
  assert.equal(whipUrl, `/whip/${broadcast.id}`);
  assert.deepEqual([broadcast.title, broadcast.state, broadcast.owner.handle], ['A walk', 'starting', 'ada']);
  const read = await api.call('GET', `/api/v1/broadcasts/${broadcast.id}`);
  assert.deepEqual(read.body, broadcast);
  const create = (body: unknown, headers = {}) => api.call('POST', '/api/v1/broadcasts', { headers, body });
  assert.equal((await create({ title: 'A walk' })).body.code, 'sign-in-required');
  for (const body of [
    {},
    { title: '' },
    { title: '  ' },
    { title: 'x'.repeat(101) },
    { title: 'x', more: 1 },
  ])
    assert.equal((await create(body, ada)).body.code, 'invalid-request', JSON.stringify(body));
});

test('only its owner renames and ends it, and the end answers with the replay', async () => {
  const { at, id } = await goLive();
  const rename = (headers: object) =>
    api.call('PATCH', at, { headers: { ...headers }, body: { title: 'New' } });
  assert.equal((await rename(bob)).body.code, 'not-allowed');
  assert.equal((await rename(ada)).body.title, 'New');
  assert.equal((await api.call('POST', `${at}/end`, { headers: bob })).body.code, 'not-allowed');
  const ended = await api.call('POST', `${at}/end`, { headers: ada });
  assert.deepEqual([ended.status, ended.body.state], [200, 'archived']);
  assert.deepEqual(ended.body.playback, { whepUrl: null, hlsUrl: `/hls/${id}/index.m3u8` });
  assert.deepEqual((await api.call('POST', `${at}/end`, { headers: ada })).body, ended.body);
});

test('what is live is listed page by page, until it ends', async () => {
  const [one, two] = [await goLive(), await goLive()];
  const first = await api.call('GET', '/api/v1/timelines/live?limit=1');
  const second = await api.call('GET', `/api/v1/timelines/live?limit=1&cursor=${first.body.nextCursor}`);
  assert.deepEqual(
    [...first.body.items, ...second.body.items].map(item => item.id),
    [two.id, one.id],
  );
  assert.equal(second.body.nextCursor, null);
  for (const { at } of [one, two]) await api.call('POST', `${at}/end`, { headers: ada });
  assert.deepEqual((await api.call('GET', '/api/v1/timelines/live')).body, { items: [], nextCursor: null });
  assert.equal((await api.call('GET', '/api/v1/timelines/live?cursor=x')).body.code, 'invalid-cursor');
});

test('comments are made, read after a number, and refused when the room is closed', async () => {
  const { at } = await goLive();
  const say = (body: object) => api.call('POST', `${at}/comments`, { headers: bob, body });
  const said = await say({ text: 'one', mediaTimeMs: 0 });
  assert.equal(said.status, 201);
  assert.deepEqual([said.body.seq, said.body.author.handle, said.body.mediaTimeMs], [1, 'bob', 0]);
  await say({ text: 'two' });
  await say({ text: 'three' });
  const page = await api.call('GET', `${at}/comments?after=1&limit=1`);
  assert.deepEqual(
    page.body.items.map((comment: { text: string }) => comment.text),
    ['two'],
  );
  const rest = await api.call('GET', `${at}/comments?after=${page.body.nextCursor}`);
  assert.equal(rest.body.items.length, 1);
  assert.equal(rest.body.nextCursor, null);
  assert.equal((await say({ text: ' ' })).body.code, 'invalid-request');
  assert.equal(
    (await api.call('POST', `${at}/comments`, { body: { text: 'x' } })).body.code,
    'sign-in-required',
  );
  await api.call('POST', `${at}/end`, { headers: ada });
  assert.equal((await say({ text: 'too late' })).body.code, 'comments-closed');
  assert.equal((await api.call('GET', at)).body.comments, 3);
});

test('hearts are sent in handfuls and read by second', async () => {
  const { at } = await goLive();
  const send = (count: number) => api.call('POST', `${at}/hearts`, { headers: bob, body: { count } });
  assert.equal((await send(40)).status, 204);
  assert.equal((await send(101)).body.code, 'invalid-request');
  await api.call('POST', `${at}/end`, { headers: ada });
  assert.equal((await send(1)).body.code, 'comments-closed');
  assert.deepEqual((await api.call('GET', `${at}/hearts`)).body, { total: 40, seconds: [[0, 40]] });
});

test('a broadcast that is not there is not found, whatever is asked of it', async () => {
  for (const id of ['01hzzzzzzzzzzzzzzzzzzzzzzz', 'x', '..%2F..%2Fetc']) {
    const at = `/api/v1/broadcasts/${id}`;
    const answers = [
      await api.call('GET', at),
      await api.call('PATCH', at, { headers: ada, body: { title: 'x' } }),
      await api.call('POST', `${at}/end`, { headers: ada }),
      await api.call('GET', `${at}/comments`),
      await api.call('POST', `${at}/comments`, { headers: ada, body: { text: 'x' } }),
      await api.call('POST', `${at}/hearts`, { headers: ada, body: { count: 1 } }),
      await api.call('GET', `${at}/hearts`),
    ];
    for (const answer of answers) assert.deepEqual([answer.status, answer.body.code], [404, 'not-found']);
  }
});
