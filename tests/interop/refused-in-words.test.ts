import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { meetings } from '#contract/words.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { openPerson, type Person, signUp } from '#tests/support/people.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';

describe('who cannot go live reads why, and what to do', () => {
  let browser: Browser;
  let server: TestServer;
  let ana: Person;

  before(async () => {
    browser = await openBrowser();
    server = await startTestServer();
    ana = await openPerson(browser, server.url, 'ana');
    await signUp(ana);
  });
  after(async () => {
    await ana?.context.close();
    await server?.close();
    await browser?.close();
  });

  it('after the tap, when the server refuses what the browser offers', async () => {
    const { page } = ana;
    const { says, todo } = meetings['no-common-codec'].studio!;
    await page.addInitScript(offerVp8);
    await page.goto('/go-live');
    await page.getByRole('button', { name: 'Go Live' }).click();
    await page
      .getByRole('status')
      .filter({ hasText: `${says} ${todo}` })
      .waitFor();
  });

  it('before the tap, when the browser says that it has no H.264', async () => {
    const { page } = ana;
    const { says, todo } = meetings['no-common-codec'].studio!;
    await page.addInitScript(haveVp8Only);
    await page.goto('/go-live');
    await page
      .getByRole('status')
      .filter({ hasText: `${says} ${todo}` })
      .waitFor();
    await page.locator('button.go-live[disabled]').waitFor();
  });
});

/** Runs in the page: whatever is preferred, VP8 is what is offered. */
function offerVp8(): void {
  const prefer = RTCRtpTransceiver.prototype.setCodecPreferences;
  RTCRtpTransceiver.prototype.setCodecPreferences = function () {
    const { codecs } = RTCRtpSender.getCapabilities('video')!;
    prefer.call(
      this,
      codecs.filter(codec => codec.mimeType === 'video/VP8'),
    );
  };
}

/** Runs in the page. */
function haveVp8Only(): void {
  const capabilities = RTCRtpSender.getCapabilities;
  RTCRtpSender.getCapabilities = kind => {
    const found = capabilities(kind)!;
    return { ...found, codecs: found.codecs.filter(codec => codec.mimeType !== 'video/H264') };
  };
}
