import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';

export const password = 'a lark in the morning';

/** What a person would wait for one thing on a busy machine, before giving up. */
const STEP_TIMEOUT_MS = 15_000;

export interface Person {
  readonly handle: string;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Uncaught errors and console errors of the page, for the end of a flow. */
  readonly complaints: string[];
}

/** A browser profile of one's own with camera and microphone allowed, at the given place. */
export async function openPerson(browser: Browser, url: string, handle: string): Promise<Person> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1280, height: 800 },
    permissions: ['camera', 'microphone'],
  });
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(`${handle}: ${error.stack ?? error.message}`));
  return { handle, context, page, complaints };
}

/** Creates the account through the pages, as a newcomer does, and ends at home. */
export async function signUp(person: Person): Promise<void> {
  const { page, handle } = person;
  await page.goto('/sign-up');
  await page.getByLabel('Handle').fill(handle);
  await page.getByLabel('Email').fill(`${handle}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL('**/');
  await page.getByRole('navigation').first().waitFor();
}

/** Where somebody is and what the page shows, for a flow that failed; the picture is kept in the temporary folder. */
export async function describePage({ handle, page, complaints }: Person): Promise<string> {
  const picture = path.join(tmpdir(), `skylark-flow-${handle}.png`);
  await page.screenshot({ path: picture, timeout: 5_000 }).catch(() => {});
  const text = await page.textContent('body', { timeout: 5_000 }).catch(String);
  return `${handle} at ${page.url()} (${picture}): ${(text ?? '').replaceAll(/\s+/g, ' ').slice(0, 400)} ${complaints.join('; ')}`;
}
