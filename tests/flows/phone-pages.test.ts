import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { openPerson, type Person, signUp } from '#tests/support/people.ts';
import { waitForPlayer } from '#tests/support/playback.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';

const PHONE = { width: 390, height: 844 };

describe('pages of full height on a phone leave room for what stands above and below them', () => {
  let browser: Browser;
  let server: TestServer;
  let ana: Person;
  let ben: Person;
  let path = '';

  before(async () => {
    [browser, server] = await Promise.all([openBrowser(), startTestServer()]);
    ana = await openPerson(browser, server.url, 'ana');
    ben = await openPerson(browser, server.url, 'ben');
    for (const person of [ana, ben]) {
      await person.page.setViewportSize(PHONE);
      await signUp(person);
    }
  });
  after(async () => {
    for (const person of [ana, ben]) await person?.context.close();
    await server?.close();
    await browser?.close();
  });

  it('the framing screen, while a toast says that a post was sent', async () => {
    const { page } = ana;
    await page.getByRole('navigation').getByRole('button', { name: 'Post' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('Going live in a moment');
    await page.getByRole('dialog').getByRole('button', { name: 'Post', exact: true }).click();
    await page.getByText('Posted.').waitFor();
    await page.evaluate(() => {
      const link = document.createElement('a');
      link.href = '/go-live';
      document.body.append(link);
      link.click();
      link.remove();
    });
    await page.locator('.go-live').waitFor();
    assert.equal(await page.getByText('Posted.').count(), 1, 'the toast is still there');
    assert.deepEqual(await covered(page), []);
  });

  it('the framing screen and the own broadcast, offline', async () => {
    const { page, context } = ana;
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await page.getByText('Posted.').waitFor({ state: 'detached' });
    await offline(ana, async () => assert.deepEqual(await covered(page), []));
    await page.getByRole('button', { name: 'Go Live' }).click();
    await page.getByRole('button', { name: 'End' }).waitFor();
    path = await page.evaluate(() => `/p/${JSON.parse(sessionStorage.getItem('skylark.on-air')!).postId}`);
    await offline(ana, async () => assert.deepEqual(await covered(page), []));
    await context.setOffline(false);
  });

  it('a broadcast that one watches, offline', async () => {
    const { page } = ben;
    await page.goto(path);
    await waitForPlayer(page, 'whep', 40_000);
    await page.getByRole('textbox', { name: /comment/i }).waitFor();
    assert.deepEqual(await covered(page), []);
    await offline(ben, async () => assert.deepEqual(await covered(page), []));
  });

  it('a comment is taken away over the picture, though newer ones have moved it out of sight meanwhile', async () => {
    const { page } = ben;
    const overlay = page.locator('.comments-overlay');
    await say(ben, path, ['Oh no']);
    await overlay.getByRole('button', { name: 'More about the comment by ben' }).click();
    await say(ana, path, ['one', 'two', 'three', 'four', 'five']);
    await overlay.getByText('five').waitFor();
    assert.equal(await overlay.getByText('Oh no').count(), 0);
    const gone = page.waitForResponse(response => response.request().method() === 'DELETE');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove for everybody' }).click();
    assert.equal((await gone).status(), 204);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await overlay.getByText('five').waitFor();
  });
});

/** Speaks in the room of the broadcast whose page is at `path`. */
async function say({ page }: Person, path: string, texts: readonly string[]): Promise<void> {
  const statuses = await page.evaluate(
    async ([post, ...texts]) => {
      const { broadcast } = await (await fetch(post!)).json();
      const said: number[] = [];
      for (const text of texts) {
        const response = await fetch(`/api/v1/broadcasts/${broadcast.id}/comments`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ text }),
        });
        said.push(response.status);
      }
      return said;
    },
    [path.replace('/p/', '/api/v1/posts/'), ...texts],
  );
  assert.deepEqual(new Set(statuses), new Set([201]));
}

async function offline({ context, page }: Person, look: () => Promise<void>): Promise<void> {
  await context.setOffline(true);
  await page.getByText('You are offline').waitFor();
  await look();
  await context.setOffline(false);
  await page.getByText('You are offline').waitFor({ state: 'detached' });
}

/** Controls and marks that a finger, or an eye, does not reach whole: under something else, or outside the screen. */
function covered(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const INSET_PX = 3;
    const things = document.querySelectorAll<HTMLElement>('main :is(button, input, a, .pill)');
    const lineBottom = document.querySelector('.offline')?.getBoundingClientRect().bottom ?? 0;
    return [...things]
      .filter(thing => thing.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
      .filter(thing => !thing.closest('.watch-thread'))
      .filter(thing => !isReached(thing))
      .map(thing => `${thing.className} ${thing.ariaLabel ?? thing.textContent}`.trim());

    function isReached(thing: HTMLElement): boolean {
      const { left, top, width, height } = thing.getBoundingClientRect();
      const x = left + width / 2;
      const heights = [top + INSET_PX, top + height / 2, top + height - INSET_PX];
      // What lets clicks through is under the line on top, or it is not.
      if (getComputedStyle(thing).pointerEvents === 'none') return top >= lineBottom;
      return heights.every(y => isHit(thing, document.elementFromPoint(x, y)));
    }

    function isHit(thing: HTMLElement, hit: Element | null): boolean {
      if (hit === null) return false;
      return thing.contains(hit) || hit.contains(thing) || Boolean(hit.closest('label')?.contains(thing));
    }
  });
}
