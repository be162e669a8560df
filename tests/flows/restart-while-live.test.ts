import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Broadcast } from '#contract/api/types.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { watchFrames } from '#tests/support/frame-watch.ts';
import { describePage, openPerson, type Person, signUp } from '#tests/support/people.ts';
import { waitForPlayer } from '#tests/support/playback.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { freeTcpPort } from '#tests/support/tcp.ts';
import { freeUdpPort } from '#tests/support/udp.ts';
import { until } from '#tests/support/until.ts';

/** In order, in order, and by the death of the process. */
const STOPS = ['SIGTERM', 'SIGTERM', 'SIGKILL'] as const;
/** New pictures that say that it goes on, and not that one was left over. */
const GOES_ON = 20;

describe('a server that stops while somebody broadcasts, and is started again at once', () => {
  let data: string;
  let environment: Record<string, string>;
  let browser: Browser;
  let server: ServerProcess;
  let ana: Person;
  let ben: Person;
  let visitor: Person;
  let id = '';
  let postId = '';

  before(async () => {
    data = await mkdtemp(path.join(tmpdir(), 'skylark-restart-'));
    environment = {
      SKYLARK_PORT: String(await freeTcpPort()),
      SKYLARK_RTC_PORT: String(await freeUdpPort()),
      SKYLARK_LOG: 'error',
    };
    server = await startServerProcess(environment, data);
    browser = await openBrowser();
    ana = await openPerson(browser, server.url, 'ana');
    ben = await openPerson(browser, server.url, 'ben');
    visitor = await openPerson(browser, server.url, 'visitor');
    await signUp(ana);
    await ana.page.goto('/go-live');
    await ana.page.getByLabel('Title').fill('Through a restart');
    await ana.page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await ana.page.getByRole('button', { name: 'Go Live' }).click();
    await ana.page.getByRole('button', { name: 'End' }).waitFor();
    const onAir = await ana.page.evaluate(() => sessionStorage.getItem('skylark.on-air'));
    ({ id, postId } = JSON.parse(onAir!) as { id: string; postId: string });
    await ben.page.goto(`/p/${postId}`);
    await waitForPlayer(ben.page, 'whep');
    await visitor.page.goto(`/p/${postId}?player=hls`);
    await waitForPlayer(visitor.page, 'hls');
  });
  after(async () => {
    for (const person of [ana, ben, visitor]) await person?.context.close();
    await browser?.close();
    await server?.close();
    await rm(data, { recursive: true, force: true });
  });

  const broadcast = async (): Promise<Broadcast> =>
    (await (await fetch(`${server.url}/api/v1/broadcasts/${id}`)).json()) as Broadcast;
  const playlist = async (name: string) => (await fetch(`${server.url}/hls/${id}/${name}`)).text();

  const stop = async (signal: NodeJS.Signals) => {
    const exited = new Promise(resolve => server.child.once('exit', resolve));
    server.child.kill(signal);
    await exited;
  };

  for (const [i, signal] of STOPS.entries())
    it(`goes on with publisher and viewers, who do nothing (${i + 1}: ${signal})`, async t => {
      const viewers = [ben, visitor];
      const watches = await Promise.all(viewers.map(({ page }) => watchFrames(page)));
      await until('pictures', async () =>
        (await Promise.all(watches.map(watch => watch.framesSince(0)))).every(count => count > GOES_ON),
      );
      const toldMs = Date.now();
      await stop(signal);
      const stoppedMs = Date.now();
      server = await startServerProcess(environment, data);
      const servingMs = Date.now();
      try {
        await until('the broadcast is live again', async () => (await broadcast()).state === 'live', 30_000);
        const liveMs = Date.now();
        const goOn = watches.map(watch =>
          until('pictures go on', async () => (await watch.framesSince(liveMs)) > GOES_ON, 60_000),
        );
        await Promise.all(goOn);
        const seen = await Promise.all(watches.map(watch => watch.stop()));
        const words = seen.map(({ gapMs, modes }) => `${Math.round(gapMs)} ms (${modes.join(' > ')})`);
        t.diagnostic(
          `stopped after ${stoppedMs - toldMs} ms, serving after ${servingMs - toldMs}, live after ${liveMs - toldMs}; without a picture: ${words.join(', ')}`,
        );
        for (const [n, one] of seen.entries()) assert.ok(one.modes.length > 0, viewers[n]!.handle);
      } catch (error) {
        for (const person of [ana, ben, visitor]) t.diagnostic(await describePage(person));
        throw error;
      }
    });

  it('is one post and one replay in the end', async () => {
    await ana.page.getByRole('button', { name: 'End' }).click();
    await ana.page.getByRole('dialog').getByRole('button', { name: /^End/ }).click();
    await until('the replay is there', async () => (await broadcast()).state === 'archived');
    const posts = (await (await fetch(`${server.url}/api/v1/accounts/ana/posts`)).json()) as {
      items: { id: string }[];
    };
    assert.deepEqual(
      posts.items.map(post => post.id),
      [postId],
    );
    const replay = await playlist('video/index.m3u8');
    assert.match(replay, /#EXT-X-ENDLIST\n$/);
    const lives = replay.split('#EXT-X-DISCONTINUITY\n');
    assert.ok(lives.length > STOPS.length, `${lives.length} lives`);
    const inOrder = lives.slice(0, STOPS.lastIndexOf('SIGTERM') + 1).join('');
    // Longer ones are of a layer that began after the others.
    assert.doesNotMatch(inOrder, /EXT-X-GAP\n#EXTINF:0\.04,/, 'whoever stops in order leaves no number out');
    assert.deepEqual([...ana.complaints, ...ben.complaints, ...visitor.complaints], []);
  });

  it('whoever watched sees the replay', async () => {
    await waitForPlayer(ben.page, 'replay');
    await waitForPlayer(visitor.page, 'replay');
  });
});
