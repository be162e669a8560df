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
