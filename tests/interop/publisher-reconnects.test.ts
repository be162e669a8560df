import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Broadcast } from '#contract/api/types.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { openPerson, type Person, signUp } from '#tests/support/people.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { freeUdpPort } from '#tests/support/udp.ts';
import { routeThrough, startUdpRelay, type UdpRelay } from '#tests/support/udp-relay.ts';
import { until } from '#tests/support/until.ts';

/** Congestion control starts with the smallest layer; a busy machine takes its time to all three. */
const RAMP_MS = 60_000;

describe('a broadcaster whose way to the server changes', () => {
  let browser: Browser;
  let server: TestServer;
  let relay: UdpRelay;
  let ana: Person;
  let id = '';
  let whipPosts = 0;

  before(async () => {
    const rtcPort = await freeUdpPort();
    browser = await openBrowser();
    server = await startTestServer({ rtcPort });
    relay = await startUdpRelay(rtcPort);
    ana = await openPerson(browser, server.url, 'ana');
    await routeThrough(relay, ana.page, 'whip');
    ana.page.on('request', request => {
      if (request.method() === 'POST' && request.url().includes('/whip/')) whipPosts++;
    });
    await signUp(ana);
  });
  after(async () => {
    await ana?.context.close();
    relay?.close();
    await server?.close();
    await browser?.close();
  });

  const broadcast = async (): Promise<Broadcast> =>
    (await (await fetch(`${server.url}/api/v1/broadcasts/${id}`)).json()) as Broadcast;
  const playlist = async (): Promise<string> => (await fetch(`${server.url}/hls/${id}/index.m3u8`)).text();

  it('is live through it', async () => {
    await goLive(ana.page);
    id = await ana.page.evaluate(() => JSON.parse(sessionStorage.getItem('skylark.on-air')!).id as string);
    await until('HLS has it', async () => (await playlist()).includes('#EXT-X-STREAM-INF'));
    assert.equal(whipPosts, 1);
  });

  it('is told, comes back by a new session, and keeps the camera', async t => {
    const camera = await cameraOf(ana.page);
    await ana.page.evaluate(followUplink);
    const cutAt = Date.now();
    relay.cut();
    await ana.page.waitForFunction(() => {
      const said = (window as unknown as Followed).uplinks.map(({ uplink }) => uplink);
      return said.includes('reconnecting') && said.at(-1) !== 'reconnecting';
    });
    const changes = await ana.page.evaluate(() => (window as unknown as Followed).uplinks);
    t.diagnostic(changes.map(({ at, uplink }) => `${uplink} after ${at - cutAt} ms`).join(', '));
    assert.ok(whipPosts > 1);
    assert.equal(await cameraOf(ana.page), camera);
    assert.equal((await broadcast()).state, 'live');
  });

  it('comes back, too, when there was no way at all for a while', async () => {
    const before = whipPosts;
    relay.open = false;
    await ana.page.locator('[data-uplink="reconnecting"]').waitFor();
    await until('it has tried', () => whipPosts > before + 1);
    relay.open = true;
    await ana.page.locator('[data-uplink="good"]').waitFor();
    await until('it is live', async () => (await broadcast()).state === 'live');
  });

  it('learns that another device took over, and takes it back when asked', async () => {
    const onAir = await ana.page.evaluate(() => sessionStorage.getItem('skylark.on-air')!);
    const other = await ana.context.newPage();
    await other.addInitScript(entry => sessionStorage.setItem('skylark.on-air', entry), onAir);
    await other.goto('/go-live');
    await other.getByRole('button', { name: 'Go back on air' }).click();
    await ana.page.getByText('Another device took over').waitFor();
    await other.locator('[data-uplink="good"]').waitFor();
    await ana.page.getByRole('button', { name: 'Take it back' }).click();
    await other.getByText('Another device took over').waitFor();
    await ana.page.locator('[data-uplink="good"]').waitFor();
    await other.getByRole('link', { name: 'Leave it there' }).click();
    await other.waitForURL('**/');
    await other.close();
    assert.equal((await broadcast()).state, 'live');
  });

  it('sends its picture in three sizes', async () => {
    const sizes = async () => new Set((await playlist()).match(/RESOLUTION=\S+?(?=,|$)/gm)).size;
    await until('three sizes', async () => (await sizes()) === 3, RAMP_MS);
  });

  it('has one replay of it all', async () => {
    await ana.page.getByRole('button', { name: 'End' }).click();
    await ana.page.getByRole('dialog').getByRole('button', { name: /^End/ }).click();
    await until('the replay is ready', async () => (await broadcast()).state === 'archived');
    assert.match(await playlist(), /#EXT-X-STREAM-INF/);
    assert.deepEqual(ana.complaints, []);
  });
});

interface Followed {
  uplinks: { at: number; uplink: string }[];
}

/** Runs in the page: keeps what the studio says of the way up, and when. */
function followUplink(): void {
  const followed = window as unknown as Followed;
  followed.uplinks = [];
  const said = document.querySelector<HTMLElement>('.uplink')!;
  new MutationObserver(() => {
    followed.uplinks.push({ at: Date.now(), uplink: said.dataset.uplink! });
  }).observe(said, { attributes: true, attributeFilter: ['data-uplink'] });
}

function cameraOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const stream = document.querySelector<HTMLVideoElement>('video.preview')!.srcObject as MediaStream;
    return stream
      .getTracks()
      .map(({ id, readyState }) => `${id} ${readyState}`)
      .join();
  });
}

async function goLive(page: Page): Promise<void> {
  await page.goto('/go-live');
  await page.getByLabel('Title').fill('On the move');
  await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
  await page.getByRole('button', { name: 'Go Live' }).click();
  await page.getByRole('button', { name: 'End' }).waitFor();
}
