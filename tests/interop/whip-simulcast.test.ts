import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { settled } from '#tests/support/settled.ts';
import {
  startWebrtcServer,
  TEST_BROADCAST,
  TEST_TOKEN,
  type WebrtcServer,
} from '#tests/support/webrtc-server.ts';

describe('Chromium publishes three layers by WHIP', () => {
  let server: WebrtcServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    server = await startWebrtcServer();
    browser = await openBrowser();
    page = await browser.newPage();
    await page.goto(server.url);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('each arrives as a track of its own, with key frames of its own', async () => {
    const answer = await page.evaluate(publish, [`/whip/${TEST_BROADCAST}`, TEST_TOKEN] as const);
    assert.match(answer, /a=simulcast:recv h;m;l/);
    await settled(() => server.stream.layers.length === 3, 'three layers');
    await settled(
      () => server.stream.layers.every(({ track }) => server.stream.gop(track.id).length > 0),
      'key frames',
    );
    const rates = server.stream.layers.map(
      ({ track, bitrateBps }) => `${track.id} ${Math.round(bitrateBps / 1000)}k`,
    );
    console.log(rates.join(', '));
    assert.equal(new Set(server.stream.layers.map(({ track }) => track.id)).size, 3);
  });
});

/** Runs in the page. */
async function publish([path, token]: readonly [string, string]): Promise<string> {
  const media = await navigator.mediaDevices.getUserMedia({
    video: { width: 1280, height: 720, frameRate: 30 },
    audio: true,
  });
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  pc.addTransceiver(media.getAudioTracks()[0]!, { direction: 'sendonly' });
  const video = pc.addTransceiver(media.getVideoTracks()[0]!, {
    direction: 'sendonly',
    sendEncodings: [
      { rid: 'h', maxBitrate: 2_500_000 },
      { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 800_000 },
      { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 200_000 },
    ],
  });
  const codecs = RTCRtpSender.getCapabilities('video')!.codecs;
  video.setCodecPreferences(codecs.filter(codec => /h264|rtx/i.test(codec.mimeType)));
  await pc.setLocalDescription();
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}` },
    body: pc.localDescription!.sdp,
  });
  if (response.status !== 201) throw new Error(await response.text());
  const sdp = await response.text();
  await pc.setRemoteDescription({ type: 'answer', sdp });
  return sdp;
}
