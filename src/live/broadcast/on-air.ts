import type { Clock, Timer } from '#base/clock.ts';
import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Trouble } from '#contract/api/types.ts';
import { Refusal } from '#contract/errors.ts';
import type { Hold } from '#ports/placement.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { LOST_SEGMENTS_MAX } from '../packager/limits.ts';
import { createPackager, type Packager, type PartCut } from '../packager/packager.ts';
import type { HlsSource } from '../packager/source.ts';
import type { Recorder, RunningRecording } from '../recorder/recorder.ts';
import type { Reopened } from '../recorder/reopen.ts';
import { type KeyframeInterval, KeyframeIntervals } from '../stream/keyframe-intervals.ts';
import type { Publisher, PublisherLeave } from '../stream/publisher.ts';
import { Stream } from '../stream/stream.ts';
import type { Broadcasts } from './broadcasts.ts';
import { type Claim, Claims } from './claims.ts';
import { liveWithStored, replayAfterLive } from './handover.ts';
import { GRACE_MS, type LifecycleInput } from './lifecycle.ts';

/** What is counted of each broadcast, for the metrics: `StreamStats` and `PackagerCounts` say what each means. */
export const AIR_COUNTS = [
  'readersDropped',
  'gopsCut',
  'publishers',
  'droppedFrames',
  'droppedAudioFrames',
  'silentFrames',
  'recordingLost',
] as const;
export type AirCounts = Readonly<Record<(typeof AIR_COUNTS)[number], number>>;

/** How long the last live segments stay for players that are in the middle of them. */
export const LINGER_MS = 60_000;

export interface OnAirDeps {
  readonly broadcasts: Broadcasts;
  readonly recorder: Recorder;
  readonly transcoder: Transcoder;
  readonly clock: Clock;
  readonly log: Logger;
  /** Stores what the room still keeps in memory, before the replay is announced. */
  readonly flushRoom: () => Promise<void>;
  readonly partCut?: PartCut;
  readonly keyframeInterval?: KeyframeInterval;
  /** Nobody needs this any more. */
  readonly forget: (id: BroadcastId) => void;
}

/**
 * What one broadcast keeps in memory from its first publisher until its replay has taken over: hub, packager, recording,
 * the grace timer. It turns what happens to the media into steps of the lifecycle, one after the other.
 */
export class OnAir {
  readonly id: BroadcastId;
  readonly hold: Hold;
  readonly stream: Stream;
  /** Its end failed half-way: another call of `finish`, or the next sweep, tries again. */
  isStuck = false;
  readonly #deps: OnAirDeps;
  readonly #log: Logger;
  #packager: Packager | null = null;
  #recording: RunningRecording | null = null;
  #live: HlsSource | null = null;
  #replay: HlsSource | null = null;
  #steps: Promise<void> = Promise.resolve();
  #finishing: Promise<void> | null = null;
  #grace: Timer | null = null;
  #linger: Timer | null = null;
  readonly #claims: Claims;
  readonly #firstInit: number;
  #isHandedOver = false;
  #isRecorded = true;
  #isHidden = false;
  #toldTroubles: readonly Trouble[] = [];
  readonly #keyframes: KeyframeIntervals;

  /** `hold`: this process has it. `reopened`: what another process recorded of it before it died; `firstInit` is above any number that it used. */
  constructor(id: BroadcastId, hold: Hold, deps: OnAirDeps, reopened: Reopened | null = null, firstInit = 0) {
    this.id = id;
    this.hold = hold;
    this.#firstInit = firstInit;
    this.#deps = deps;
    this.#log = deps.log.child({ broadcastId: id });
    this.stream = new Stream({
      clock: deps.clock,
      log: this.#log,
      earlier: reopened ?? undefined,
      events: {
        mediaArrived: () => this.#mediaArrived(),
        publisherLeft: reason => this.#publisherLeft(reason),
        troubled: () => this.#tellTroubles(),
      },
    });
    this.#claims = new Claims(deps.clock);
    this.#keyframes = new KeyframeIntervals(deps.keyframeInterval ?? (() => {}));
    this.stream.read(this.#keyframes);
    if (reopened) this.#startPackager(reopened);
  }

  get counts(): AirCounts {
    const { readersDropped, gopsCut, publishers } = this.stream.stats;
    const none = { droppedFrames: 0, droppedAudioFrames: 0, silentFrames: 0 };
    const recordingLost = this.#recording?.lost ?? 0;
    return { readersDropped, gopsCut, publishers, recordingLost, ...(this.#packager?.counts ?? none) };
  }

  /** Everything that hampers it now. */
  get troubles(): readonly Trouble[] {
    return this.#isRecorded ? this.stream.troubles : [...this.stream.troubles, 'not-recorded'];
  }

  /** What HLS players get now; null before the first frame. */
  get source(): HlsSource | null {
    return this.#isHidden ? null : (this.#replay ?? this.#live);
  }

  /** Nobody gets anything of it any more, until it is shown. */
  hide(): void {
    this.#isHidden = true;
  }

  show(): void {
    this.#isHidden = false;
  }

  /** Whether it is over, or about to be. */
  get isFinishing(): boolean {
    return this.#finishing !== null || this.isStuck;
  }

  /** Whether somebody sends pictures now. */
  get isSending(): boolean {
    return this.#packager !== null && this.stream.isPublished && !this.isFinishing && !this.#isHandedOver;
  }

  /** Whether nothing ever came, and nobody is there to send it. */
  get isEmpty(): boolean {
    return this.#packager === null && !this.stream.isPublished && !this.isFinishing;
  }

  /** Whether these can be watched as they come. */
  get isShownByWebrtc(): boolean {
    return this.isSending && !this.stream.isReordered;
  }

  /** Refuses with `broadcast-over`, and as `Claims` does. */
  publish(claim: Claim): Publisher {
    if (this.isFinishing) throw new Refusal('broadcast-over');
    this.#claims.check(claim, this.stream.isHeard);
    return this.stream.publish(wasHeard => this.#claims.seated(claim, wasHeard));
  }

  /** It was on the air when another process died: its publisher may come back. Resolves when everybody is told. */
  interrupted(): Promise<void> {
    this.#publisherLost();
    return this.#steps;
  }

  /**
   * This process stops, and another one goes on: publisher and viewers are let go, what was made is on disk, and it is
   * interrupted. One that ends already is waited for. Nothing may be asked of it afterwards.
   */
  async handOver(): Promise<void> {
    if (this.isFinishing) return this.#finishing ?? undefined;
    if (this.#packager) this.#step('publisher-lost');
    const flushed = this.#letGo();
    await flushed;
    await Promise.all([this.#recording?.handOver(), this.#steps]);
    await this.hold.release();
  }

  /** Another process has taken it over: nothing more is written, and everybody is let go. */
  fenced(): void {
    this.#recording?.abandon();
    void this.#letGo();
    void this.#recording?.close();
    this.#linger?.cancel();
    this.#deps.forget(this.id);
  }

  /** Others took this process for dead, and may have said that nobody sends. */
  revived(): void {
    if (this.isSending) this.#step('media-arrived');
  }

  #letGo(): Promise<void> {
    this.#isHandedOver = true;
    this.#grace?.cancel();
    const flushed = this.#packager?.interrupt();
    this.stream.end();
    return flushed ?? Promise.resolve();
  }

  /** Ends it: resolves when the replay is ready. Whoever asks again waits for the same end. */
  async finish(input: 'end' | 'grace-over' | 'never-published'): Promise<void> {
    if (this.#isHandedOver) throw new Refusal('unavailable');
    this.isStuck = false;
    this.#finishing ??= this.#finish(input).catch(cause => {
      this.isStuck = true;
      this.#finishing = null;
      throw cause;
    });
    return this.#finishing;
  }

  #mediaArrived(): void {
    this.#keyframes.restart();
    this.#grace?.cancel();
    const startedAtMs = this.#packager ? undefined : this.#startPackager();
    this.#step('media-arrived', startedAtMs === undefined ? {} : { startedAtMs });
  }

  /** Called within the first unit, so that the packager gets it. */
  #startPackager(reopened: Reopened | null = null): number {
    const { recorder, transcoder, clock, partCut } = this.#deps;
    const epochMs = this.stream.epochMs ?? clock.nowMs();
    const kept = (isKept: boolean) => {
      this.#isRecorded = isKept;
      this.#tellTroubles();
    };
    this.#recording = recorder.start(this.id, epochMs, kept, this.hold.write);
    const { stream } = this;
    const packager = createPackager({
      epochMs,
      get tracks() {
        return stream.tracks;
      },
      earlier: reopened?.renditions,
      firstInit: this.#firstInit,
      // Nothing was kept of what another process may have shown: its numbers are not given again.
      firstMsn: !reopened && this.#firstInit > 0 ? LOST_SEGMENTS_MAX : 0,
      clock,
      log: this.#log,
      transcoder,
      keyframeWanted: () => this.stream.requestKeyframe(),
      recording: this.#recording,
      ...(partCut ? { partCut } : {}),
    });
    this.#packager = packager;
    this.#live = liveWithStored(packager.source, recorder.stored(this.id));
    this.stream.read(packager);
    return epochMs;
  }

  #publisherLeft(reason: PublisherLeave): void {
    if (reason === 'ended') {
      this.#finishBehind('end');
      return;
    }
    // Before the first frame there is nothing to come back to: `STARTING_MAX_MS` is what counts then.
    if (this.#packager) this.#publisherLost();
  }

  #publisherLost(): void {
    this.#step('publisher-lost');
    this.#grace?.cancel();
    this.#grace = this.#deps.clock.after(GRACE_MS, () => this.#finishBehind('grace-over'));
  }

  #finishBehind(input: 'end' | 'grace-over'): void {
    this.finish(input).catch(cause => this.#log.error({ err: cause }, 'a broadcast could not be finished'));
  }

  #tellTroubles(): void {
    const { troubles } = this;
    if (troubles.join() === this.#toldTroubles.join()) return;
    this.#toldTroubles = troubles;
    this.#deps.broadcasts.tellTroubles(this.id, troubles);
  }

  #step(input: LifecycleInput, fields: { startedAtMs?: number } = {}): void {
    this.#steps = this.#steps.then(async () => {
      try {
        await this.#deps.broadcasts.advance(this.id, input, fields, this.hold);
      } catch (cause) {
        this.#log.error({ err: cause, input }, 'a change of state was not stored');
        // A broadcast that nobody can be told of must not run on in silence.
        if (input === 'media-arrived') this.#finishBehind('grace-over');
      }
    });
  }

  async #finish(input: 'end' | 'grace-over' | 'never-published'): Promise<void> {
    const { broadcasts, clock, forget } = this.#deps;
    this.#grace?.cancel();
    this.stream.end();
    await this.#steps;
    await broadcasts.advance(this.id, input, { endedAtMs: clock.nowMs() }, this.hold);
    if (!this.#packager || !this.#recording) {
      forget(this.id);
      return;
    }
    await this.#archive(this.#packager, this.#recording);
    this.#linger ??= clock.after(LINGER_MS, () => forget(this.id));
  }

  /** The replay answers before anybody is told of it, so that no player finds neither. */
  async #archive(packager: Packager, recording: RunningRecording): Promise<void> {
    const { broadcasts, recorder, flushRoom } = this.#deps;
    await packager.finish();
    const totals = await recording.finish();
    await flushRoom();
    const replay = totals ? await recorder.openReplay(this.id) : null;
    if (replay) this.#replay = replayAfterLive(replay, this.#live ?? packager.source);
    const durationMs = totals?.durationMs ?? 0;
    await broadcasts.advance(this.id, 'recording-closed', { durationMs }, this.hold);
  }
}
