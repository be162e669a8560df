import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { default as HlsPlayer } from 'hls.js';
import type { Browser } from 'playwright-core';
import type { VideoUnit } from '#media/unit.ts';
import { requireBackend } from '#tests/support/backend.ts';
import { decodedPictures, unitsOf } from '#tests/support/bitstream.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { HlsRig } from '#tests/support/hls-rig.ts';
import { videoTrack } from '#tests/support/media.ts';

/** Its picture set changes in the middle of the first group, and is what it was with the next key frame. 30 a second. */
const file = path.join(import.meta.dirname, '../fixtures/pps-between-keyframes.264');
let units: readonly VideoUnit[];
let rig: HlsRig;
let browser: Browser;

before(async () => {
  units = unitsOf(await readFile(file), 30);
  rig = await HlsRig.open([videoTrack], { 'hls.js': 'hls.js/dist/hls.min.js' });
  browser = await openBrowser();
  for (const unit of units) rig.packager.unit(videoTrack, unit);
  await rig.packager.finish();
});

after(async () => {
  await browser?.close();
  await rig?.close();
});

for (const form of ['what was live', 'the replay'])
  test(`a picture set that changes between key frames is applied in ${form}`, async t => {
    if (form === 'the replay') await rig.archive();
    const page = await browser.newPage();
    await page.goto(rig.origin);
    const wrong = await page.evaluate(comparePictures, {
      url: rig.url,
      pictures: units.map(({ key, nals }) => ({ key, bytes: Buffer.from(annexB(nals)).toString('base64') })),
    });
    await page.close();
    assert.equal(wrong.compared, units.length, 'every picture was seen');
    assert.ok(wrong.worst < 0.7, `a picture is ${wrong.worst} off at ${wrong.worstAt} s`);
    if (!requireBackend(t, 'ffmpeg')) return;
    assert.deepEqual(await decodedPictures(rig.url), await decodedPictures(file));
  });

function annexB(nals: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(nals.flatMap(nal => [Uint8Array.of(0, 0, 0, 1), nal]));
}

interface Given {
  readonly url: string;
  readonly pictures: readonly { readonly key: boolean; readonly bytes: string }[];
}

/** Runs in the page: steps through what hls.js plays, beside what the same browser's decoder makes of the stream as it was sent. */
async function comparePictures({ url, pictures }: Given) {
  const small = { width: 160, height: 90 };
  const canvas = new OffscreenCanvas(small.width, small.height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const pixelsOf = (image: CanvasImageSource) => {
    context.drawImage(image, 0, 0, small.width, small.height);
    return context.getImageData(0, 0, small.width, small.height).data;
  };
  const NEAR = 2;
  const differenceOf = (a: Uint8ClampedArray, b: Uint8ClampedArray) => {
    let sum = 0;
    for (let p = 0; p < a.length; p++) sum += Math.abs(a[p]! - b[p]!);
    return sum / a.length;
  };
  const sent: Uint8ClampedArray[] = [];
  const decoder = new VideoDecoder({
    output: frame => {
      sent.push(pixelsOf(frame));
      frame.close();
    },
    error: cause => {
      throw cause;
    },
  });
  decoder.configure({ codec: 'avc1.42c01e', optimizeForLatency: true });
  pictures.forEach(({ key, bytes }, i) => {
    const data = Uint8Array.from(atob(bytes), character => character.charCodeAt(0));
    decoder.decode(new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp: i, data }));
  });
  await decoder.flush();

  const Hls = (globalThis as unknown as { Hls: typeof HlsPlayer }).Hls;
  const video = document.querySelector('video')!;
  video.autoplay = false;
  // Parts are for those who are live.
  const player = new Hls({ startPosition: 0, lowLatencyMode: false });
  const buffered = new Promise<void>(resolve => player.on(Hls.Events.BUFFERED_TO_END, () => resolve()));
  player.loadSource(url);
  player.attachMedia(video);
  await buffered;
  const seen = new Map<number, number>();
  for (let i = 0; i < pictures.length; i++) {
    const shown = new Promise(resolve => video.addEventListener('seeked', resolve, { once: true }));
    video.currentTime = (i + 0.5) / 30;
    await shown;
    const pixels = pixelsOf(video);
    // A seek may end a picture early or late: what is shown is one of those that were sent.
    const near = sent.slice(Math.max(i - NEAR, 0), i + NEAR + 1);
    seen.set(i, Math.min(...near.map(picture => differenceOf(picture, pixels))));
  }
  const [worstAt, worst] = [...seen].toSorted((a, b) => b[1] - a[1])[0]!;
  return { compared: seen.size, worst, worstAt: worstAt / 30 };
}
