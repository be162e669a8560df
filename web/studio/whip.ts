import { deleteResource, ExchangeRefused, exchangeSdp, type MediaResource } from '../player/sdp-exchange.ts';
import { answered, offering } from './connection.ts';
import { sampleOf, type UplinkHealth, UplinkJudge } from './uplink-health.ts';
import { LOOK_EVERY_MS, onNetworkChange, receivedBytes, UplinkLoss } from './uplink-loss.ts';

const RECONNECT_FOR_MS = 120_000;
/** Often at first: a server that starts again is back within a few seconds, and all its viewers wait for this. */
const BACKOFF_MS = [0, 250, 500, 500, 500, 1_000, 1_000, 2_000, 4_000] as const;
/** An offer older than this may name a network that one has left meanwhile. */
const OFFER_FRESH_MS = 30_000;
const HEALTH_INTERVAL_MS = 2_000;
/** The server goes over to a new session with its first key frame; one that is closed before is missed by viewers. */
const HANDOVER_MS = 2_000;
/** Sessions that an offer names as our own. */
const OURS_MAX = 16;
/** As `If-Match`: takes over from whoever publishes. */
const WHICHEVER = '*';

export type WhipState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'taken-over' | 'failed' | 'stopped';
/** `over`: the server ended it. `refused`: the server will never take it. `unreachable`: nobody answered for two minutes. */
export type WhipFailure = 'over' | 'refused' | 'unreachable';

export interface WhipEvents {
  /** `code`: what the server refused with, where it named a reason. */
  state(state: WhipState, failure?: WhipFailure, code?: string | null): void;
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
  /** A connection that fell silent sends on until the next one stands: it may only have been slow. */
  #silent: RTCPeerConnection | null = null;
  #preparedAt = 0;
  #resource: MediaResource | null = null;
  /**
   * Our latest sessions; none while a person wants whichever there is replaced. All are named, since a session follows the one
   * before with its first key frame only: a connection that is lost by then leaves the earlier one in its place.
   */
  #ours: string[] = [];
  /** Ends what is under way with the connection or the attempt of now. */
  #now = new AbortController();

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
    this.#ours = [];
    this.#setState('connecting');
    await this.#connect();
  }

  /** After `taken-over`: the person wants to go on from here. */
  async takeBack(): Promise<void> {
    if (this.#state !== 'taken-over') return;
    this.#ours = [];
    this.#setState('reconnecting');
    await this.#connect();
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

  /** Tries until there is a session; a network that changes is worth another try at once. */
  async #connect(): Promise<void> {
    const untilMs = performance.now() + RECONNECT_FOR_MS;
    for (let attempt = 0; ; attempt += 1) {
      await this.#pause(BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]!);
      if (this.#abort.signal.aborted) return;
      const trying = this.#next();
      const forget = onNetworkChange(() => trying.abort());
      try {
        return await this.#session(AbortSignal.any([this.#abort.signal, trying.signal]));
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        if (isTakenOver(error)) return this.#yield();
        const failure = failureOf(error);
        if (failure !== 'unreachable' || performance.now() > untilMs) {
          this.#finish('failed', failure, codeOf(error));
          return;
        }
        if (trying.signal.aborted) attempt = -1;
        this.#discard();
        this.#setState('reconnecting');
      } finally {
        forget();
      }
    }
  }

  async #session(signal: AbortSignal): Promise<void> {
    const target = this.#target!;
    this.prepare();
    const pc = await this.#pc!;
    const resource = await exchangeSdp(target.whipUrl, pc.localDescription?.sdp ?? '', {
      token: target.publishToken,
      ifMatch: this.#ours.join(', ') || WHICHEVER,
      signal,
    });
    this.#resource = resource;
    if (resource.etag !== null) this.#ours = [...this.#ours, resource.etag].slice(-OURS_MAX);
    if (this.#abort.signal.aborted) return void deleteResource(resource.location, target.publishToken);
    await answered(pc, resource.answer, signal);
    this.#current = pc;
    const silent = this.#silent;
    setTimeout(() => silent?.close(), HANDOVER_MS);
    this.#watch(pc);
    this.#setState('live');
  }

  #watch(pc: RTCPeerConnection): void {
    const { signal } = this.#next();
    const lost = () => this.#lost(pc);
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState !== 'connected' && pc.connectionState !== 'connecting') lost();
    });
    const loss = new UplinkLoss();
    const forget = onNetworkChange(() => loss.networkChanged());
    const looking = setInterval(() => void look(pc, loss, lost), LOOK_EVERY_MS);
    const judge = new UplinkJudge();
    const judging = setInterval(() => void this.#sample(pc, judge), HEALTH_INTERVAL_MS);
    signal.addEventListener('abort', () => {
      forget();
      clearInterval(looking);
      clearInterval(judging);
    });
  }

  #lost(pc: RTCPeerConnection): void {
    if (this.#current !== pc || this.#abort.signal.aborted) return;
    this.#now.abort();
    this.#closeSilent();
    this.#silent = pc;
    this.#current = null;
    this.#pc = null;
    this.#setState('reconnecting');
    void this.#connect();
  }

  async #sample(pc: RTCPeerConnection, judge: UplinkJudge): Promise<void> {
    const layers = pc.getTransceivers()[0]!.sender.getParameters().encodings.length;
    const sample = sampleOf(await pc.getStats(), layers);
    if (sample !== null && this.#current === pc) this.#events.health(judge.judge(sample));
  }

  /** What was under way before ends. */
  #next(): AbortController {
    this.#now.abort();
    this.#now = new AbortController();
    return this.#now;
  }

  #closeSilent(): void {
    this.#silent?.close();
    this.#silent = null;
  }

  #discard(): void {
    this.#now.abort();
    const old = this.#pc;
    this.#current = null;
    this.#pc = null;
    void old?.then(pc => pc.close()).catch(() => undefined);
  }

  /** Another device goes on: nothing is tried until the person wants so. */
  #yield(): void {
    this.#discard();
    this.#closeSilent();
    this.#resource = null;
    this.#setState('taken-over');
  }

  #finish(state: 'failed' | 'stopped', failure?: WhipFailure, code?: string | null): void {
    this.#abort.abort();
    this.#discard();
    this.#closeSilent();
    this.#setState(state, failure, code);
  }

  /** Waits, at most until the network changes. */
  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const forget = onNetworkChange(resolve);
    this.#abort.signal.addEventListener('abort', () => resolve(), { once: true });
    return promise.finally(() => {
      clearTimeout(timer);
      forget();
    });
  }

  #setState(state: WhipState, failure?: WhipFailure, code?: string | null): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.state(state, failure, code);
  }
}

function isTakenOver(error: unknown): boolean {
  return error instanceof ExchangeRefused && error.code === 'taken-over';
}

const codeOf = (error: unknown): string | null => (error instanceof ExchangeRefused ? error.code : null);

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

async function look(pc: RTCPeerConnection, loss: UplinkLoss, lost: () => void): Promise<void> {
  // A report on the microphone alone is short, and has the transport that everything shares.
  const bytes = receivedBytes(await pc.getTransceivers()[1]!.sender.getStats());
  if (bytes !== null && loss.look(bytes, performance.now())) lost();
}
