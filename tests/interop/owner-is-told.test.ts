import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser } from '#tests/support/browser.ts';
import { B_FRAMES_FILE, type FilmPicture, readFilm } from '#tests/support/film.ts';
import { OddPublisher } from '#tests/support/odd-publisher.ts';
import { openPerson, type Person, signUp } from '#tests/support/people.ts';
import { openRtcPeer, type RtcPeer } from '#tests/support/rtc-peer.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';

const NO_PICTURE = 'No picture that can be decoded has come yet';
const NONE_OF_THE_NEXT = 'An encoder wants to take over, and no picture';
const B_FRAMES = 'Your encoder sends B-frames';
const FPS = 24;

interface Target {
  readonly postId: string;
  readonly whipUrl: string;
  readonly publishToken: string;
}

/** An encoder that answers no PLI and sends B-frames: a film, over and over. */
class Encoder {
  sendsKeyFrames = false;
  readonly #peer: RtcPeer;
  readonly #film: readonly FilmPicture[];
  readonly #timer: NodeJS.Timeout;
  #pictures = 0;

  static async connect(origin: string, { whipUrl, publishToken }: Target): Promise<Encoder> {
    const film = await readFilm(B_FRAMES_FILE);
    const peer = await openRtcPeer({ direction: 'sendonly', kinds: ['video', 'audio'] });
    const response = await fetch(new URL(whipUrl, origin), {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${publishToken}` },
      body: peer.offer,
    });
    assert.equal(response.status, 201);
    peer.answer(await response.text());
    await peer.opened;
    return new Encoder(peer, film);
  }

  private constructor(peer: RtcPeer, film: readonly FilmPicture[]) {
    this.#peer = peer;
    this.#film = film;
    const publisher = new OddPublisher(bytes => void peer.send('video', bytes));
    this.#timer = setInterval(() => this.#shoot(publisher), 1000 / FPS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#peer.close();
  }

  #shoot(publisher: OddPublisher): void {
    const i = this.#pictures++;
    const { pts, key, nals } = this.#film[i % this.#film.length]!;
    const turn = Math.floor(i / this.#film.length) * this.#film.length;
    if (!key || this.sendsKeyFrames) publisher.nals(pts + (turn * 90_000) / FPS, nals);
  }
}

describe('the owner of a broadcast is told what its pictures lack', () => {
  let browser: Browser;
  let server: TestServer;
  let ana: Person;
  let target: Target;
  let encoder: Encoder | null = null;

  before(async () => {
    browser = await openBrowser();
    server = await startTestServer();
    ana = await openPerson(browser, server.url, 'ana');
    await signUp(ana);
  });
  after(async () => {
    encoder?.close();
    await ana?.context.close();
    await server?.close();
    await browser?.close();
  });

  it('before it is live: no picture has come', async () => {
    const { page } = ana;
    await page.addInitScript(holdPicturesBack);
    await page.goto('/go-live');
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await page.getByRole('button', { name: 'Go Live' }).click();
    await page.getByRole('status').filter({ hasText: NO_PICTURE }).waitFor();
    await page.evaluate(() => (window as unknown as Held).release());
    await page.getByRole('button', { name: 'End' }).waitFor();
    assert.equal(await page.getByText(NO_PICTURE).count(), 0);
  });

  it('while it is live: none comes from the encoder that shall take over', async () => {
    const { page } = ana;
    target = await page.evaluate(() => JSON.parse(sessionStorage.getItem('skylark.on-air')!));
    encoder = await Encoder.connect(server.url, target);
    await page.getByRole('status').filter({ hasText: NONE_OF_THE_NEXT }).waitFor();
    assert.equal(await page.getByText('Another device took over').count(), 0);
  });

  it('when an encoder has taken over: it sends B-frames, until that is put away', async () => {
    const { page } = ana;
    encoder!.sendsKeyFrames = true;
    await page.getByText('Another device took over').waitFor();
    await page.getByRole('status').filter({ hasText: B_FRAMES }).waitFor();
    assert.equal(await page.getByText(NONE_OF_THE_NEXT).count(), 0);
    await page.getByRole('button', { name: 'Put this away' }).click();
    await page.getByText(B_FRAMES).waitFor({ state: 'detached' });
  });

  it('and in the page of the broadcast, which says so to nobody else', async () => {
    const [own, other] = [await ana.context.newPage(), await (await browser.newContext()).newPage()];
    await Promise.all([own, other].map(page => page.goto(`${server.url}/p/${target.postId}`)));
    await own.getByRole('status').filter({ hasText: B_FRAMES }).waitFor();
    await other.locator('.watch-viewers').waitFor();
    await other.locator('video[data-player][data-mode="hls"][data-state="playing"]').waitFor();
    assert.equal(await other.getByText(B_FRAMES).count(), 0);
    assert.deepEqual(ana.complaints, []);
    await other.context().close();
  });
});

interface Held {
  release(): void;
}

/** Runs in the page: sound goes out from the start, pictures only when `release` is called. */
function holdPicturesBack(): void {
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  const original = setRemoteDescription as (answer: RTCSessionDescriptionInit) => Promise<void>;
  RTCPeerConnection.prototype.setRemoteDescription = async function (answer: RTCSessionDescriptionInit) {
    const video = this.getSenders().find(sender => sender.track?.kind === 'video');
    const track = video?.track ?? null;
    await video?.replaceTrack(null);
    (window as unknown as Held).release = () => {
      RTCPeerConnection.prototype.setRemoteDescription = setRemoteDescription;
      void video?.replaceTrack(track);
    };
    await original.call(this, answer);
  };
}
