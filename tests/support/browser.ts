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

/** `CHROME_PATH`, or the Chromium inside @sparticuz/chromium, which is built for Linux x64. */
async function executablePath(): Promise<string> {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  if (process.platform === 'linux' && process.arch === 'x64') {
    const packaged = await import('@sparticuz/chromium');
    return packaged.default.executablePath();
  }
  throw new Error('Browser tests need a Chrome here: name it in CHROME_PATH.');
}

/** One Chromium for a whole run of the tests; the endpoint goes to the suites as SKYLARK_TEST_BROWSER. */
export async function startSharedBrowser(): Promise<{ endpoint: string; close(): Promise<void> }> {
  const server: BrowserServer = await chromium.launchServer({
    executablePath: await executablePath(),
    args: flags,
    ignoreDefaultArgs: ['--mute-audio'],
  });
  return { endpoint: server.wsEndpoint(), close: () => server.close() };
}

/** The run's shared browser, or one of this suite's own when it runs alone. `close` ends only what this call opened. */
export async function openBrowser(): Promise<Browser> {
  const endpoint = process.env.SKYLARK_TEST_BROWSER;
  if (endpoint) return chromium.connect(endpoint);
  return chromium.launch({
    executablePath: await executablePath(),
    args: flags,
    ignoreDefaultArgs: ['--mute-audio'],
  });
}
