import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { type PageSession, publishFromPage } from '#tests/support/page-whip.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { until } from '#tests/support/until.ts';

interface Look {
  readonly colour: 'red' | 'blue';
  readonly width: number;
  readonly height: number;
}

interface Kept {
  publisher: RTCPeerConnection;
  /** Times, milliseconds since the Unix epoch. */
  lostAt: number;
  seenAt: { red?: number; blue?: number };
}

describe('another device takes a broadcast over', () => {
  let server: TestServer;
  let browser: Browser;
  let broadcast: NewBroadcast;
  let laptop: Page;
  let phone: Page;
  let viewer: Page;
  let etag = '';

  before(async () => {
    server = await startTestServer();
    browser = await openBrowser();
    broadcast = await newBroadcast(server.url, 'ana');
    [laptop, phone, viewer] = await Promise.all([openPage(), openPage(), openPage()]);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const openPage = async (): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/healthz`);
    return page;
  };
  const goLive = async (page: Page, look: Look, ifMatch: string): Promise<PageSession> => {
    const media = await page.evaluateHandle(paint, look);
    const { whipUrl: url, publishToken: token } = broadcast;
    return publishFromPage(page, { url, token, media, ifMatch });
  };
  const seen = (colour: Look['colour']) =>
    viewer.evaluate(colour => (window as unknown as Kept).seenAt[colour] ?? 0, colour);
  const hls = async (name: string): Promise<string> =>
    (await fetch(`${server.url}/hls/${broadcast.id}/${name}`)).text();
  const videoPlaylist = async (): Promise<string> =>
    hls(/^[^#].*m3u8.*$/m.exec(await hls('index.m3u8'))?.[0] ?? 'none');

  it('the first one is seen by WebRTC and by HLS', async () => {
    const session = await goLive(laptop, { colour: 'red', width: 640, height: 360 }, '*');
    etag = session.etag;
    await laptop.evaluate(noteLoss);
    await until('a part is listed', async () => /EXT-X-PART:/.test(await videoPlaylist()));
    await viewer.evaluate(watch, `${server.url}/whep/${broadcast.id}`);
    await until('the laptop is seen', async () => (await seen('red')) > 0);
  });

  it('the second one is seen instead, in the same session and the same playlist', async t => {
    const { postedAt } = await goLive(phone, { colour: 'blue', width: 320, height: 180 }, '*');
    let listedAt = 0;
    const listed = until('it is listed', async () => {
      if (/EXT-X-DISCONTINUITY\n[\s\S]*EXT-X-PART:/.test(await videoPlaylist())) listedAt = Date.now();
      return listedAt > 0;
    });
    await until('the phone is seen', async () => (await seen('blue')) > 0);
    await listed;
    const sinceOffer = { whepMs: (await seen('blue')) - postedAt, hlsMs: listedAt - postedAt };
    t.diagnostic(`from the offer to the first picture: ${JSON.stringify(sinceOffer)}`);
  });

  it('the first one learns it by its connection, and by its ETag', async t => {
    const lostAt = () => laptop.evaluate(() => (window as unknown as Kept).lostAt);
    await until('the connection is gone', async () => (await lostAt()) > 0);
    t.diagnostic(`the laptop's browser noticed after ${(await lostAt()) - (await seen('blue'))} ms`);
    await assert.rejects(
      goLive(laptop, { colour: 'red', width: 640, height: 360 }, etag),
      /412.*taken-over/s,
    );
  });

  it('it was one broadcast, and is one replay', async () => {
    await broadcast.end();
    const playlist = await videoPlaylist();
    assert.match(playlist, /EXT-X-ENDLIST/);
    assert.equal(playlist.match(/EXT-X-DISCONTINUITY\n/g)?.length, 1);
  });
});

/** Runs in the page: a picture of one colour, and a tone. */
function paint({ colour, width, height }: Look): MediaStream {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const g = canvas.getContext('2d')!;
  setInterval(() => {
    g.fillStyle = colour;
    g.fillRect(0, 0, width, height);
  }, 33);
  const tone = new AudioContext().createOscillator();
  const out = (tone.context as AudioContext).createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  return new MediaStream([...canvas.captureStream(30).getTracks(), ...out.stream.getTracks()]);
}

/** Runs in the page: notes when its connection is lost. */
function noteLoss(): void {
  const kept = window as unknown as Kept;
  const { publisher } = kept;
  kept.lostAt = 0;
  publisher.onconnectionstatechange = () => {
    if (!['connecting', 'connected'].includes(publisher.connectionState)) kept.lostAt ||= Date.now();
  };
}

/** Runs in the page: notes when each colour is first seen. */
async function watch(url: string): Promise<void> {
  const kept = window as unknown as Kept;
  kept.seenAt = {};
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const video = document.createElement('video');
  Object.assign(video, { autoplay: true, muted: true, srcObject: new MediaStream() });
  document.documentElement.append(video);
  pc.ontrack = ({ track }) => (video.srcObject as MediaStream).addTrack(track);
  for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { direction: 'recvonly' });
  await pc.setLocalDescription();
  const headers = { 'content-type': 'application/sdp' };
  const response = await fetch(url, { method: 'POST', headers, body: pc.localDescription!.sdp });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  const g = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;
  const look = () => {
    g.drawImage(video, 0, 0, 1, 1);
    const [red = 0, , blue = 0] = g.getImageData(0, 0, 1, 1).data;
    if (red > 150) kept.seenAt.red ??= Date.now();
    if (blue > 150) kept.seenAt.blue ??= Date.now();
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}
