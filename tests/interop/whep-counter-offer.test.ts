import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { FakeClock } from '#base/fake-clock.ts';
import { RTC_CONNECT_TIMEOUT_MS } from '#ports/rtc.ts';
import { WHEP_OFFERS } from '#servers/whep/endpoint.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { openAnsweringPeer, openRtcPeer } from '#tests/support/rtc-peer.ts';
import { settled } from '#tests/support/settled.ts';
import {
  startWebrtcServer,
  TEST_BROADCAST,
  TEST_TOKEN,
  type WebrtcServer,
} from '#tests/support/webrtc-server.ts';

const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';

const post = (server: WebrtcServer, body: string) =>
  fetch(`${server.url}/whep/${TEST_BROADCAST}`, { method: 'POST', headers: { 'content-type': SDP }, body });
const patch = (address: string, body: string, headers: Record<string, string> = {}) =>
  fetch(address, { method: 'PATCH', headers: { 'content-type': SDP, ...headers }, body });
const assertProblem = async (response: Response, status: number, code: string) => {
  assert.equal(response.status, status);
  assert.equal(((await response.json()) as { code: string }).code, code);
};

describe('a WHEP offer that cannot be answered', () => {
  const clock = new FakeClock();
  let server: WebrtcServer;
  let peers: { close(): void }[] = [];
  let offer: string;

  before(async () => {
    server = await startWebrtcServer({ clock });
    const peer = await openRtcPeer({ direction: 'recvonly', kinds: ['audio', 'video'] });
    ({ offer } = peer);
    peer.close();
  });
  after(() => server.close());
  afterEach(() => {
    for (const peer of peers) peer.close();
    peers = [];
    assert.deepEqual([server.whep.sessions, server.rtc.openTransports, server.stream.readers], [0, 0, 0]);
  });

  const counter = async (unusable = offer.replaceAll('H264', 'VP8')) => {
    const response = await post(server, unusable);
    assert.equal(response.status, 406);
    assert.equal(response.headers.get('content-type'), SDP);
    const address = new URL(response.headers.get('location')!, server.url).href;
    return { sdp: await response.text(), address, etag: response.headers.get('etag')! };
  };
  const answerTo = async (sdp: string) => {
    const peer = await openAnsweringPeer(sdp);
    peers.push(peer);
    return peer;
  };
  const drop = async (address: string) =>
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 200);

  for (const [what, unusable] of [
    ['no H.264', (usable: string) => usable.replaceAll('H264', 'VP8')],
    ['no H.264 that we send', (usable: string) => usable.replaceAll('packetization-mode=1', '')],
    ['no Opus', (usable: string) => usable.replaceAll('opus', 'PCMU')],
    ['no video', (usable: string) => usable.replace(/m=video[\s\S]*?(?=m=|$)/, '')],
    ['nothing', (usable: string) => usable.replace(/m=[\s\S]*/, '')],
    ['no bundle', (usable: string) => usable.replace(/a=group:BUNDLE.*\r\n/, '')],
    ['no rtcp-mux', (usable: string) => usable.replaceAll('a=rtcp-mux\r\n', '')],
    ['to send', (usable: string) => usable.replaceAll('recvonly', 'sendonly')],
  ] as const) {
    it(`is met with our own: it offers ${what}`, async () => {
      const { sdp, address, etag } = await counter(unusable(offer));
      assert.match(address, new RegExp(`/whep/${TEST_BROADCAST}/[0-9a-z]{52}$`));
      assert.match(etag, /^"[0-9a-z]{26}"$/);
      assert.match(sdp, /m=audio [\s\S]*a=sendonly[\s\S]*m=video [\s\S]*a=sendonly/);
      assert.match(sdp, /a=setup:actpass/);
      assert.equal(server.whep.sessions, 1);
      await drop(address);
    });
  }

  it('is one no more when it offers a picture without sound: that is what it gets', async () => {
    const response = await post(server, offer.replace(/m=audio[\s\S]*?(?=m=|$)/, ''));
    assert.equal(response.status, 201);
    assert.doesNotMatch(await response.text(), /m=audio/);
    await drop(new URL(response.headers.get('location')!, server.url).href);
  });

  it('is refused when it is no offer at all, or when there is nothing to watch', async () => {
    await assertProblem(await post(server, 'hello'), 400, 'invalid-sdp');
    await assertProblem(await post(server, offer.replaceAll('a=ice-pwd', 'a=x')), 400, 'invalid-sdp');
    const elsewhere = await fetch(`${server.url}/whep/unknown`, {
      method: 'POST',
      headers: { 'content-type': SDP },
      body: offer.replaceAll('H264', 'VP8'),
    });
    await assertProblem(elsewhere, 404, 'not-found');
  });

  it('becomes a session by the answer to ours, which is taken once', async () => {
    const before = { ...server.whep.stats };
    const { sdp, address, etag } = await counter();
    const peer = await answerTo(sdp);
    const answered = await patch(address, peer.answer, { 'if-match': etag });
    assert.deepEqual([answered.status, await answered.text()], [204, '']);
    await peer.opened;
    await settled(() => server.stream.readers === 1, 'it reads the stream');
    await assertProblem(await patch(address, peer.answer), 409, 'answer-unexpected');
    assert.deepEqual(server.whep.stats, { ...before, countered: before.countered + 1 });
    await drop(address);
  });

  it('an answer needs no If-Match, candidates after it do', async () => {
    const { sdp, address, etag } = await counter();
    const peer = await answerTo(sdp);
    await assertProblem(await patch(address, peer.answer, { 'if-match': '"other"' }), 412, 'etag-mismatch');
    assert.equal((await patch(address, peer.answer)).status, 204);
    await peer.opened;
    const { iceUfrag, icePwd } = peer.parameters;
    const fragment = `a=ice-ufrag:${iceUfrag}\r\na=ice-pwd:${icePwd}\r\n`;
    const trickle = { 'content-type': FRAGMENT, 'if-match': etag };
    assert.equal((await patch(address, fragment, trickle)).status, 204);
    await assertProblem(
      await patch(address, fragment.replace(iceUfrag, 'another'), trickle),
      422,
      'trickle-malformed',
    );
    await drop(address);
  });

  it('candidates before the answer are refused, and so is an answer that is none', async () => {
    const { sdp, address, etag } = await counter();
    const { answer } = await answerTo(sdp);
    const fragment = 'a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n';
    const trickled = await patch(address, fragment, { 'content-type': FRAGMENT, 'if-match': etag });
    await assertProblem(trickled, 409, 'answer-missing');
    await assertProblem(await patch(address, 'hello'), 400, 'invalid-sdp');
    await assertProblem(await patch(address, offer), 400, 'invalid-sdp');
    await assertProblem(await patch(address, answer.replace(/a=ice-pwd.*\r\n/g, '')), 400, 'invalid-sdp');
    await assertProblem(
      await patch(address, answer.replace(/m=video \d+/, 'm=video 0')),
      406,
      'picture-missing',
    );
    await assertProblem(await patch(address, answer + 'a=x\r\n'.repeat(20_000)), 413, 'too-large');
    assert.equal((await patch(address, answer)).status, 204, 'none of that ended the session');
    await drop(address);
  });

  it('is forgotten when nobody answers ours in time', async () => {
    const { address, sdp } = await counter();
    const { answer } = await answerTo(sdp);
    clock.advance(RTC_CONNECT_TIMEOUT_MS);
    await assertProblem(await patch(address, answer), 404, 'not-found');
  });

  it('an answer to an offer that was answered is refused', async () => {
    const response = await post(server, offer);
    assert.equal(response.status, 201);
    const address = new URL(response.headers.get('location')!, server.url).href;
    await assertProblem(await patch(address, offer), 409, 'answer-unexpected');
    await drop(address);
  });

  it('says at its address what may be sent there', async () => {
    const { address } = await counter();
    const { headers } = await fetch(address, { method: 'OPTIONS' });
    assert.equal(headers.get('accept-patch'), `${SDP}, ${FRAGMENT}`);
    assert.match(headers.get('access-control-allow-headers')!, /Content-Type, If-Match/);
    await drop(address);
  });
});

describe('many WHEP offers that cannot be answered', () => {
  it('are limited like others, count as sessions, and are over with the server', async () => {
    const server = await startWebrtcServer();
    try {
      const empty = 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n';
      // All at once: the allowance grows while it is used up.
      const answers = await Promise.all(
        Array.from({ length: 2 * WHEP_OFFERS.burst }, () => post(server, empty)),
      );
      const countered = answers.filter(({ status }) => status === 406).length;
      assert.ok(countered >= WHEP_OFFERS.burst, `${countered}`);
      const refused = answers.find(({ status }) => status !== 406)!;
      await assertProblem(refused, 429, 'too-many-requests');
      assert.ok(server.whep.sessions > 0);
      assert.equal(server.whep.sessions, server.rtc.openTransports);
      server.whep.close();
      assert.deepEqual([server.whep.sessions, server.rtc.openTransports], [0, 0]);
    } finally {
      await server.close();
    }
  });
});

describe('Chromium that offered no H.264', () => {
  let server: WebrtcServer;
  let browser: Browser;

  before(async () => {
    server = await startWebrtcServer();
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('plays what our offer brings, with sound, retransmissions and an estimate', async () => {
    const broadcaster = await browser.newPage();
    await broadcaster.goto(server.url);
    await broadcaster.evaluate(publish, [`/whip/${TEST_BROADCAST}`, TEST_TOKEN] as const);
    await settled(() => server.stream.stats.keyframes > 0, 'a key frame');
    const viewer = await browser.newPage();
    await viewer.goto(server.url);
    const { answer, firstFrameMs } = await viewer.evaluate(watchCountered, `/whep/${TEST_BROADCAST}`);
    console.log(`from our offer to the first frame: ${Math.round(firstFrameMs)} ms`);
    assert.match(answer, /a=rtcp-fb:96 nack pli/);
    assert.match(answer, /a=rtcp-fb:96 goog-remb/);
    assert.match(answer, /a=fmtp:97 apt=96/);
    await viewer.waitForFunction(isPlaying, undefined, { polling: 100 });
    assert.equal(server.whep.sessions, 1);
    await viewer.evaluate(() => (window as unknown as Watching).viewer.close());
    await settled(() => server.whep.sessions === 0, 'the session is gone');
  });
});

interface Watching {
  viewer: RTCPeerConnection;
}

/** Runs in the page. */
async function publish([path, token]: readonly [string, string]): Promise<void> {
  const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  pc.addTransceiver(media.getAudioTracks()[0]!, { direction: 'sendonly' });
  pc.addTransceiver(media.getVideoTracks()[0]!, { direction: 'sendonly' });
  await pc.setLocalDescription();
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}` },
    body: pc.localDescription!.sdp,
  });
  if (response.status !== 201) throw new Error(await response.text());
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
}

/** Runs in the page. */
async function watchCountered(path: string): Promise<{ answer: string; firstFrameMs: number }> {
  const send = (method: string, address: string, body: string) =>
    fetch(address, { method, headers: { 'content-type': 'application/sdp' }, body });
  const refused = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  refused.addTransceiver('audio', { direction: 'recvonly' });
  const { codecs } = RTCRtpReceiver.getCapabilities('video')!;
  refused
    .addTransceiver('video', { direction: 'recvonly' })
    .setCodecPreferences(codecs.filter(codec => codec.mimeType === 'video/VP8'));
  await refused.setLocalDescription();
  const response = await send('POST', path, refused.localDescription!.sdp);
  refused.close();
  if (response.status !== 406) throw new Error(`${response.status}`);
  const startMs = performance.now();
  const viewer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  (window as unknown as Watching).viewer = viewer;
  const media = new MediaStream();
  const video = Object.assign(document.createElement('video'), { autoplay: true, srcObject: media });
  document.body.append(video);
  viewer.ontrack = ({ track }) => media.addTrack(track);
  await viewer.setRemoteDescription({ type: 'offer', sdp: await response.text() });
  await viewer.setLocalDescription();
  const answer = viewer.localDescription!.sdp;
  const answered = await send('PATCH', response.headers.get('location')!, answer);
  if (answered.status !== 204) throw new Error(await answered.text());
  await new Promise(resolve => video.requestVideoFrameCallback(resolve));
  return { answer, firstFrameMs: performance.now() - startMs };
}

/** Runs in the page: whether pictures go on and there is sound. */
async function isPlaying(): Promise<boolean> {
  const found = { frames: 0, energy: 0 };
  const reports = await (window as unknown as Watching).viewer.getStats();
  for (const report of reports.values()) {
    if (report.type !== 'inbound-rtp') continue;
    if (report.kind === 'audio') found.energy = report.totalAudioEnergy;
    else found.frames = report.framesDecoded;
  }
  return found.frames > 30 && found.energy > 0;
}
