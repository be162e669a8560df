import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { type SyntheticPublisher, startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';

const LINKS = 25;
const SHOWN_WITHIN_MS = 15_000;

const shapes = [
  ['a phone', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
  ['a desktop', { viewport: { width: 1280, height: 800 } }],
] as const;

describe('links to a live post, opened by somebody who was here before', () => {
  let server: ServerProcess;
  let browser: Browser;
  let broadcast: NewBroadcast;
  let publisher: SyntheticPublisher;

  before(async () => {
    [server, browser] = await Promise.all([startServerProcess(), openBrowser()]);
    broadcast = await newBroadcast(server.url, 'ana');
    publisher = startSyntheticPublisher(broadcast);
    await until('the broadcast is live', async () => {
      const state = await fetch(`${server.url}/api/v1/broadcasts/${broadcast.id}`);
      return ((await state.json()) as { state: string }).state === 'live';
    });
  });
  after(async () => {
    await publisher?.close();
    await browser?.close();
    await server?.close();
  });

  for (const [name, shape] of shapes)
    it(`show the picture every time, on ${name}`, async () => {
      const context = await browser.newContext({ baseURL: server.url, ...shape });
      try {
        await warmServiceWorker(context);
        const blank: string[] = [];
        for (let link = 1; link <= LINKS; link++) {
          const page = await context.newPage();
          await page.goto(`/p/${broadcast.postId}`);
          const picture = page.locator('video[data-player][data-state="playing"]');
          const seen = await picture.waitFor({ timeout: SHOWN_WITHIN_MS }).then(
            () => true,
            () => false,
          );
          if (!seen) blank.push(`${link}: ${await page.locator('main').innerHTML()}`);
          await page.close();
        }
        assert.deepEqual(blank, []);
      } finally {
        await context.close();
      }
    });
});

/** A first visit: from then on every script comes out of the cache. */
async function warmServiceWorker(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await page.goto('/');
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.close();
}
