import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { openPerson, type Person, signUp } from '#tests/support/people.ts';
import { watchPicture } from '#tests/support/picture-watch.ts';
import { observePlayback, waitForPlayer } from '#tests/support/playback.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { freeUdpPort } from '#tests/support/udp.ts';
import { routeThrough, startUdpRelay, type UdpRelay } from '#tests/support/udp-relay.ts';

const BLACK_MS_MAX = 1_000;
const LISTEN_MS = 1_500;

describe('a viewer whose WebRTC comes and goes', () => {
  let browser: Browser;
  let server: TestServer;
  let up: UdpRelay;
  let down: UdpRelay;
  let ana: Person;
  let ben: Person;
  let path = '';

  before(async () => {
    const rtcPort = await freeUdpPort();
    browser = await openBrowser();
    server = await startTestServer({ rtcPort });
    [up, down] = await Promise.all([startUdpRelay(rtcPort), startUdpRelay(rtcPort)]);
    ana = await openPerson(browser, server.url, 'ana');
    ben = await openPerson(browser, server.url, 'ben');
    await routeThrough(up, ana.page, 'whip');
    await routeThrough(down, ben.page, 'whep');
    await signUp(ana);
    await ana.page.goto('/go-live');
    await ana.page.getByLabel('Title').fill('There and back');
    await ana.page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await ana.page.getByRole('button', { name: 'Go Live' }).click();
    await ana.page.getByRole('button', { name: 'End' }).waitFor();
    path = await ana.page.evaluate(
      () => `/p/${JSON.parse(sessionStorage.getItem('skylark.on-air')!).postId}`,
    );
    await ben.page.goto(path);
    await waitForPlayer(ben.page, 'whep');
  });
  after(async () => {
    for (const person of [ana, ben]) await person?.context.close();
    for (const relay of [up, down]) relay?.close();
    await server?.close();
    await browser?.close();
  });

  const assertSounds = async (what: string) => {
    const { audioPeak, frames } = await observePlayback(ben.page, LISTEN_MS);
    assert.ok(audioPeak > 0.005, `${what}: there is sound (${audioPeak})`);
    assert.ok(frames > 5, `${what}: the picture goes on (${frames})`);
  };

  it('goes on by HLS when it is lost, and back when it is there again, and is never left in the dark', async t => {
    await ben.page.evaluate(() => {
      document.querySelector<HTMLVideoElement>('video[data-player]')!.volume = 0.7;
    });
    await waitForPlayer(ben.page, 'whep', 40_000);
    const watch = await watchPicture(ben.page);
    down.open = false;
    await waitForPlayer(ben.page, 'hls');
    await assertSounds('HLS');
    down.open = true;
    await waitForPlayer(ben.page, 'whep', 40_000);
    await assertSounds('WebRTC');
    const seen = await watch.stop();
    t.diagnostic(
      `${seen.looks} looks, ${Math.round(seen.blackMs)} ms black at most, ${seen.modes.join(' > ')}`,
    );
    assert.ok(seen.blackMs < BLACK_MS_MAX, `${seen.blackMs} ms black`);
    assert.match(seen.modes.join(' '), /^whep.* hls.* whep$/);
    const { muted, volume } = await ben.page.evaluate(() => {
      const { muted, volume } = document.querySelector<HTMLVideoElement>('video[data-player]')!;
      return { muted, volume };
    });
    assert.deepEqual({ muted, volume }, { muted: false, volume: 0.7 });
  });

  it('is told of an interruption over the last picture, and goes on by itself after it', async t => {
    const watch = await watchPicture(ben.page);
    up.open = false;
    await ben.page.getByText('The broadcast was interrupted.').waitFor({ timeout: 20_000 });
    up.open = true;
    await ben.page.getByText('The broadcast was interrupted.').waitFor({ state: 'hidden', timeout: 20_000 });
    await waitForPlayer(ben.page, 'whep', 40_000);
    await assertSounds('after the interruption');
    const seen = await watch.stop();
    t.diagnostic(
      `${seen.looks} looks, ${Math.round(seen.blackMs)} ms black at most, ${seen.modes.join(' > ')}`,
    );
    assert.ok(seen.blackMs < BLACK_MS_MAX, `${seen.blackMs} ms black`);
  });

  it('goes to HLS by itself when the server has no room', async () => {
    await ben.page.route('**/whep/*', route =>
      route.fulfill({
        status: 503,
        headers: { 'retry-after': '30' },
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'at-capacity', detail: 'Use HLS.' }),
      }),
    );
    await ben.page.goto(path);
    await waitForPlayer(ben.page, 'hls');
    assert.deepEqual(ben.complaints, []);
  });
});
