import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserServer, chromium } from 'playwright-core';

/**
 * Flags under which Chromium has a fake camera and microphone, plays without a gesture and keeps to this machine.
 * WebRtcHideLocalIpsWithMdns off: host candidates carry addresses, as there is no mDNS responder here.
 */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-dev-shm-usage',
  '--autoplay-policy=no-user-gesture-required',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/** How to launch `CHROME_PATH`, or the Chromium inside @sparticuz/chromium, which is built for Linux x64. */
async function launchOptions() {
  const common = { args: flags, ignoreDefaultArgs: ['--mute-audio'] };
  if (process.env.CHROME_PATH) return { ...common, executablePath: process.env.CHROME_PATH };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('Browser tests need a Chrome here: name it in CHROME_PATH.');
  const { default: packaged } = await import('@sparticuz/chromium');
  // It unpacks Open Sans beside itself: text is as wide on every machine, whatever fonts that has.
  const env = { ...process.env, FONTCONFIG_PATH: path.join(tmpdir(), 'fonts') };
  return { ...common, executablePath: await packaged.executablePath(), env };
}

/** One Chromium for a whole run of the tests; the endpoint goes to the suites as SKYLARK_TEST_BROWSER. */
export async function startSharedBrowser(): Promise<{ endpoint: string; close(): Promise<void> }> {
  const server: BrowserServer = await chromium.launchServer(await launchOptions());
  return { endpoint: server.wsEndpoint(), close: () => server.close() };
}

/** The run's shared browser, or one of this suite's own when it runs alone. `close` ends only what this call opened. */
export async function openBrowser(): Promise<Browser> {
  const endpoint = process.env.SKYLARK_TEST_BROWSER;
  return endpoint ? chromium.connect(endpoint) : chromium.launch(await launchOptions());
}
