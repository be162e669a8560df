import { h264First } from '../player/codecs.ts';
import { deleteResource, ExchangeRefused, exchangeSdp, type MediaResource } from '../player/sdp-exchange.ts';
import { sampleOf, type UplinkHealth, UplinkJudge } from './uplink-health.ts';

export const VIDEO_BPS_MAX = 2_500_000;
export const AUDIO_BPS_MAX = 96_000;
const CONNECT_TIMEOUT_MS = 8_000;
/** `disconnected` often heals by itself; after this long a new session is quicker. */
const DISCONNECTED_PATIENCE_MS = 2_500;
const RECONNECT_FOR_MS = 120_000;
const BACKOFF_MS = [0, 500, 1_000, 2_000, 4_000] as const;
/** An offer older than this may name a network that one has left meanwhile. */
const OFFER_FRESH_MS = 30_000;
const HEALTH_INTERVAL_MS = 2_000;

export type WhipState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'failed' | 'stopped';
/** `over`: the server ended it. `refused`: the server will never take it. `unreachable`: nobody answered for two minutes. */
export type WhipFailure = 'over' | 'refused' | 'unreachable';

export interface WhipEvents {
  state(state: WhipState, failure?: WhipFailure): void;
  health(health: UplinkHealth): void;
}

export interface WhipTarget {
  readonly whipUrl: string;
  readonly publishToken: string;
}

/**
 * Publishes a camera by WHIP (RFC 9725). The offer is made ahead of the tap (`prepare`), sent at once, and a lost connection
 * becomes a new session with the same token, while the camera keeps running.
 */
export class WhipClient {
  readonly #tracks = new Map<'video' | 'audio', MediaStreamTrack>();
  readonly #events: WhipEvents;
  readonly #abort = new AbortController();
  #state: WhipState = 'idle';
  #target: WhipTarget | null = null;
  #pc: Promise<RTCPeerConnection> | null = null;
  #current: RTCPeerConnection | null = null;
  #preparedAt = 0;
  #resource: MediaResource | null = null;
  #judge = new UplinkJudge();
  #healthTimer: ReturnType<typeof setInterval> | undefined;

  constructor(stream: MediaStream, events: WhipEvents) {
    for (const track of stream.getTracks()) this.#tracks.set(kindOf(track), track);
    this.#events = events;
  }

  get state(): WhipState {
    return this.#state;
  }

  /** Makes the offer before it is needed, so that the tap only pays for the exchange. */
  prepare(): void {
    if (this.#pc !== null && performance.now() - this.#preparedAt > OFFER_FRESH_MS) this.#discard();
    if (this.#pc !== null) return;
    this.#preparedAt = performance.now();
    this.#pc = offering(this.#tracks);
    this.#pc.catch(() => undefined);
  }

  /** Goes on air, and stays there until `stop` or a failure. Never rejects: what happens is said by `state`. */
  async publish(target: WhipTarget): Promise<void> {
    this.#target = target;
    this.#setState('connecting');
    await this.#connect(performance.now() + RECONNECT_FOR_MS);
  }

  /** Swaps camera or microphone on air, without a new offer. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    this.#tracks.set(kindOf(track), track);
    const pc = await this.#pc;
    const sender = pc?.getTransceivers().find(({ receiver }) => receiver.track.kind === track.kind)?.sender;
    await sender?.replaceTrack(track);
  }

  /** The server says that it has lost us, which it often knows first: a new session, at once. */
  renew(): void {
    if (this.#current !== null) this.#lost(this.#current);
  }

  /** `sessionOver`: the server has ended its side already. */
  async stop(sessionOver = false): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#finish('stopped');
    const resource = this.#resource;
    if (resource !== null && !sessionOver)
      await deleteResource(resource.location, this.#target?.publishToken);
  }

  async #connect(untilMs: number): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      await pause(BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]!, this.#abort.signal);
      if (this.#abort.signal.aborted) return;
      try {
        return await this.#session();
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        const failure = failureOf(error);
        if (failure !== 'unreachable' || performance.now() > untilMs) return this.#finish('failed', failure);
        this.#discard();
        this.#setState('reconnecting');
      }
    }
  }

  async #session(): Promise<void> {
    const target = this.#target!;
    this.prepare();
    const pc = await this.#pc!;
    const { signal } = this.#abort;
    const resource = await exchangeSdp(target.whipUrl, pc.localDescription?.sdp ?? '', {
      token: target.publishToken,
      signal,
    });
    this.#resource = resource;
    if (signal.aborted) return void deleteResource(resource.location, target.publishToken);
    await pc.setRemoteDescription({ type: 'answer', sdp: resource.answer });
    await connected(pc, signal);
    this.#current = pc;
    this.#watch(pc);
    this.#setState('live');
  }

  #watch(pc: RTCPeerConnection): void {
    this.#judge = new UplinkJudge();
    clearInterval(this.#healthTimer);
    this.#healthTimer = setInterval(() => void this.#sample(pc), HEALTH_INTERVAL_MS);
    let patience: ReturnType<typeof setTimeout> | undefined;
    pc.addEventListener('connectionstatechange', () => {
      if (this.#current !== pc) return;
      clearTimeout(patience);
      if (pc.connectionState === 'connected') this.#setState('live');
      else if (pc.connectionState === 'disconnected') {
        this.#setState('reconnecting');
        patience = setTimeout(() => this.#lost(pc), DISCONNECTED_PATIENCE_MS);
      } else if (pc.connectionState !== 'connecting') this.#lost(pc);
    });
  }

  #lost(pc: RTCPeerConnection): void {
    if (this.#current !== pc || this.#abort.signal.aborted) return;
    this.#discard();
    this.#setState('reconnecting');
    void this.#connect(performance.now() + RECONNECT_FOR_MS);
  }

  async #sample(pc: RTCPeerConnection): Promise<void> {
    const sample = sampleOf(await pc.getStats());
    if (sample !== null && this.#current === pc) this.#events.health(this.#judge.judge(sample));
  }

  #discard(): void {
    clearInterval(this.#healthTimer);
    const old = this.#pc;
    this.#current = null;
    this.#pc = null;
    void old?.then(pc => pc.close()).catch(() => undefined);
  }

  #finish(state: 'failed' | 'stopped', failure?: WhipFailure): void {
    this.#abort.abort();
    this.#discard();
    this.#setState(state, failure);
  }

  #setState(state: WhipState, failure?: WhipFailure): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.state(state, failure);
  }
}

async function offering(
  tracks: ReadonlyMap<'video' | 'audio', MediaStreamTrack>,
): Promise<RTCPeerConnection> {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const video = pc.addTransceiver(tracks.get('video') ?? 'video', {
    direction: 'sendonly',
    sendEncodings: [{ maxBitrate: VIDEO_BPS_MAX }],
  });
  const codecs = h264First('sender');
  if (codecs !== null) video.setCodecPreferences?.(codecs);
  pc.addTransceiver(tracks.get('audio') ?? 'audio', {
    direction: 'sendonly',
    sendEncodings: [{ maxBitrate: AUDIO_BPS_MAX }],
  });
  await keepResolution(video.sender);
  await pc.setLocalDescription();
  return pc;
}

/** A changing resolution costs HLS an init segment and a discontinuity; fewer frames for a moment cost nothing. */
async function keepResolution(sender: RTCRtpSender): Promise<void> {
  try {
    await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
  } catch {
    // A wish, not a need: Firefox has no such parameter.
  }
}

function connected(pc: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('No connection in time')), CONNECT_TIMEOUT_MS);
  const look = () => {
    if (pc.connectionState === 'connected') resolve();
    if (pc.connectionState === 'failed' || pc.connectionState === 'closed')
      reject(new Error('No connection'));
  };
  pc.addEventListener('connectionstatechange', look);
  signal.addEventListener('abort', () => reject(new Error('Stopped')), { once: true });
  look();
  return promise.finally(() => {
    clearTimeout(timer);
    pc.removeEventListener('connectionstatechange', look);
  });
}

function failureOf(error: unknown): WhipFailure {
  if (!(error instanceof ExchangeRefused)) return 'unreachable';
  if (error.code === 'broadcast-over' || error.status === 410 || error.status === 404) return 'over';
  // The server has not noticed yet that the last session is gone, or is starting, or wants a rest.
  const passing = error.code === 'already-publishing' || error.status === 429 || error.status >= 500;
  return passing ? 'unreachable' : 'refused';
}

function kindOf(track: MediaStreamTrack): 'video' | 'audio' {
  return track.kind === 'audio' ? 'audio' : 'video';
}

/** Waits, at most until the network says that it is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => {
    clearTimeout(timer);
    globalThis.removeEventListener('online', done);
    signal.removeEventListener('abort', done);
    resolve();
  };
  const timer = setTimeout(done, ms);
  globalThis.addEventListener('online', done);
  signal.addEventListener('abort', done);
  return promise;
}
