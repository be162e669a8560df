import assert from 'node:assert/strict';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { silentLogger as log } from '#base/log.ts';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import { Refusal } from '#contract/errors.ts';
import type { HlsSource, RenditionName } from '#live/index.ts';
import { LOST_SEGMENTS_MAX } from '#live/packager/limits.ts';
import { type JournalledSegment, readSegmentJournal } from '#live/recorder/segment-journal.ts';
import type { MediaPlaylist } from '../../tools/hls-lint/playlist.ts';
import { CrashingStorage } from './crashing-storage.ts';
import { hlsBytes } from './hls-bytes.ts';
import { fresh, LiveRig, textOf } from './live-rig.ts';
import { feedPublisher } from './publishing.ts';
import type { Seeded } from './seeded.ts';
import { SourceLint } from './source-lint.ts';

export const LAYERS = ['video', 'video-2', 'video-3'] as const;
/** How late a layer's first picture is, frames of 1/30 s. */
const BEGINS_FRAMES_MAX = 9;
/** Layers cut this close to each other cut together, as `SegmentPlan` has it. */
const TOGETHER_MS = 301;
const STEP_S = 0.1;
/** How often a player looks, of the steps. */
const LOOK_SHARE = 0.2;
/** Longest time between two processes. */
const AWAY_MS_MAX = 30_000;

/**
 * A broadcast of three layers whose server dies in the middle of a step of its storage, and is started again. Every rule of
 * the linter is held against what players see in each life; no URL may ever give other bytes.
 */
export class KilledBroadcast {
  readonly #rig: LiveRig;
  readonly #random: Seeded;
  readonly #storage: CrashingStorage;
  readonly #created: CreatedBroadcast;
  /** What players got, by URL. */
  readonly #shown = new Map<string, Uint8Array>();
  /** What was on disk of segments being made when a process died. */
  readonly #promised: JournalledSegment[] = [];

  static async open(random: Seeded): Promise<KilledBroadcast> {
    const rig = await LiveRig.open(await openSqlite({ file: ':memory:', log }));
    await rig.live.drain();
    const storage = new CrashingStorage(random);
    Object.assign(rig, { blobs: storage.blobs, journals: storage.journals });
    rig.live = rig.start();
    const created = await rig.live.create(rig.ada, { title: 'Through thick and thin' });
    return new KilledBroadcast(rig, random, storage, created);
  }

  private constructor(rig: LiveRig, random: Seeded, storage: CrashingStorage, created: CreatedBroadcast) {
    this.#rig = rig;
    this.#random = random;
    this.#storage = storage;
    this.#created = created;
  }

  /** Steps of storage so far. */
  get steps(): number {
    return this.#storage.steps;
  }

  /** Somebody publishes for `seconds`; the server dies `diesAfter` steps of its storage from now, if they come to that. */
  async publish(seconds: number, diesAfter: number): Promise<void> {
    const { id, publishToken } = this.#created;
    let isDead = false;
    void this.#storage.dieAfter(diesAfter).then(() => {
      isDead = true;
    });
    const begins = LAYERS.map(() => (this.#random.chance(0.5) ? 0 : this.#random.below(BEGINS_FRAMES_MAX)));
    const feed = feedPublisher(await this.#rig.live.publish(id, publishToken), begins);
    const turns = 1 + this.#random.below(8);
    let lint: SourceLint | null = null;
    for (let at = STEP_S; at <= seconds && !isDead; at += STEP_S) {
      this.#rig.house.clock.advance(STEP_S * 1000);
      feed.until(at);
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      const source = await this.#rig.live.hls(id);
      if (source) lint ??= this.#watch(source);
      if (!isDead && this.#random.chance(LOOK_SHARE)) await lint?.look();
    }
    assert.deepEqual(lint?.findings ?? [], []);
  }

  /** The process dies, and the one after it, when `diesAfter` says so, in looking after what was left. */
  async restart(diesAfter: number | null): Promise<void> {
    this.#storage.kill();
    await this.#notePromised();
    if (diesAfter !== null) await this.#start(diesAfter);
    this.#storage.kill();
    await this.#start(Number.POSITIVE_INFINITY);
    const source = await this.#rig.live.hls(this.#created.id);
    if (source) await this.#hold(source);
  }

  /** The owner ends it: what was promised is in the replay. Gives that; null when there is none. */
  async end(): Promise<HlsSource | null> {
    const { live, ada } = this.#rig;
    const { id } = this.#created;
    const inTheMiddle = await live.hls(id);
    const lint = inTheMiddle && this.#watch(inTheMiddle);
    await lint?.look();
    await live.end({ id: ada, role: 'member' }, id);
    await lint?.close();
    assert.deepEqual(lint?.findings ?? [], []);
    if (lint) checkAligned(lint);
    assert.deepEqual(await this.#storage.journals.list(`recordings/${id}`), [], 'no journal is left');
    const replay = await this.#rig.start().hls(id);
    if (replay) await this.#hold(replay);
    for (const segment of this.#promised) await this.#checkPromised(replay, segment);
    return replay;
  }

  async close(): Promise<void> {
    await this.#start(Number.POSITIVE_INFINITY);
    await this.#rig.close();
  }

  /** Of a whole presentation: every rule, every segment where the others have it, every URL as it was. */
  async #hold(source: HlsSource): Promise<void> {
    const lint = this.#watch(source);
    await lint.close();
    assert.deepEqual(lint.findings, []);
    const answer = source.multivariant();
    assert.ok('chunks' in answer, 'what was kept can be played at once');
    const multivariant = await textOf(answer);
    for (const name of [...LAYERS, 'audio'])
      assert.equal(lint.playlist(name) !== null, multivariant.includes(`${name}/`), `${name} can be played`);
    if (source.live) checkAligned(lint);
    // As it was listed live, for who is in the middle of the replay.
    for (const name of [...LAYERS, 'audio'] as const) await this.#again(source, name);
  }

  #watch(source: HlsSource): SourceLint {
    return new SourceLint(source, (url, bytes) => {
      const before = this.#shown.get(url);
      if (before) assert.ok(Buffer.from(before).equals(bytes), `${url} stands for other bytes`);
      this.#shown.set(url, bytes);
    });
  }

  /** A player that has a playlist from before asks for what it lists by the names of then. */
  async #again(source: HlsSource, name: RenditionName): Promise<void> {
    const answer = source.playlist(name, fresh);
    if (!('chunks' in answer)) return;
    const segments = /(?<!#EXT-X-GAP\n(?:#.*\n)*)^((?:\d+_)?(\d+)\.m4s)$/gm;
    for (const [, uri, msn] of (await textOf(answer)).matchAll(segments)) {
      const before = this.#shown.get(`${name}/${uri}`);
      const bytes = await hlsBytes(source.segment(name, Number(msn)));
      if (before) assert.ok(bytes.equals(before), `${name}/${uri} stands for other bytes`);
    }
  }

  /** Resolves when the next process has looked after what the last one left, or died in that. */
  async #start(diesAfter: number): Promise<void> {
    this.#rig.house.clock.advance(100 + this.#random.below(AWAY_MS_MAX));
    this.#storage.revive();
    Object.assign(this.#rig, { blobs: this.#storage.blobs, journals: this.#storage.journals });
    const dead = this.#storage.dieAfter(diesAfter);
    this.#rig.live = this.#rig.start();
    await Promise.race([dead, this.#rig.live.recover()]);
  }

  async #notePromised(): Promise<void> {
    const { journals, acknowledged } = this.#storage;
    for (const key of await journals.list(`recordings/${this.#created.id}`)) {
      const bytes = (await journals.read(key))?.subarray(0, acknowledged.get(key) ?? 0);
      const segment = bytes && readSegmentJournal(bytes);
      if (segment) this.#promised.push(segment);
    }
  }

  async #checkPromised(replay: HlsSource | null, segment: JournalledSegment): Promise<void> {
    const { rendition, msn, parts } = segment;
    const promised = Buffer.concat(parts.map(part => part.bytes));
    const kept = replay && (await hlsBytes(replay.segment(rendition, msn)).catch(nullWhenRefused));
    // Sound alone is no replay: it goes, and its numbers are left out.
    if (!kept && rendition === 'audio' && msn < LOST_SEGMENTS_MAX) return;
    assert.ok(kept?.subarray(0, promised.length).equals(promised), `${rendition} ${msn} is not whole`);
  }
}

function nullWhenRefused(error: unknown): null {
  if (error instanceof Refusal) return null;
  throw error;
}

function checkAligned(lint: SourceLint): void {
  const layers = LAYERS.flatMap(name => lint.playlist(name) ?? []);
  for (const one of layers) for (const other of layers) checkCuts(one, other);
}

/** Where one layer has a segment, the other is cut, too, as far as it goes: it has one, or a gap. */
function checkCuts(one: MediaPlaylist, other: MediaPlaylist): void {
  const isCut = (atMs: number) =>
    other.segments.some(({ programDateMs }) => Math.abs(programDateMs! - atMs) < TOGETHER_MS);
  const last = other.segments.at(-1);
  const endMs = (last?.programDateMs ?? 0) + (last?.durationS ?? 0) * 1000;
  for (const { programDateMs, gap, msn } of one.segments)
    if (!gap && programDateMs! < endMs)
      assert.ok(isCut(programDateMs!), `${one.url} ${msn} is not where ${other.url} is cut`);
}
