import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { waitForPlayer } from '#tests/support/playback.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { type SyntheticPublisher, startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';

interface Made {
  readonly id: string;
  readonly postId: string;
  readonly whipUrl: string;
  readonly publishToken: string;
}

/** How five people watch what is live. */
const WAYS = ['', '', '?player=hls', '?player=hls', '?player=hls'] as const;

describe('a broadcast that is deleted while five people watch', () => {
  let server: ServerProcess;
  let browser: Browser;
  let context: BrowserContext;
  let publisher: SyntheticPublisher | undefined;
  let operator: Record<string, string>;
  let ben: Record<string, string>;

  before(async () => {
    [server, browser] = await Promise.all([startServerProcess(), openBrowser()]);
    context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 } });
    operator = await signUp('ana');
    ben = await signUp('ben');
  });
  after(async () => {
    await context?.close();
    await publisher?.close();
    await browser?.close();
    await server?.close();
  });

  it('leaves the air, every list and the disk', async () => {
    const broadcast = await goLive();
    const pages = await Promise.all(WAYS.map(way => watch(broadcast, way, way === '' ? 'whep' : 'hls')));
    const playlist = await text(`/hls/${broadcast.id}/video/index.m3u8`);
    const segment = `/hls/${broadcast.id}/video/${playlist.match(/^.*\.m4s$/m)![0]}`;
    assert.equal((await get(segment)).status, 200);
    const dismissed = new Promise(resolve => publisher!.child.once('exit', resolve));
    assert.equal((await call('DELETE', `/api/v1/posts/${broadcast.postId}`, ben)).status, 204);
    await Promise.all(pages.map(sawItGo));
    await dismissed;
    await isGone(broadcast, [segment]);
    await until('its bytes are gone', async () => (await filesOf(broadcast)).length === 0, 30_000);
  });

  it('is gone as a replay too, and comes back when the operator thinks again', async () => {
    const broadcast = await goLive();
    await call('POST', `/api/v1/broadcasts/${broadcast.id}/end`, ben);
    const pages = await Promise.all(WAYS.map(() => watch(broadcast, '', 'replay')));
    assert.ok((await filesOf(broadcast)).length > 0);
    assert.equal((await call('DELETE', `/api/v1/posts/${broadcast.postId}`, operator)).status, 204);
    await Promise.all(pages.map(sawItGo));
    await isGone(broadcast, []);
    const restored = await call('POST', `/api/v1/posts/${broadcast.postId}/restore`, operator);
    assert.equal(restored.status, 200);
    const state = async () => JSON.parse(await text(`/api/v1/broadcasts/${broadcast.id}`)).state;
    await until('it is there', async () => (await state()) === 'archived');
    await (await watch(broadcast, '', 'replay')).close();
    assert.equal((await call('DELETE', `/api/v1/posts/${broadcast.postId}`, operator)).status, 204);
    await until('its bytes are gone', async () => (await filesOf(broadcast)).length === 0, 30_000);
    assert.equal((await call('POST', `/api/v1/posts/${broadcast.postId}/restore`, operator)).status, 404);
  });

  async function goLive(): Promise<Made> {
    const response = await call('POST', '/api/v1/broadcasts', ben, { title: 'Now and never again' });
    const made = (await response.json()) as Made;
    const broadcast = { ...made, whipUrl: new URL(made.whipUrl, server.url).href };
    publisher = startSyntheticPublisher(broadcast);
    await until('a segment is there', async () =>
      /\.m4s$/m.test(await text(`/hls/${broadcast.id}/video/index.m3u8`)),
    );
    return broadcast;
  }

  async function watch({ postId }: Made, way: string, mode: 'whep' | 'hls' | 'replay'): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`/p/${postId}${way}`);
    await waitForPlayer(page, mode, 40_000);
    return page;
  }

  async function isGone({ id, postId, whipUrl, publishToken }: Made, more: readonly string[]): Promise<void> {
    const addresses = [
      ...['index.m3u8', 'video/index.m3u8', 'video/replay.m3u8'].map(name => `/hls/${id}/${name}`),
      ...['', '/comments', '/hearts'].map(name => `/api/v1/broadcasts/${id}${name}`),
      `/api/v1/posts/${postId}`,
      ...more,
    ];
    for (const address of addresses) assert.equal((await get(address)).status, 404, address);
    for (const list of ['/api/v1/timelines/live', '/api/v1/accounts/ben/posts'])
      assert.doesNotMatch(await text(list), new RegExp(id), list);
    const offer = { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: '' };
    assert.equal((await fetch(`${server.url}/whep/${id}`, offer)).ok, false);
    const headers = { ...offer.headers, authorization: `Bearer ${publishToken}` };
    assert.equal((await fetch(whipUrl, { ...offer, headers })).ok, false);
  }

  /** Every file of its recording below the data folder, journals included. */
  async function filesOf({ id }: Made): Promise<string[]> {
    const names = await readdir(server.dataDirectory, { recursive: true, withFileTypes: true });
    return names
      .filter(entry => entry.isFile() && path.join(entry.parentPath, entry.name).includes(id))
      .map(entry => entry.name);
  }

  async function signUp(handle: string): Promise<Record<string, string>> {
    const account = { handle, email: `${handle}@example.org`, password: 'a lark in the morning' };
    const response = await call('POST', '/api/v1/accounts', {}, account);
    const lines = response.headers.getSetCookie();
    return { cookie: lines.map(line => line.split(';')[0]).join('; '), origin: server.url };
  }

  function call(method: string, address: string, headers: Record<string, string>, body: object = {}) {
    return fetch(server.url + address, {
      method,
      headers: { ...headers, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) },
      ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
    });
  }

  const get = (address: string) => fetch(server.url + address);
  const text = async (address: string) => (await get(address)).text();
});

async function sawItGo(page: Page): Promise<void> {
  await page.getByText('There is no such post').waitFor({ timeout: 30_000 });
  assert.equal(await page.locator('video').count(), 0);
  await page.close();
}
