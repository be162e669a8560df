import type { Playback, PlaybackEvents, PlaybackFailure } from './playback.ts';
import { ExchangeRefused, type MediaResource } from './sdp-exchange.ts';
import { takeJoin, type WhepJoin } from './whep-join.ts';

/** From the answer to a connected transport. */
const CONNECT_TIMEOUT_MS = 4_000;
/** From the connected transport to a picture. */
const FIRST_FRAME_TIMEOUT_MS = 5_000;
/** Without a new picture for this long it stalls. */
const STALL_MS = 1_500;
const WATCH_INTERVAL_MS = 500;

export interface WhepOptions {
  readonly url: string;
  readonly video: HTMLVideoElement;
  /** The broadcast's epoch in ms of the server's clock; null until known. */
  readonly startedAtMs: () => number | null;
  readonly events: PlaybackEvents;
}

/** Watches by WebRTC (draft-ietf-wish-whep). */
export class WhepClient implements Playback {
  readonly mode = 'whep';
  readonly #options: WhepOptions;
  readonly #abort = new AbortController();
  #join: WhepJoin | null = null;
  #resource: MediaResource | null = null;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #video: HTMLVideoElement;
  #events: PlaybackEvents;
  #frameCallback = 0;
  #lastFrameAt: number | null = null;
  #stalled = false;
  #soundPackets = 0;

  constructor(options: WhepOptions) {
    this.#options = options;
    this.#video = options.video;
    this.#events = options.events;
    if (typeof RTCPeerConnection === 'undefined') {
      queueMicrotask(() => this.#fail('unavailable'));
      return;
    }
    void this.#take(takeJoin(options.url)).catch((error: unknown) =>
      this.#fail(failureOf(error), retryAfterOf(error), codeOf(error)),
    );
  }

  mediaTimeMs(): number | null {
    const startedAtMs = this.#options.startedAtMs();
    if (this.#lastFrameAt === null || startedAtMs === null) return null;
    return Math.max(0, Date.now() + (this.#resource?.clockOffsetMs ?? 0) - startedAtMs);
  }

  latencyS(): number | null {
    return null;
  }

  close(sessionOver = false): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    clearTimeout(this.#deadline);
    clearInterval(this.#watch);
    const video = this.#video;
    video.cancelVideoFrameCallback?.(this.#frameCallback);
    this.#join?.close(sessionOver);
    if (video.srcObject === this.#join?.media) video.srcObject = null;
  }

  /** Takes the pictures to another element, where the next one is a first one again. */
  moveTo(video: HTMLVideoElement, events: PlaybackEvents): void {
    const old = this.#video;
    old.cancelVideoFrameCallback?.(this.#frameCallback);
    clearInterval(this.#watch);
    this.#video = video;
    this.#events = events;
    this.#lastFrameAt = null;
    this.#stalled = false;
    video.srcObject = old.srcObject;
    old.srcObject = null;
    this.#expect(FIRST_FRAME_TIMEOUT_MS);
    this.#nextFrame();
  }

  async #take(join: WhepJoin): Promise<void> {
    this.#join = join;
    const { pc, media, resource } = join;
    pc.addEventListener('connectionstatechange', () => this.#connectionChanged(pc));
    this.#resource = await resource;
    if (this.#abort.signal.aborted) return;
    this.#expect(CONNECT_TIMEOUT_MS);
    this.#connectionChanged(pc);
    this.#video.srcObject = media;
    this.#nextFrame();
  }

  #connectionChanged(pc: RTCPeerConnection): void {
    if (pc.connectionState === 'connected' && this.#lastFrameAt === null)
      this.#expect(FIRST_FRAME_TIMEOUT_MS);
    if (pc.connectionState === 'failed' || pc.connectionState === 'closed') {
      this.#fail(this.#lastFrameAt === null ? 'unavailable' : 'lost');
    }
  }

  #expect(withinMs: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      // A hidden page draws no frames to wait for.
      if (document.hidden && this.#join?.pc.connectionState === 'connected') this.#expect(withinMs);
      else this.#fail('unavailable');
    }, withinMs);
  }

  #nextFrame(): void {
    const video = this.#video;
    const shown = () => {
      if (this.#abort.signal.aborted) return;
      if (this.#lastFrameAt === null) this.#firstFrame();
      this.#lastFrameAt = performance.now();
      this.#setStalled(false);
      this.#nextFrame();
    };
    if ('requestVideoFrameCallback' in video) this.#frameCallback = video.requestVideoFrameCallback(shown);
    else (video as HTMLVideoElement).addEventListener('timeupdate', shown, { once: true });
  }

  #firstFrame(): void {
    clearTimeout(this.#deadline);
    this.#watch = setInterval(() => this.#checkFlow(), WATCH_INTERVAL_MS);
    this.#events.firstFrame();
  }

  #checkFlow(): void {
    // A hidden page and a paused element draw nothing although pictures arrive.
    if (document.hidden || this.#video.paused || this.#lastFrameAt === null) {
      this.#lastFrameAt = performance.now();
      return;
    }
    const silentMs = performance.now() - this.#lastFrameAt;
    if (silentMs <= STALL_MS) return;
    this.#setStalled(true);
    void this.#listen();
  }

  /** Without pictures, sound may still come. */
  async #listen(): Promise<void> {
    const packets = soundPackets(await this.#join!.pc.getStats());
    const sounds = packets > this.#soundPackets && this.#soundPackets > 0;
    this.#soundPackets = packets;
    if (sounds && this.#stalled && !this.#abort.signal.aborted) this.#events.soundOnly?.();
  }

  #setStalled(stalled: boolean): void {
    if (stalled === this.#stalled) return;
    this.#stalled = stalled;
    this.#events.stalled(stalled);
  }

  #fail(reason: PlaybackFailure, notBeforeMs = 0, code: string | null = null): void {
    if (this.#abort.signal.aborted) return;
    clearTimeout(this.#deadline);
    clearInterval(this.#watch);
    this.#events.failed(reason, notBeforeMs, code);
  }
}

function soundPackets(report: RTCStatsReport): number {
  for (const stats of report.values())
    if (stats.type === 'inbound-rtp' && stats.kind === 'audio') return stats.packetsReceived ?? 0;
  return 0;
}

function failureOf(error: unknown): PlaybackFailure {
  if (!(error instanceof ExchangeRefused)) return 'unavailable';
  if (error.code === 'not-live') return 'not-live';
  return error.code === 'broadcast-over' || error.status === 410 ? 'over' : 'unavailable';
}

const codeOf = (error: unknown): string | null => (error instanceof ExchangeRefused ? error.code : null);

function retryAfterOf(error: unknown): number {
  return error instanceof ExchangeRefused ? error.retryAfterMs : 0;
}
