import { signal } from '@preact/signals';
import type { BroadcastState } from '#contract/api/types.ts';
import { wordsFor } from '#contract/words.ts';
import { api, problemFrom } from '../net/api.ts';
import { sendsH264 } from '../player/codecs.ts';
import { openRoom, type Room } from '../room/room.ts';
import { type CameraProblem, type CameraWish, cameraProblemOf, openCamera } from './camera.ts';
import { forgetBroadcast, type OpenBroadcast, rememberBroadcast } from './open-broadcast.ts';
import type { UplinkHealth } from './uplink-health.ts';
import { WhipClient, type WhipFailure, type WhipState } from './whip.ts';

export type StudioStage = 'framing' | 'starting' | 'live' | 'over';

/** The server is asked whether we are live this often, until it says so; its event is usually first. */
const CONFIRM_EVERY_MS = 700;

/** From the open camera to the saved replay: one broadcast, one person, one tab. */
export class Studio {
  readonly stage = signal<StudioStage>('framing');
  readonly camera = signal<MediaStream | null>(null);
  readonly cameraProblem = signal<CameraProblem | null>(null);
  /** Why going live did not work, as a sentence. */
  readonly problem = signal<string | null>(null);
  readonly uplink = signal<WhipState>('idle');
  readonly health = signal<UplinkHealth>('good');
  readonly muted = signal(false);
  readonly room = signal<Room | null>(null);
  #client: WhipClient | null = null;
  #broadcast: OpenBroadcast | null = null;
  #wish: CameraWish = { facing: 'user' };
  #unwatch: (() => void) | null = null;
  #undelete: (() => void) | null = null;
  #confirm: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  /** Why this browser cannot go live whatever is tapped, known before the tap; null where it can. */
  readonly hindrance = sendsH264() ? null : failureWords('refused', 'no-common-codec');

  get facing(): CameraWish['facing'] {
    return this.#wish.facing;
  }

  /** Opens the camera, or changes it: on air the new one takes over without a new connection. */
  async frame(change: Partial<CameraWish> = {}): Promise<void> {
    const wish = { ...this.#wish, ...change };
    const old = this.camera.peek();
    try {
      // Phones give one camera at a time.
      if (old !== null) for (const track of old.getTracks()) track.stop();
      const stream = await openCamera(wish);
      if (this.#closed) return stopTracks(stream);
      this.#wish = wish;
      this.cameraProblem.value = null;
      this.camera.value = stream;
      // Unplugged, or taken by another program: another one may do.
      for (const track of stream.getTracks()) track.addEventListener('ended', () => void this.frame());
      this.#applyMute();
      await this.#useCamera(stream);
    } catch (thrown) {
      this.camera.value = null;
      this.cameraProblem.value = cameraProblemOf(thrown);
    }
  }

  toggleMute(): void {
    this.muted.value = !this.muted.value;
    this.#applyMute();
  }

  /** Creates the broadcast and goes on air with it. */
  async goLive(title: string, announce: boolean): Promise<void> {
    performance.mark('skylark:tap');
    if (!this.#leaveFraming()) return;
    try {
      const created = await api('createBroadcast', { body: { title, announce } });
      rememberBroadcast(created);
      await this.#goOnAir(created);
    } catch (thrown) {
      const { message, advice } = problemFrom(thrown);
      this.#backToFraming(`${message} ${advice}`);
    }
  }

  /** Goes on air again with a broadcast that this tab had opened before it was reloaded. */
  async resume(broadcast: OpenBroadcast): Promise<void> {
    if (this.#leaveFraming()) await this.#goOnAir(broadcast);
  }

  /** Goes on from here after another device took over. */
  takeBack(): void {
    void this.#client?.takeBack();
  }

  /** Ends it for good. What the server does not hear now it finds out by itself. */
  async end(): Promise<void> {
    const broadcast = this.#broadcast;
    if (broadcast === null) return;
    const stopping = this.#client?.stop();
    this.#over();
    await stopping;
    await endBroadcast(broadcast.id);
    await this.room.peek()?.refresh().catch(problemFrom);
  }

  close(): void {
    this.#closed = true;
    const onAir = this.stage.peek() === 'live' || this.stage.peek() === 'starting';
    // What goes on from another device is not ours to end by leaving.
    if (onAir && this.uplink.peek() !== 'taken-over') void this.end();
    else void this.#client?.stop();
    this.#unwatch?.();
    this.#undelete?.();
    this.room.peek()?.close();
    this.#release();
  }

  #leaveFraming(): boolean {
    if (this.stage.peek() !== 'framing' || this.camera.peek() === null) return false;
    this.stage.value = 'starting';
    this.problem.value = null;
    return true;
  }

  async #goOnAir(broadcast: OpenBroadcast): Promise<void> {
    this.#broadcast = broadcast;
    const room = openRoom(broadcast.id);
    this.room.value = room;
    let before: BroadcastState | undefined;
    this.#unwatch = room.broadcast.subscribe(now => {
      if (now?.state === before) return;
      if (now?.state === 'live') this.#live();
      if (now?.state === 'interrupted' && before === 'live') this.#client?.renew();
      if (now?.state === 'ended' || now?.state === 'archived') this.#over();
      before = now?.state;
    });
    this.#undelete = room.deleted.subscribe(deleted => {
      if (!deleted) return;
      this.problem.value = 'The post was deleted, and the broadcast with it.';
      this.#over();
    });
    await this.#client?.publish(broadcast);
  }

  #live(): void {
    clearInterval(this.#confirm);
    if (this.stage.peek() !== 'starting') return;
    performance.mark('skylark:live');
    this.stage.value = 'live';
  }

  #over(): void {
    if (this.stage.peek() === 'over') return;
    clearInterval(this.#confirm);
    forgetBroadcast();
    this.stage.value = 'over';
    void this.#client?.stop(true);
    this.#release();
  }

  #backToFraming(problem: string): void {
    clearInterval(this.#confirm);
    this.#unwatch?.();
    this.#undelete?.();
    this.room.peek()?.close();
    this.room.value = null;
    this.problem.value = problem;
    this.stage.value = 'framing';
    if (this.#broadcast !== null) void endBroadcast(this.#broadcast.id);
    this.#broadcast = null;
    forgetBroadcast();
    const camera = this.camera.peek();
    this.#client = null;
    if (camera !== null) void this.#useCamera(camera);
  }

  async #useCamera(stream: MediaStream): Promise<void> {
    if (this.#client !== null) {
      await Promise.all(stream.getTracks().map(track => this.#client?.replaceTrack(track)));
      return;
    }
    this.#client = new WhipClient(stream, {
      state: (state, failure, code) => this.#uplinkChanged(state, failure, code ?? null),
      health: health => {
        this.health.value = health;
      },
    });
    this.#client.prepare();
  }

  #uplinkChanged(state: WhipState, failure: WhipFailure | undefined, code: string | null): void {
    this.uplink.value = state;
    if (state === 'live' && this.stage.peek() === 'starting') {
      clearInterval(this.#confirm);
      this.#confirm = setInterval(
        () => void this.room.peek()?.refresh().catch(problemFrom),
        CONFIRM_EVERY_MS,
      );
    }
    if (state !== 'failed') return;
    if (failure === 'over') this.#over();
    else if (this.stage.peek() === 'starting')
      this.#backToFraming(failureWords(failure ?? 'unreachable', code));
    else {
      this.problem.value =
        failure === 'refused'
          ? failureWords(failure, code)
          : 'The connection did not come back within two minutes.';
      this.#over();
    }
  }

  #applyMute(): void {
    for (const track of this.camera.peek()?.getAudioTracks() ?? []) track.enabled = !this.muted.peek();
  }

  #release(): void {
    const camera = this.camera.peek();
    if (camera !== null) stopTracks(camera);
    this.camera.value = null;
  }
}

const FAILURE_WORDS: Readonly<Record<Exclude<WhipFailure, 'over'>, string>> = {
  refused: 'The server does not take this broadcast. Reload the page and try again.',
  unreachable: 'The server cannot be reached for video. Check the connection and try again.',
};

/** Why going live did not work, in the words for what the server said where it said something. */
function failureWords(failure: Exclude<WhipFailure, 'over'>, code: string | null): string {
  const words = wordsFor('studio', code);
  return words === null ? FAILURE_WORDS[failure] : `${words.says} ${words.todo}`;
}

/** Ends a broadcast on the server; if nobody answers, its grace runs out. */
export async function endBroadcast(id: string): Promise<void> {
  await api('endBroadcast', { params: { id }, keepalive: true }).catch(problemFrom);
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
