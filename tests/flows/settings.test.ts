import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { describePage, openPerson, type Person, password, signUp } from '#tests/support/people.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';

describe('the settings page', () => {
  let server: TestServer;
  let browser: Browser;
  let here: Person;
  let there: Person;
  before(async () => {
    server = await startTestServer();
    browser = await openBrowser();
    [here, there] = [
      await openPerson(browser, server.url, 'ada'),
      await openPerson(browser, server.url, 'ada2'),
    ];
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const shown = async (person: Person, step: Promise<unknown>) => {
    await step.catch(async (cause: Error) => {
      throw new Error(await describePage(person), { cause });
    });
  };

  it('signs the other browser out at once when the password is changed, and not this one', async () => {
    await signUp(here);
    const { page } = there;
    const socket = page.waitForEvent('websocket');
    await page.goto('/sign-in');
    await page.getByLabel('Handle or email').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    const closed = (await socket).waitForEvent('close');
    await shown(there, page.getByRole('navigation').first().getByText('Home').waitFor());

    await here.page.getByRole('navigation').getByRole('link', { name: 'Me', exact: true }).first().click();
    await here.page.getByRole('button', { name: 'More', exact: true }).first().click();
    await here.page.getByRole('menuitem', { name: 'Settings' }).click();
    await shown(here, here.page.getByText('This browser').waitFor());
    const current = here.page.getByLabel('Current password');
    await current.fill('not this one');
    await here.page.getByLabel('New password').fill('three odd words');
    await here.page.getByRole('button', { name: 'Change password' }).click();
    await shown(here, here.page.getByText('That is not your password.').waitFor());
    await current.fill(password);
    await here.page.getByRole('button', { name: 'Change password' }).click();
    await shown(here, here.page.getByText('signed out everywhere else').waitFor());
    await closed;
    await shown(there, page.getByRole('link', { name: 'Sign in' }).first().waitFor());
    await here.page.reload();
    await shown(here, here.page.getByText('This browser').waitFor());
  });

  it('makes a token, shows it once, and takes it away', async () => {
    const { page } = here;
    await page.getByLabel('New token').fill('OBS at home');
    await page.getByLabel('Go live').uncheck();
    await page.getByRole('button', { name: 'Make token' }).click();
    await shown(here, page.locator('.settings-made code').waitFor());
    const token = (await page.locator('.settings-made code').textContent())!;
    const ask = (verb: string, path: string, body?: unknown) =>
      fetch(`${server.url}${path}`, {
        method: verb,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    assert.equal((await ask('GET', '/api/v1/me')).status, 200);
    assert.equal((await ask('POST', '/api/v1/broadcasts', { title: 'x' })).status, 403);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.reload();
    await page.getByText('OBS at home', { exact: true }).waitFor();
    assert.ok(!(await page.content()).includes(token));
    await page.getByRole('button', { name: 'Revoke OBS at home' }).click();
    await shown(here, page.getByText('Token revoked.').waitFor());
    assert.equal((await ask('GET', '/api/v1/me')).status, 401);
    assert.deepEqual([...here.complaints, ...there.complaints], []);
  });
});
