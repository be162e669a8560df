import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Broadcast } from '#contract/api/types.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { median } from '#tests/support/glass-clock.ts';
import { ffprobe } from '#tests/support/media.ts';
import { countFramesSent, keepPeerConnections } from '#tests/support/peer-connections.ts';
import { describePage, openPerson, type Person, signUp } from '#tests/support/people.ts';
import { observePlayback, type Playback, waitForPlayer } from '#tests/support/playback.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { until } from '#tests/support/until.ts';

const OBSERVE_MS = 3_000;

/** Chromium's fake camera turns a disc and its microphone beeps once a second: both must arrive, not just an event. */
function assertPlays(playback: Playback, what: string): void {
  assert.ok(playback.frames >= 20, `${what}: ${playback.frames} pictures in ${OBSERVE_MS} ms`);
  assert.ok(playback.motion > 0.3, `${what}: the picture moves (${playback.motion})`);
  assert.ok(playback.audioPeak > 0.005, `${what}: there is sound (${playback.audioPeak})`);
}

describe('go live, watch, replay', () => {
  let browser: Browser;
  let server: TestServer;
  let ana: Person;
  let ben: Person;
  let visitor: Person;
  let postPath = '';
  let broadcastId = '';
  /** Pictures that the broadcaster's browser had sent shortly before the end. */
  let framesSent = 0;
  let broken = false;

  /** Each step stands on the one before: after a failure the rest says so at once. */
  const step = (name: string, run: () => Promise<void>) =>
    it(name, async t => {
      assert.ok(!broken, 'an earlier step failed');
      broken = true;
      await run().catch(async error => {
        for (const person of [ana, ben, visitor]) t.diagnostic(await describePage(person));
        throw error;
      });
      broken = false;
    });
  const openComposer = (person: Person) =>
    person.page.getByRole('navigation').getByRole('button', { name: 'Post' }).click();

  before(async () => {
    browser = await openBrowser();
    server = await startTestServer();
    ana = await openPerson(browser, server.url, 'ana');
    await keepPeerConnections(ana.context);
    ben = await openPerson(browser, server.url, 'ben');
    visitor = await openPerson(browser, server.url, 'visitor');
  });

  after(async () => {
    for (const person of [ana, ben, visitor]) await person?.context.close();
    await server?.close();
    await browser?.close();
  });

  const broadcast = async (): Promise<Broadcast> => {
    const response = await fetch(`${server.url}/api/v1/broadcasts/${broadcastId}`);
    return (await response.json()) as Broadcast;
  };

  step('two people sign up, and one follows the other', async () => {
    await signUp(ana);
    await signUp(ben);
    await ben.page.goto('/@ana');
    await ben.page
      .getByRole('main')
      .getByRole('button', { name: /^Follow/ })
      .click();
    await ben.page.locator('main [aria-pressed="true"][aria-label^="Follow"]').waitFor();
    await ben.page.goto('/');
  });

  step('a post appears in the follower’s home without reloading', async () => {
    await ben.page.getByRole('main').waitFor();
    await openComposer(ana);
    await ana.page.getByRole('textbox').fill('Good morning, marsh');
    await ana.page.getByRole('dialog').getByRole('button', { name: 'Post', exact: true }).click();
    await ana.page.getByText('Good morning, marsh').first().waitFor();
    await ben.page
      .getByText(/Good morning, marsh|1 new post/)
      .first()
      .waitFor();
  });

  step('two taps lead from the composer to being live, and what was typed is the title', async () => {
    await openComposer(ana);
    await ana.page.getByRole('textbox').fill('First light over the marsh');
    await ana.page.getByRole('dialog').getByRole('button', { name: 'Go Live' }).click();
    await ana.page.waitForURL('**/go-live');
    await ana.page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await ana.page.getByRole('button', { name: 'Go Live' }).click();
    await ana.page.getByRole('button', { name: 'End' }).waitFor();
  });

  step('the follower sees the live post appear without reloading and watches by WebRTC', async () => {
    const pill = ben.page.getByRole('button', { name: /new post/ });
    const post = ben.page.getByRole('link', { name: /First light over the marsh/ }).first();
    await pill.or(post).first().waitFor();
    if (await pill.isVisible()) await pill.click();
    await post.click();
    await ben.page.waitForURL('**/p/*');
    postPath = new URL(ben.page.url()).pathname;
    const response = await fetch(`${server.url}/api/v1${postPath.replace('/p/', '/posts/')}`);
    const body = (await response.json()) as { broadcast: { id: string; state: string } };
    broadcastId = body.broadcast.id;
    assert.equal(body.broadcast.state, 'live');
    await waitForPlayer(ben.page, 'whep');
    assertPlays(await observePlayback(ben.page, OBSERVE_MS), 'WebRTC');
  });

  step('somebody without an account watches by LL-HLS', async () => {
    await visitor.page.goto(`${postPath}?player=hls`);
    await waitForPlayer(visitor.page, 'hls');
    assertPlays(await observePlayback(visitor.page, OBSERVE_MS), 'LL-HLS');
  });

  step('a comment and hearts reach the broadcaster at once', async () => {
    const comment = ben.page.getByLabel('Comment');
    await comment.fill('Hello from the hide');
    await comment.press('Enter');
    await ana.page.getByText('Hello from the hide').first().waitFor();
    for (let i = 0; i < 3; i++) await ben.page.getByRole('button', { name: 'Heart' }).click();
    await ana.page.waitForSelector('[data-heart]', { state: 'attached' });
    await until('three hearts are counted', async () => (await broadcast()).hearts === 3);
    await visitor.page.getByText('Hello from the hide').first().waitFor();
  });

  step('it ends, and the same post at the same address is the replay, from the start', async () => {
    framesSent = await countFramesSent(ana.page);
    await ana.page.getByRole('button', { name: 'End' }).click();
    await ana.page.getByRole('dialog').getByRole('button', { name: /^End/ }).click();
    await waitForPlayer(ben.page, 'replay');
    assert.equal(new URL(ben.page.url()).pathname, postPath);
    const ended = await broadcast();
    assert.equal(ended.state, 'archived');
    assert.ok((ended.durationMs ?? 0) > OBSERVE_MS, `lasted ${ended.durationMs} ms`);
    await playReplay(visitor, ended.durationMs!);
  });

  it('ffprobe reads the replay whole', { skip: skipWithout('ffmpeg') }, async () => {
    assert.ok(!broken, 'an earlier step failed');
    const { streams, packets } = await ffprobe(`${server.url}/hls/${broadcastId}/index.m3u8`);
    // A stream for each layer of the picture, and the sound that they share. The browser pauses the larger ones as it sees fit.
    const timesOf = (kind: string) =>
      streams
        .filter(stream => stream.codec_type === kind)
        .map(({ index }) => packets.filter(packet => packet.stream_index === index))
        .map(found => found.map(packet => Number(packet.dts_time)))
        .sort((a, b) => b.length - a.length)[0] ?? [];
    const [pictures, sound] = [timesOf('video'), timesOf('audio')];
    const steps = (times: number[]) => times.slice(1).map((time, i) => time - times[i]!);
    // A busy machine's camera skips pictures: what was sent must be there. Sound never pauses.
    assert.ok(pictures.length >= framesSent, `${pictures.length} of ${framesSent} pictures`);
    assert.ok(Math.max(...steps(sound)) < 0.1, `a gap of ${Math.max(...steps(sound))} s in the sound`);
    const durations = [pictures, sound].map(times => times.at(-1)! - times[0]! + median(steps(times)));
    const apart = Math.abs(durations[0]! - durations[1]!);
    assert.ok(apart < 0.2, `durations ${durations.join(' and ')} s`);
  });

  step('after a restart accounts, posts and the replay are still there', async () => {
    await server.restart();
    await ben.page.goto('/');
    await ben.page.getByText('Good morning, marsh').first().waitFor();
    await playReplay(ben, (await broadcast()).durationMs!);
    await ben.page.getByText('Hello from the hide').first().waitFor();
  });

  step('no page complained', async () => {
    assert.deepEqual([...ana.complaints, ...ben.complaints, ...visitor.complaints], []);
  });

  async function playReplay(person: Person, durationMs: number): Promise<void> {
    await person.page.goto(postPath);
    await waitForPlayer(person.page, 'replay');
    const { duration, currentTime } = await person.page.evaluate(() => {
      const video = document.querySelector<HTMLVideoElement>('video[data-player]')!;
      return { duration: video.duration, currentTime: video.currentTime };
    });
    assert.ok(currentTime < 2, `starts at the start (${currentTime})`);
    assert.ok(Math.abs(duration * 1000 - durationMs) < 500, `${duration} s of ${durationMs} ms`);
    assertPlays(await observePlayback(person.page, OBSERVE_MS), 'replay');
  }
});
