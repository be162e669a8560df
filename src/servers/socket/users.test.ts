import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { CLOSE_REVOKED } from '#contract/socket/frames.ts';
import { type SocketRig, startSocketRig } from '#tests/support/sockets.ts';
import { UserSource } from './user-source.ts';

let rig: SocketRig;

afterEach(() => rig.close());

async function twoPeople() {
  rig = await startSocketRig();
  const [ada, bob] = [await rig.member('ada'), await rig.member('bob')];
  await rig.social.follow(bob.id, ada.id);
  await rig.jobs.idle();
  const topic = `user:${bob.id}`;
  const post = (text: string) => rig.social.posts.create(ada.id, { text });
  const listen = () => rig.open({ headers: { authorization: bob.authorization } });
  return { ada, bob, topic, post, listen };
}

test('a post of somebody one follows arrives as the reader sees it', async () => {
  const { topic, post, listen } = await twoPeople();
  const client = await listen();
  await client.join(topic);
  const written = await post('hello');
  await client.until(() => client.typed(topic, 'post').length === 1);
  const [event] = client.typed(topic, 'post');
  assert.deepEqual(event?.post.id, written.id);
  assert.deepEqual(event?.post.viewer, { liked: false });
});

test('who comes back with a number gets what was posted meanwhile, in order and once', async () => {
  const { topic, post, listen } = await twoPeople();
  const first = await listen();
  await first.join(topic);
  await post('one');
  await first.until(() => first.typed(topic, 'post').length === 1);
  const { seq } = first.of(topic).at(-1)!;
  first.ws.close();
  await first.closed;
  await post('two');
  await post('three');
  await rig.jobs.idle();
  const second = await listen();
  await second.join(topic, seq);
  await post('four');
  const texts = () => second.typed(topic, 'post').map(event => event.post.text);
  await second.until(() => texts().includes('four'));
  assert.deepEqual(texts(), ['two', 'three', 'four']);
});

test('a deleted post is taken back', async () => {
  const { ada, topic, post, listen } = await twoPeople();
  const client = await listen();
  await client.join(topic);
  const { id } = await post('hello');
  await client.until(() => client.typed(topic, 'post').length === 1);
  await rig.social.posts.delete(id, { id: ada.id, role: 'member' });
  await client.until(() => client.typed(topic, 'post-deleted').length === 1);
  assert.equal(client.typed(topic, 'post-deleted')[0]?.postId, id);
});

test('nobody hears the timeline of somebody else', async () => {
  const { ada, topic, listen } = await twoPeople();
  const stranger = await rig.open();
  const bob = await listen();
  const refused = [await stranger.join(topic), await bob.join(`user:${ada.id}`)];
  assert.deepEqual(
    refused.map(({ events: [event] }) => event?.type === 'error' && event.code),
    ['sign-in-required', 'not-allowed'],
  );
});

test('a number that nothing stands behind any more is asked for once', async () => {
  const source = new UserSource({ head: async () => 3, since: async () => [] }, 'bob');
  assert.equal(await source.start(), 3);
  source.hint({ type: 'post', postId: 'x', seq: 5 });
  assert.equal(source.isDue, true);
  assert.deepEqual(await source.take(3), { seq: 5, events: [] });
  assert.equal(source.isDue, false);
});

test('what was opened with a session or a token that is revoked closes at once, and nothing else', async () => {
  const { ada, bob, listen } = await twoPeople();
  const byToken = await listen();
  const byCookie = await rig.open({ headers: { cookie: bob.cookie } });
  const byTicket = await rig.open({}, `?token=${bob.ticket()}`);
  const other = await rig.open({ headers: { authorization: ada.authorization } });
  await rig.accounts.revokeToken(bob.viewer, bob.tokenId);
  assert.equal(await byToken.closed, CLOSE_REVOKED);
  assert.equal(byCookie.ws.readyState, byCookie.ws.OPEN);
  await rig.accounts.signOut(bob.viewer);
  for (const client of [byCookie, byTicket]) assert.equal(await client.closed, CLOSE_REVOKED);
  assert.equal(other.ws.readyState, other.ws.OPEN);
});

test('a session that is revoked while a socket is being opened with it opens none', async () => {
  rig = await startSocketRig();
  const bob = await rig.member('bob');
  const { authenticate } = rig.accounts;
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  Object.assign(rig.accounts, {
    async authenticate(...of: Parameters<typeof authenticate>) {
      const viewer = await authenticate(...of);
      asked.resolve();
      await answer.promise;
      return viewer;
    },
  });
  const opening = rig.open({ headers: { cookie: bob.cookie } });
  const outcome = opening.then(
    () => 'open',
    () => 'refused',
  );
  await asked.promise;
  await rig.accounts.signOut(bob.viewer);
  answer.resolve();
  assert.equal(await outcome, 'refused');
});
