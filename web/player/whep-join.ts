import { h264First } from './codecs.ts';
import { deleteResource, exchangeSdp, type MediaResource } from './sdp-exchange.ts';
import { withStereo } from './stereo.ts';

/** A join that nobody took by then was of a page that never came. */
const UNTAKEN_MS = 5_000;

/** A WHEP session from its offer on, which is posted at once; the server is reached by the answer's candidates. */
export class WhepJoin {
  readonly pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  readonly media = new MediaStream();
  /** Resolves once the answer is applied; rejects as `exchangeSdp` does, or when it was closed. */
  readonly resource: Promise<MediaResource>;
  readonly #abort = new AbortController();
  #location: string | null = null;

  constructor(url: string) {
    const video = this.pc.addTransceiver('video', { direction: 'recvonly' });
    const codecs = h264First('receiver');
    if (codecs !== null) video.setCodecPreferences?.(codecs);
    this.pc.addTransceiver('audio', { direction: 'recvonly' });
    this.pc.addEventListener('track', ({ track }) => this.media.addTrack(track));
    this.resource = this.#exchange(url);
    // Whoever takes the join hears of it; one that nobody takes fails in silence.
    this.resource.catch(() => undefined);
  }

  /** `sessionOver`: the server has ended its side already. */
  close(sessionOver = false): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.pc.close();
    if (this.#location !== null && !sessionOver) void deleteResource(this.#location);
  }

  async #exchange(url: string): Promise<MediaResource> {
    const { signal } = this.#abort;
    const { type, sdp = '' } = await this.pc.createOffer();
    await this.pc.setLocalDescription({ type, sdp: withStereo(sdp) });
    const resource = await exchangeSdp(url, this.pc.localDescription?.sdp ?? '', { signal });
    this.#location = resource.location;
    if (signal.aborted) void deleteResource(resource.location);
    signal.throwIfAborted();
    await this.pc.setRemoteDescription({ type: 'answer', sdp: resource.answer });
    return resource;
  }
}

let ahead: { readonly url: string; readonly join: WhepJoin; readonly timer: number } | null = null;

/** Joins for a player that is about to be drawn: pictures take as long to come as the page does. */
export function joinAhead(url: string): void {
  if (ahead?.url === url || typeof RTCPeerConnection === 'undefined') return;
  dropAhead();
  ahead = { url, join: new WhepJoin(url), timer: window.setTimeout(dropAhead, UNTAKEN_MS) };
}

/** The join that was begun ahead, or a new one. It belongs to the caller. */
export function takeJoin(url: string): WhepJoin {
  if (ahead?.url !== url) return new WhepJoin(url);
  const { join, timer } = ahead;
  clearTimeout(timer);
  ahead = null;
  return join;
}

function dropAhead(): void {
  if (ahead === null) return;
  clearTimeout(ahead.timer);
  ahead.join.close();
  ahead = null;
}
