import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { publishFromPage } from '#tests/support/page-whip.ts';
import { settled } from '#tests/support/settled.ts';
import {
  startWebrtcServer,
  TEST_BROADCAST,
  TEST_TOKEN,
  type WebrtcServer,
} from '#tests/support/webrtc-server.ts';
import { withStereo } from '#web/player/stereo.ts';

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

test('what is sent on the left alone is heard on the left alone', async () => {
  const broadcaster = await browser.newPage();
  await broadcaster.goto(server.url);
  const media = await broadcaster.evaluateHandle(leftTone);
  // A studio of its own: ours sends what the browser gives.
  await broadcaster.evaluate(askForStereo, withStereo.toString());
  await publishFromPage(broadcaster, { url: `/whip/${TEST_BROADCAST}`, token: TEST_TOKEN, media });
  await settled(() => server.stream.stats.keyframes > 0, 'a key frame');
  const viewer = await browser.newPage();
  await viewer.goto(server.url);
  const heard = await viewer.evaluate(listen, {
    url: `/whep/${TEST_BROADCAST}`,
    withStereo: withStereo.toString(),
  });
  assert.ok(heard.left > 0.02, `the left is heard: ${heard.left}`);
  assert.ok(heard.right < heard.left / 10, `on the right is ${heard.right} of ${heard.left}`);
});

/** Runs in the page: a tone on the left, silence on the right, and a picture. */
async function leftTone(): Promise<MediaStream> {
  const audio = new AudioContext();
  await audio.resume();
  const merger = new ChannelMergerNode(audio, { numberOfInputs: 2 });
  const tone = new OscillatorNode(audio, { frequency: 500 });
  tone.connect(merger, 0, 0);
  const sink = new MediaStreamAudioDestinationNode(audio, { channelCount: 2 });
  merger.connect(sink);
  tone.start();
  const { video } = { video: { width: 320, height: 180, frameRate: 15 } };
  const camera = await navigator.mediaDevices.getUserMedia({ video });
  return new MediaStream([...camera.getVideoTracks(), ...sink.stream.getAudioTracks()]);
}

/** Runs in the page: whatever it sends from now on is in stereo where the other side takes it. */
function askForStereo(text: string): void {
  const withStereo = new Function(`return ${text}`)() as (sdp: string) => string;
  const apply = RTCPeerConnection.prototype.setRemoteDescription;
  const post = window.fetch;
  window.fetch = (url, init) =>
    post(url, typeof init?.body === 'string' ? { ...init, body: withStereo(init.body) } : init);
  RTCPeerConnection.prototype.setRemoteDescription = function (this: RTCPeerConnection, description) {
    const asked = { type: description!.type, sdp: withStereo(description!.sdp ?? '') };
    return Reflect.apply(apply, this, [asked]);
  } as typeof apply;
}

/** Runs in the page: watches as our player does, and measures both channels for a while. */
async function listen(given: { url: string; withStereo: string }) {
  const withStereo = new Function(`return ${given.withStereo}`)() as (sdp: string) => string;
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const media = new MediaStream();
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addEventListener('track', ({ track }) => media.addTrack(track));
  const { type, sdp = '' } = await pc.createOffer();
  await pc.setLocalDescription({ type, sdp: withStereo(sdp) });
  const headers = { 'content-type': 'application/sdp' };
  const response = await fetch(given.url, { method: 'POST', headers, body: pc.localDescription!.sdp });
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = media;
  await video.play();
  const audio = new AudioContext();
  await audio.resume();
  const splitter = new ChannelSplitterNode(audio, { numberOfOutputs: 2 });
  const source = audio.createMediaStreamSource(new MediaStream(media.getAudioTracks()));
  source.connect(splitter);
  const analysers = [0, 1].map(channel => {
    const analyser = new AnalyserNode(audio, { fftSize: 2048 });
    splitter.connect(analyser, channel);
    return analyser;
  });
  const samples = new Float32Array(2048);
  const peaks = [0, 0];
  for (let turn = 0; turn < 400 && (turn < 50 || peaks[0]! < 0.02); turn++) {
    await new Promise(resolve => setTimeout(resolve, 20));
    for (const [i, analyser] of analysers.entries()) {
      analyser.getFloatTimeDomainData(samples);
      const square = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
      peaks[i] = Math.max(peaks[i]!, Math.sqrt(square));
    }
  }
  pc.close();
  return { left: peaks[0]!, right: peaks[1]! };
}
