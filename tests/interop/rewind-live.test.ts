import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { describePage, openPerson, type Person } from '#tests/support/people.ts';
import { observePlayback, waitForPlayer } from '#tests/support/playback.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';
import { fillWithSamples } from '../../tools/demo-samples.ts';

/** How much of the broadcast there is when somebody comes. */
const OLD_S = 20;
/** A busy machine shows few a second, so these are waited for. */
const PICTURES = 30;

describe('a broadcast that is live can be seen from its start', () => {
  let browser: Browser;
  let server: ServerProcess;
  let publisher: ReturnType<typeof startSyntheticPublisher>;
  let visitor: Person;
  let postPath: string;
  /** Media that the page asked for, by name. */
  const asked: string[] = [];

  before(async () => {
    browser = await openBrowser();
    server = await startServerProcess();
    const created = await fillWithSamples(server.url);
    publisher = startSyntheticPublisher({ ...created, whipUrl: new URL(created.whipUrl, server.url).href });
    postPath = `/p/${created.postId}`;
    await until(
      'the broadcast is some seconds old',
      async () => {
        const response = await fetch(`${server.url}/hls/${created.id}/video/index.m3u8`);
        const lasted = [...(await response.text()).matchAll(/#EXTINF:([\d.]+)/g)];
        return lasted.reduce((sum, match) => sum + Number(match[1]), 0) > OLD_S;
      },
      60_000,
    );
    visitor = await openPerson(browser, server.url, 'visitor');
    visitor.page.on('request', request =>
      asked.push(new URL(request.url()).pathname.split('/').slice(3).join('/')),
    );
  });

  after(async () => {
    await visitor?.context.close();
    await publisher?.close();
    await server?.close();
    await browser?.close();
  });

  for (const [mode, query] of [
    ['whep', ''],
    ['hls', '?player=hls'],
  ] as const)
    it(`from ${mode} to the first second and back`, async t => {
      const { page } = visitor;
      try {
        await page.goto(`${postPath}${query}`);
        await waitForPlayer(page, mode);
        const range = page.getByRole('slider', { name: 'Rewind' });
        const back = page.getByRole('button', { name: 'Go to live' });
        await range.waitFor();
        await until(
          'the range says live',
          async () => (await range.getAttribute('aria-valuetext')) === 'Live',
        );
        assert.equal(await back.isVisible(), false);
        asked.length = 0;

        await range.press('Home');
        await back.waitFor();
        await waitForPlayer(page, 'hls');
        await until('the first segment is asked for', () => asked.includes('video/0.m4s'));
        await until('the range is at the beginning', async () => Number(await range.inputValue()) < 10_000);
        const past = await observePlayback(page, 2_000, PICTURES);
        assert.ok(
          past.frames >= PICTURES && past.motion > 0.3,
          `${past.frames} pictures, motion ${past.motion}`,
        );
        assert.match((await range.getAttribute('aria-valuetext'))!, /^\d+:\d\d behind live$/);

        await back.click();
        await waitForPlayer(page, mode);
        await until('it is live again', async () => !(await back.isVisible()));
        const now = await observePlayback(page, 2_000, PICTURES);
        assert.ok(now.frames >= PICTURES, `${now.frames} pictures`);
        assert.equal(await range.getAttribute('aria-valuetext'), 'Live');
      } catch (error) {
        t.diagnostic(await describePage(visitor));
        throw error;
      }
    });
});
