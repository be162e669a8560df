import type { JSHandle, Page } from 'playwright-core';

interface Kept {
  publisher: RTCPeerConnection;
}

export interface PageOffer {
  readonly url: string;
  readonly token: string;
  readonly media: JSHandle<MediaStream>;
  /** Simulcast layers; one encoding without them. */
  readonly encodings?: RTCRtpEncodingParameters[];
  readonly ifMatch?: string;
}

export interface PageSession {
  readonly answer: string;
  readonly etag: string;
  /** When the offer was sent, milliseconds since the Unix epoch. */
  readonly postedAt: number;
}

/** The (fake) camera and microphone of a page. */
export function openCamera(page: Page, video: MediaTrackConstraints): Promise<JSHandle<MediaStream>> {
  return page.evaluateHandle(video => navigator.mediaDevices.getUserMedia({ video, audio: true }), video);
}

/** Publishes by WHIP from a page, where the connection stays as `window.publisher`. */
export function publishFromPage(page: Page, offer: PageOffer): Promise<PageSession> {
  return page.evaluate(publish, offer);
}

/** Runs in the page. */
async function publish(offer: Omit<PageOffer, 'media'> & { media: MediaStream }): Promise<PageSession> {
  const { url, token, media, encodings, ifMatch } = offer;
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  (window as unknown as Kept).publisher = pc;
  pc.addTransceiver(media.getAudioTracks()[0]!, { direction: 'sendonly' });
  const video = pc.addTransceiver(media.getVideoTracks()[0]!, {
    direction: 'sendonly',
    ...(encodings && { sendEncodings: encodings }),
  });
  if (encodings) {
    const parameters = video.sender.getParameters();
    await video.sender.setParameters({ ...parameters, degradationPreference: 'maintain-resolution' });
  }
  const { codecs } = RTCRtpSender.getCapabilities('video')!;
  video.setCodecPreferences(codecs.filter(codec => /h264|rtx/i.test(codec.mimeType)));
  await pc.setLocalDescription();
  const postedAt = Date.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/sdp',
      authorization: `Bearer ${token}`,
      ...(ifMatch && { 'if-match': ifMatch }),
    },
    body: pc.localDescription!.sdp,
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${answer}`);
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  return { answer, etag: response.headers.get('etag')!, postedAt };
}
