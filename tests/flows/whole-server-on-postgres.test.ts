import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import type { Broadcast, Post } from '#contract/api/types.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { password } from '#tests/support/people.ts';
import { startPostgres } from '#tests/support/postgres.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';
import { type ApiPerson, registerPerson } from '../../tools/api-person.ts';

const database = await startPostgres();

describe('the whole server on PostgreSQL', { skip: skipWithout('postgresql', database !== null) }, () => {
  let server: TestServer;
  let ana: ApiPerson;
  let ben: ApiPerson;

  before(async () => {
    server = await startTestServer({ databaseUrl: database!.url });
    ana = await registerPerson(server.url, { handle: 'ana', password });
    ben = await registerPerson(server.url, { handle: 'ben', password });
  });
  after(async () => {
    await server?.close();
    await database?.stop();
  });

  const home = async () => (await ben.call<{ items: Post[] }>('GET', '/api/v1/timelines/home')).items;

  it('a post reaches a follower, and a broadcast becomes a replay that survives a restart', async () => {
    await ben.call('PUT', '/api/v1/accounts/ana/follow');
    await ana.call('POST', '/api/v1/posts', { text: 'Good morning' });
    await until('the post is in the follower’s home', async () =>
      (await home()).some(post => post.text === 'Good morning'),
    );

    const created = await ana.call<CreatedBroadcast>('POST', '/api/v1/broadcasts', { title: 'First light' });
    const publisher = startSyntheticPublisher({
      ...created,
      whipUrl: new URL(created.whipUrl, server.url).href,
    });
    const state = async () => (await ben.call<Broadcast>('GET', `/api/v1/broadcasts/${created.id}`)).state;
    await until('the broadcast is live', async () => (await state()) === 'live');
    await until('its post is in the follower’s home', async () =>
      (await home()).some(post => post.broadcast?.state === 'live'),
    );
    const master = await (await fetch(`${server.url}/hls/${created.id}/index.m3u8`)).text();
    assert.match(master, /#EXT-X-STREAM-INF/);
    await ben.call('POST', `/api/v1/broadcasts/${created.id}/comments`, { text: 'Lovely' });
    await ben.call('POST', `/api/v1/broadcasts/${created.id}/hearts`, { count: 3 });
    await ana.call('POST', `/api/v1/broadcasts/${created.id}/end`);
    await publisher.close();
    assert.equal(await state(), 'archived');

    await server.restart();
    const after = await ben.call<Broadcast>('GET', `/api/v1/broadcasts/${created.id}`);
    assert.deepEqual([after.state, after.comments, after.hearts], ['archived', 1, 3]);
    const replay = await (await fetch(`${server.url}/hls/${created.id}/video/index.m3u8`)).text();
    assert.match(replay, /#EXT-X-ENDLIST/);
    await until('the post says replay', async () =>
      (await home()).some(post => post.broadcast?.state === 'archived'),
    );
  });
});
