// npm run screenshots: every page at phone and desktop size, dark and light, of a demo server, into docs/screenshots.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { waitForPlayer } from '#tests/support/playback.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { fillWithSamples, samplePassword } from './demo-samples.ts';
import { root } from './processes.ts';
import { buildWebIfStale } from './web-build.ts';

const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const;
const themes = ['light', 'dark'] as const;
const folder = path.join(root, 'docs/screenshots');

const TRANSITION_MS_MAX = 500;

type Shot = (name: string) => Promise<void>;

await buildWebIfStale();
await mkdir(folder, { recursive: true });
const server = await startServerProcess();
const broadcast = await fillWithSamples(server.url);
const publisher = startPublisher(broadcast);
const browser = await openBrowser();
try {
  for (const size of ['phone', 'desktop'] as const)
    for (const theme of themes) await shootAll(browser, size, theme);
} finally {
  publisher.kill('SIGTERM');
  await browser.close();
  await server.close();
}
process.exit(0);

function startPublisher(target: CreatedBroadcast): ChildProcess {
  const whipUrl = new URL(target.whipUrl, server.url).href;
  const args = ['tools/synthetic-publisher.ts', '--whip-url', whipUrl, '--token', target.publishToken];
  return spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function openPage(
  browser: Browser,
  size: keyof typeof sizes,
  theme: (typeof themes)[number],
): Promise<[BrowserContext, Page, Shot]> {
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: sizes[size],
    deviceScaleFactor: size === 'phone' ? 2 : 1,
    colorScheme: theme,
    hasTouch: size === 'phone',
    permissions: ['camera', 'microphone'],
    serviceWorkers: 'block',
  });
  const page = await context.newPage();
  const shot: Shot = async name => {
    await page.evaluate(settled, TRANSITION_MS_MAX);
    await page.screenshot({ path: path.join(folder, `${name}-${size}-${theme}.png`) });
  };
  return [context, page, shot];
}

/** Resolves when fonts are there and what moves for a moment has arrived; what breathes or rises goes on. */
async function settled(transitionMsMax: number): Promise<void> {
  await document.fonts.ready;
  const moving = document.getAnimations().filter(animation => {
    const { duration, iterations } = animation.effect!.getTiming();
    return iterations === 1 && typeof duration === 'number' && duration <= transitionMsMax;
  });
  await Promise.allSettled(moving.map(animation => animation.finished));
}

async function shootAll(
  browser: Browser,
  size: keyof typeof sizes,
  theme: (typeof themes)[number],
): Promise<void> {
  const [context, page, shot] = await openPage(browser, size, theme);
  await shootSignedOut(page, shot);
  await signIn(page, 'ines');
  await shootTimeline(page, shot);
  await shootWatching(page, shot);
  await shootOwnBroadcast(page, shot);
  await context.close();
}

async function shootSignedOut(page: Page, shot: Shot): Promise<void> {
  for (const [name, address] of [
    ['welcome', '/'],
    ['sign-up', '/sign-up'],
    ['sign-in', '/sign-in'],
  ] as const) {
    await page.goto(address);
    await page.getByRole('main').getByRole('heading').first().waitFor();
    await shot(name);
  }
}

async function signIn(page: Page, handle: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel(/Handle/).fill(handle);
  await page.getByLabel('Password', { exact: true }).fill(samplePassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/');
}

async function shootTimeline(page: Page, shot: Shot): Promise<void> {
  await page.getByText('Saturday’s final kicks off').first().waitFor();
  await shot('home');
  await page
    .getByRole('navigation')
    .getByRole('button', { name: /^(New post|Post)$/ })
    .first()
    .click();
  await page.getByRole('textbox').fill('The wind dropped. ');
  await shot('composer');
  await page.goto('/@kofi');
  await page.getByText('Sunday league referee').first().waitFor();
  await shot('profile');
  await page.goto('/');
  await page.getByText('spare tripod').first().click();
  await page.getByText('There is one in the radio').first().waitFor();
  await shot('post');
  await page.goto('/no-such-page');
  await page.getByRole('main').waitFor();
  await shot('not-found');
}

async function shootWatching(page: Page, shot: Shot): Promise<void> {
  await page.goto('/live');
  await page.getByText('First light over the marsh').first().waitFor();
  await shot('live-tab');
  await page.goto(`/p/${broadcast.postId}`);
  await waitForPlayer(page, 'whep');
  for (const text of ['Is that a bittern?', 'Sound is so clear, thank you']) {
    await page.getByLabel('Comment').fill(text);
    await page.getByLabel('Comment').press('Enter');
    await page.getByText(text).first().waitFor();
  }
  await page.getByRole('button', { name: 'Heart' }).click();
  await shot('watch');
}

async function shootOwnBroadcast(page: Page, shot: Shot): Promise<void> {
  await page.goto('/go-live');
  await page.getByLabel('Title').fill('Fog over the breakwater');
  await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
  await shot('framing');
  await page.getByRole('button', { name: 'Go Live' }).click();
  await page.getByRole('button', { name: 'End' }).waitFor();
  await page.waitForTimeout(4000);
  await shot('live-own');
  await page.getByRole('button', { name: 'End' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /^End/ }).click();
  await page.getByText('Your replay is ready').waitFor();
  await shot('ended');
  await page.getByRole('link', { name: 'Watch the replay' }).click();
  await waitForPlayer(page, 'replay');
  await shot('replay');
  // The next size finds the timeline as this one did.
  await page.evaluate(async () => {
    await fetch(location.pathname.replace('/p/', '/api/v1/posts/'), { method: 'DELETE' });
  });
}
