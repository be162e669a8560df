import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { openCamera, publishFromPage } from '#tests/support/page-whip.ts';
import { settled } from '#tests/support/settled.ts';
import {
  startWebrtcServer,
  TEST_BROADCAST,
  TEST_TOKEN,
  type WebrtcServer,
} from '#tests/support/webrtc-server.ts';

/** What this page's peer connections are called on `window`. */
interface Peers {
  publisher: RTCPeerConnection;
  viewer: RTCPeerConnection;
}

describe('Chromium publishes by WHIP and watches by WHEP', () => {
  let server: WebrtcServer;
  let browser: Browser;
  let broadcaster: Page;
  let viewer: Page;

  before(async () => {
    server = await startWebrtcServer();
    browser = await openBrowser();
    broadcaster = await browser.newPage();
    viewer = await browser.newPage();
    await broadcaster.goto(server.url);
    await viewer.goto(server.url);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('the camera arrives in the stream', async () => {
    const { answer } = await publishFromPage(broadcaster, {
      url: `/whip/${TEST_BROADCAST}`,
      token: TEST_TOKEN,
      media: await openCamera(broadcaster, { width: 1280, height: 720, frameRate: 30 }),
    });
    assert.match(answer, /a=rtpmap:\d+ rtx\/90000/, 'RTX is negotiated');
    assert.match(answer, /transport-cc/, 'transport-wide feedback is negotiated');
    await settled(() => server.stream.stats.keyframes > 0, 'a key frame');
    assert.deepEqual(server.events, ['arrived']);
    assert.equal(server.whip.sessions, 1);
  });

  it('a viewer sees pictures and hears sound soon after joining', async () => {
    const { firstFrameMs } = await viewer.evaluate(watch, `/whep/${TEST_BROADCAST}`);
    console.log(`join to first frame: ${Math.round(firstFrameMs)} ms`);
    assert.ok(firstFrameMs < 3_000, `${firstFrameMs} ms`);
    const before = await viewer.evaluate(inbound);
    await viewer.waitForTimeout(3_000);
    const now = await viewer.evaluate(inbound);
    assert.ok(now.framesDecoded - before.framesDecoded > 45, `${now.framesDecoded - before.framesDecoded}`);
    assert.ok(now.audioEnergy > before.audioEnergy, 'there is sound');
    assert.ok(now.pliCount <= 2, `no storm of key frame requests: ${now.pliCount}`);
    assert.equal(server.whep.sessions, 1);
  });

  it('the publisher is told enough to raise its bitrate', async () => {
    await broadcaster.waitForFunction(
      async () => {
        const reports = await (window as unknown as Peers).publisher.getStats();
        for (const report of reports.values()) {
          if (report.type === 'candidate-pair' && report.nominated)
            return report.availableOutgoingBitrate > 1_000_000;
        }
        return false;
      },
      undefined,
      { timeout: 10_000, polling: 250 },
    );
  });

  it('closing the viewer ends its session at once', async () => {
    await viewer.evaluate(() => (window as unknown as Peers).viewer.close());
    await settled(() => server.whep.sessions === 0, 'the session is gone');
    assert.equal(server.stream.readers, 0);
  });

  it('closing the publisher without a word interrupts, and nothing is left behind', async () => {
    await broadcaster.evaluate(() => (window as unknown as Peers).publisher.close());
    await settled(() => server.whip.sessions === 0, 'the session is gone');
    assert.deepEqual(server.events, ['arrived', 'lost']);
    assert.equal(server.rtc.openTransports, 0);
  });
});

/** Runs in the page. */
async function watch(path: string): Promise<{ firstFrameMs: number }> {
  const startMs = performance.now();
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  (window as unknown as Peers).viewer = pc;
  const media = new MediaStream();
  const video = document.createElement('video');
  video.autoplay = true;
  video.playsInline = true;
  document.body.append(video);
  pc.ontrack = ({ track }) => {
    media.addTrack(track);
    video.srcObject = media;
  };
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addTransceiver('video', { direction: 'recvonly' });
  await pc.setLocalDescription();
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: pc.localDescription!.sdp,
  });
  if (response.status !== 201) throw new Error(await response.text());
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  await new Promise<void>(resolve => video.requestVideoFrameCallback(() => resolve()));
  return { firstFrameMs: performance.now() - startMs };
}

/** Runs in the page. */
async function inbound(): Promise<{ framesDecoded: number; pliCount: number; audioEnergy: number }> {
  const found = { framesDecoded: 0, pliCount: 0, audioEnergy: 0 };
  const reports = await (window as unknown as Peers).viewer.getStats();
  for (const report of reports.values()) {
    if (report.type !== 'inbound-rtp') continue;
    if (report.kind === 'audio') found.audioEnergy = report.totalAudioEnergy;
    else Object.assign(found, { framesDecoded: report.framesDecoded, pliCount: report.pliCount });
  }
  return found;
}
