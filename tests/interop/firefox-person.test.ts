import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { meetings } from '#contract/words.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { Firefox } from '#tests/support/firefox.ts';
import { newBroadcast } from '#tests/support/new-broadcast.ts';
import { password } from '#tests/support/people.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { type SyntheticPublisher, startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';

const PLAYER = `document.querySelector('video[data-player]')`;
/** What the player has and shows, and what the page says. */
const STATE = `(({ currentTime, paused, muted, readyState, seeking, buffered, error, dataset }) => ({
  ...{ currentTime, paused, muted, readyState, seeking, error: error?.message, ...dataset },
  buffered: Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]),
  page: document.body.innerText.slice(0, 300),
}))(${PLAYER})`;

describe('a person with Firefox', {
  skip: skipWithout('Firefox ESR', existsSync('/usr/bin/firefox-esr')),
}, () => {
  let server: TestServer;
  let publisher: SyntheticPublisher | null = null;
  let firefox: Firefox;

  before(async () => {
    server = await startTestServer();
    firefox = await Firefox.open();
  });
  after(async () => {
    await firefox?.close();
    await publisher?.close();
    await server?.close();
  });

  it('signs up', async () => {
    await firefox.goto(`${server.url}/sign-up`);
    await firefox.type('input[name=handle]', 'fox');
    await firefox.type('input[name=email]', 'fox@example.org');
    await firefox.type('input[type=password]', password);
    await firefox.click('form.sign button[type=submit]');
    await firefox.waitFor(`location.pathname === '/' && document.querySelector('nav')`);
  });

  it('watches by HLS, since its WebRTC has no H.264, with pictures that move and sound', async t => {
    const broadcast = await newBroadcast(server.url, 'lark');
    publisher = startSyntheticPublisher(broadcast);
    await publisher.sending;
    await firefox.goto(`${server.url}/p/${broadcast.postId}`);
    await firefox
      .waitFor(`${PLAYER}?.getVideoPlaybackQuality().totalVideoFrames > 30`, 40_000)
      .catch(async error => {
        t.diagnostic(JSON.stringify(await firefox.evaluate(STATE)));
        throw error;
      });
    assert.equal(await firefox.evaluate(`${PLAYER}.dataset.mode`), 'hls');
    const before = await firefox.evaluate<number>(`${PLAYER}.currentTime`);
    await firefox.waitFor(`${PLAYER}.currentTime > ${before + 2}`);
    await firefox.waitFor(`${PLAYER}.mozHasAudio`);
  });

  it('is told before the tap that it cannot go live, and what to do', async () => {
    const { says, todo } = meetings['no-common-codec'].studio!;
    await firefox.goto(`${server.url}/go-live`);
    await firefox.waitFor(
      `document.querySelector('.framing-word')?.innerText.includes(${JSON.stringify(says)})`,
    );
    assert.ok((await firefox.evaluate<string>('document.body.innerText')).includes(todo));
    assert.equal(await firefox.evaluate(`document.querySelector('.go-live').disabled`), true);
  });
});
