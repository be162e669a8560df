import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { createDbJobs } from '#adapters/jobs-db/index.ts';
import { silentLogger as log } from '#base/log.ts';
import type { Jobs } from '#ports/jobs.ts';
import { createSocial } from '#social/index.ts';
import { startTestApi, type TestApi } from '#tests/support/api.ts';
import { accountHandlers } from '../accounts/index.ts';
import { socialHandlers } from './index.ts';

describe('posts, follows and timelines over HTTP', () => {
  let api: TestApi;
  let jobs: Jobs;
  let anna: { authorization: string };
  let ben: { authorization: string };

  before(async () => {
    api = await startTestApi({
      handlers: [...accountHandlers, ...socialHandlers],
      extend({ db, ids, clock, accounts }) {
        const own = createDbJobs({ db, clock, log, ids });
        jobs = own;
        const directory = { summaries: accounts.summaries };
        const social = createSocial({
          db,
          jobs: own,
          bus: createLocalBus({ log }),
          ids,
          clock,
          log,
          directory,
        });
        return { services: { social }, migrations: { ...social.migrations, ...own.migrations } };
      },
    });
    jobs.start(api.services.social.jobHandlers);
    anna = await api.signUp('anna');
    ben = await api.signUp('ben');
  });
  after(async () => {
    await jobs.close();
    await api.close();
  });

  const write = async (headers: typeof anna, body: unknown) => {
    api.clock.advance(1);
    return api.call('POST', '/api/v1/posts', { headers, body });
  };

  it('writes, reads, lists, answers and deletes a post', async () => {
    const { status, body: post } = await write(anna, { text: ' hello ' });
    assert.equal(status, 201);
    assert.equal(post.text, 'hello');
    assert.equal(post.author.handle, 'anna');
    assert.deepEqual((await api.call('GET', `/api/v1/posts/${post.id}`)).body, { ...post, viewer: null });
    const reply = (await write(ben, { text: 'reply', replyToId: post.id })).body;
    const replies = await api.call('GET', `/api/v1/posts/${post.id}/replies?limit=1`, { headers: ben });
    assert.deepEqual(replies.body, { items: [reply], nextCursor: null });
    const listed = await api.call('GET', '/api/v1/accounts/ben/posts');
    assert.deepEqual(
      listed.body.items.map((item: { id: string }) => item.id),
      [reply.id],
    );

    const address = `/api/v1/posts/${reply.id}`;
    const carl = await api.signUp('carl');
    assert.equal((await api.call('DELETE', address, { headers: carl })).body.code, 'not-allowed');
    assert.equal((await api.call('DELETE', address, { headers: ben })).status, 204);
    assert.equal((await api.call('GET', address)).body.code, 'not-found');
    // The first account is the operator.
    const other = (await write(ben, { text: 'rude' })).body;
    assert.equal((await api.call('DELETE', `/api/v1/posts/${other.id}`, { headers: anna })).status, 204);
  });

  it('likes and takes it back', async () => {
    const { body: post } = await write(anna, { text: 'like me' });
    const address = `/api/v1/posts/${post.id}`;
    for (const verb of ['PUT', 'PUT'])
      assert.equal((await api.call(verb, `${address}/like`, { headers: ben })).status, 204);
    const liked = (await api.call('GET', address, { headers: ben })).body;
    assert.deepEqual([liked.counts.likes, liked.viewer], [1, { liked: true }]);
    assert.equal((await api.call('DELETE', `${address}/like`, { headers: ben })).status, 204);
    assert.equal((await api.call('GET', address)).body.counts.likes, 0);
  });

  it('follows, fills the home timeline and shows the counts', async () => {
    const { body: post } = await write(anna, { text: 'to my followers' });
    const follow = (verb: string, handle: string) =>
      api.call(verb, `/api/v1/accounts/${handle}/follow`, { headers: ben });
    assert.equal((await follow('PUT', 'anna')).status, 204);
    assert.equal((await follow('PUT', 'nobody')).body.code, 'not-found');
    assert.equal((await follow('PUT', 'ben')).body.code, 'not-allowed');
    await jobs.idle();
    const home = (await api.call('GET', '/api/v1/timelines/home?limit=1', { headers: ben })).body;
    assert.equal(home.items[0].id, post.id);
    const next = await api.call('GET', `/api/v1/timelines/home?cursor=${home.nextCursor}`, { headers: ben });
    assert.ok(!next.body.items.some((item: { id: string }) => item.id === post.id));
    const profile = (await api.call('GET', '/api/v1/accounts/anna', { headers: ben })).body;
    assert.deepEqual([profile.counts.followers, profile.viewer.following], [1, true]);
    assert.equal((await follow('DELETE', 'anna')).status, 204);
    assert.equal((await api.call('GET', '/api/v1/accounts/anna')).body.counts.followers, 0);
  });

  it('refuses who is not signed in, what is blank, and cursors of its own making', async () => {
    assert.equal(
      (await api.call('POST', '/api/v1/posts', { body: { text: 'x' } })).body.code,
      'sign-in-required',
    );
    assert.equal((await api.call('GET', '/api/v1/timelines/home')).body.code, 'sign-in-required');
    assert.equal((await write(anna, { text: '   ' })).body.code, 'invalid-request');
    assert.equal((await write(anna, { text: 'x', replyToId: 'nothing' })).body.code, 'not-found');
    const bad = await api.call('GET', '/api/v1/timelines/home?cursor=x', { headers: anna });
    assert.equal(bad.body.code, 'invalid-cursor');
    assert.equal((await api.call('GET', '/api/v1/accounts/nobody/posts')).body.code, 'not-found');
    assert.equal((await api.call('GET', '/api/v1/posts/nothing')).body.code, 'not-found');
  });
});
