import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { isRtcp, parseRtp } from '#media/rtp/packet.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { openRtcPeer, type RtcPeer } from '#tests/support/rtc-peer.ts';
import { freeUdpPort } from '#tests/support/udp.ts';
import { routeThrough, startUdpRelay, type UdpRelay } from '#tests/support/udp-relay.ts';
import { until } from '#tests/support/until.ts';
import {
  startWebrtcServer,
  TEST_BROADCAST,
  TEST_TOKEN,
  type WebrtcServer,
} from '#tests/support/webrtc-server.ts';
import { type Load, startLoad } from '../bench/load/start.ts';

/** Of the publisher's layers: 2.5 Mbit/s, 0.8 Mbit/s and 0.2 Mbit/s. */
const [BEST, LOWEST] = [1280, 320];
const CLIMB_MS = 90_000;
const FALL_MS = 30_000;

/** What came by WebRTC so far. */
interface Received {
  readonly width: number;
  readonly frames: number;
  readonly soundPackets: number;
}

describe('one viewer behind a narrow link, another beside it', {
  skip: skipWithout('ffmpeg'),
}, () => {
  let server: WebrtcServer;
  let relay: UdpRelay;
  let browser: Browser;
  let page: Page;
  let publisher: Load;
  let other: RtcPeer;
  /** Of the viewer beside: what came, and when each frame ended. */
  let bytes = 0;
  let frameEndsMs: number[] = [];

  before(async () => {
    const rtcPort = await freeUdpPort();
    server = await startWebrtcServer({ rtcPort });
    relay = await startUdpRelay(rtcPort);
    browser = await openBrowser();
    page = await browser.newPage();
    await routeThrough(relay, page, 'whep');
    await page.goto(server.url);
    publisher = startLoad('simulcast-publisher.ts', `${server.url}/whip/${TEST_BROADCAST}`, TEST_TOKEN);
    await until('all layers are there', () => server.stream.layers.length === 3, 60_000);
    other = await watchBeside();
    await page.evaluate(watch, `${server.url}/whep/${TEST_BROADCAST}`);
  });
  after(async () => {
    await page?.close();
    await browser?.close();
    other?.close();
    await publisher?.stop();
    relay?.close();
    await server?.close();
  });

  /** It reports nothing, so that it gets the best and keeps it. */
  async function watchBeside(): Promise<RtcPeer> {
    const peer = await openRtcPeer({ direction: 'recvonly', kinds: ['video', 'audio'] });
    const response = await fetch(`${server.url}/whep/${TEST_BROADCAST}`, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: peer.offer,
    });
    peer.onPacket((kind, packet) => {
      if (kind !== 'video' || isRtcp(packet)) return;
      bytes += packet.length;
      if (parseRtp(packet)?.marker) frameEndsMs.push(performance.now());
    });
    peer.answer(await response.text());
    await peer.opened;
    return peer;
  }
  const received = () => page.evaluate(stats);
  const shows = (width: number, withinMs: number) =>
    until(
      `the narrow viewer sees ${width} columns`,
      async () => (await received()).width === width,
      withinMs,
    );

  it('both see the best layer while there is room for it', async () => {
    await shows(BEST, CLIMB_MS);
  });

  it('the narrow link gets a lower layer, and the other viewer every frame of the best one', async t => {
    bytes = 0;
    frameEndsMs = [];
    const fromMs = performance.now();
    relay.limitBps = 500_000;
    await shows(LOWEST, FALL_MS);
    const seconds = (performance.now() - fromMs) / 1000;
    const [frames, bps] = [frameEndsMs.length / seconds, (bytes * 8) / seconds];
    t.diagnostic(
      `after ${seconds.toFixed(1)} s; beside ${frames.toFixed(1)} fps, ${(bps / 1e6).toFixed(2)} Mbit/s`,
    );
    assert.ok(frames > 28 && frames < 32, `${frames} frames a second beside`);
    assert.ok(bps > 2_000_000, `${bps} bit/s beside`);
  });

  it('the narrowest gets sound alone', async () => {
    relay.limitBps = 110_000;
    await until(
      'sound without pictures',
      async () => {
        const from = await received();
        await until('sound', async () => (await received()).soundPackets > from.soundPackets + 50);
        return (await received()).frames === from.frames;
      },
      FALL_MS * 2,
    );
    assert.equal(server.whep.soundAlone, 1);
  });

  it('and when the link is wide again, the best layer', async () => {
    relay.limitBps = null;
    await shows(BEST, CLIMB_MS);
    assert.equal(server.whep.soundAlone, 0);
  });
});

/** Runs in the page. */
async function watch(url: string): Promise<void> {
  const pc = new RTCPeerConnection();
  const video = document.body.appendChild(document.createElement('video'));
  video.muted = true;
  const media = new MediaStream();
  pc.ontrack = ({ track }) => media.addTrack(track);
  for (const kind of ['video', 'audio']) pc.addTransceiver(kind, { direction: 'recvonly' });
  await pc.setLocalDescription();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: pc.localDescription!.sdp,
  });
  if (response.status !== 201) throw new Error(await response.text());
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  video.srcObject = media;
  void video.play();
  Object.assign(globalThis, { viewer: pc });
}

/** Runs in the page. */
async function stats(): Promise<Received> {
  const { viewer } = globalThis as unknown as { viewer: RTCPeerConnection };
  const received = { width: 0, frames: 0, soundPackets: 0 };
  for (const entry of (await viewer.getStats()).values()) {
    if (entry.type !== 'inbound-rtp') continue;
    if (entry.kind === 'audio') received.soundPackets = entry.packetsReceived ?? 0;
    else Object.assign(received, { width: entry.frameWidth ?? 0, frames: entry.framesDecoded ?? 0 });
  }
  return received;
}
