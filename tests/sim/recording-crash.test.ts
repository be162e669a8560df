import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { type BroadcastId, createIds } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { HlsSource } from '#live/index.ts';
import type { RecordingSink } from '#live/packager/packager.ts';
import { segmentKey } from '#live/recorder/keys.ts';
import { createRecorder } from '#live/recorder/recorder.ts';
import { readSegmentJournal } from '#live/recorder/segment-journal.ts';
import type { Db } from '#ports/db.ts';
import { CrashingStorage } from '#tests/support/crashing-storage.ts';
import { hlsBytes } from '#tests/support/hls-bytes.ts';
import { feedPackager } from '#tests/support/packager.ts';
import { Seeded } from '#tests/support/seeded.ts';

const CRASHES = 400;
const SECONDS = 5;
const epochMs = Date.UTC(2026, 0, 1);
const renditions = ['video', 'video-2', 'video-3', 'audio'] as const;

/** What was handed to the recorder: the parts of every segment. */
type Fed = Map<string, readonly Uint8Array[]>;

describe('a recording, killed at any step of its storage', () => {
  let db: Db;
  const clock = new FakeClock();
  const ids = createIds(clock, bytes => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>));
  before(async () => {
    db = await openSqlite({ file: ':memory:', log });
    const random = new Seeded(1);
    await db.migrate(createRecorder({ db, clock, log, ...new CrashingStorage(random) }).migrations);
  });
  after(() => db.close());

  it(`keeps every part that was on disk, ${CRASHES} times`, async () => {
    const steps = await stepsOfALife();
    for (let run = 0; run < CRASHES; run++) {
      const random = new Seeded(7919 * (run + 1));
      try {
        await crashOnce(random, 1 + random.below(steps));
      } catch (cause) {
        throw new Error(`run ${run}, seed ${random.seed}`, { cause });
      }
    }
  });

  /** A recording that is fed a moment at a time, as fast as storage follows. */
  async function record(
    storage: CrashingStorage,
    id: BroadcastId,
    fed: Fed,
    dead: Promise<void>,
  ): Promise<void> {
    const recorder = createRecorder({ db, clock, log, ...storage });
    const recording = recorder.start(id, epochMs);
    const note: RecordingSink = {
      init: recording.init,
      segment: recording.segment,
      isKept: recording.isKept,
      part(rendition, timescale, segment) {
        const parts = segment.parts.map(part => part.bytes);
        fed.set(segmentKey(id, rendition, segment.msn), parts);
        recording.part(rendition, timescale, segment);
      },
    };
    const { until, packager } = feedPackager({ clock, epochMs, recording: note, layers: 3 });
    let isDead = false;
    const death = dead.then(() => {
      isDead = true;
    });
    for (let seconds = 0; seconds < SECONDS && !isDead; seconds += 0.1) {
      until(seconds);
      for (let turn = 0; turn < 8; turn++) await new Promise(setImmediate);
    }
    if (!isDead) await packager.finish();
    if (!isDead) await Promise.race([recording.finish(), death]);
  }

  async function stepsOfALife(): Promise<number> {
    const storage = new CrashingStorage(new Seeded(1));
    await record(storage, ids.next(), new Map(), new Promise(() => {}));
    return storage.steps;
  }

  async function crashOnce(random: Seeded, steps: number): Promise<void> {
    const storage = new CrashingStorage(random);
    const id = ids.next<'broadcast'>();
    const fed: Fed = new Map();
    await record(storage, id, fed, storage.dieAfter(steps));
    const atLeast = await promised(storage, fed);
    storage.revive();
    if (random.chance(0.3)) await dieInRecovery(storage, id, random);
    const recorder = createRecorder({ db, clock, log, ...storage });
    const totals = await recorder.complete(id);
    const replay = await recorder.openReplay(id);
    assert.equal(replay === null, totals === null);
    if (!replay) assert.ok(![...atLeast.keys()].some(key => key.includes('/video/')), 'pictures are missing');
    else await check(replay, id, fed, atLeast);
    assert.deepEqual(await storage.journals.list(`recordings/${id}`), [], 'no journal is left');
  }

  async function dieInRecovery(storage: CrashingStorage, id: BroadcastId, random: Seeded): Promise<void> {
    const dead = storage.dieAfter(1 + random.below(8));
    await Promise.race([dead, createRecorder({ db, clock, log, ...storage }).complete(id)]);
    storage.revive();
  }

  /** How many parts of each segment were acknowledged when the process died. */
  async function promised(storage: CrashingStorage, fed: Fed): Promise<Map<string, number>> {
    const least = new Map<string, number>();
    for (const key of fed.keys()) {
      const length = storage.acknowledged.get(key) ?? 0;
      const bytes = await storage.journals.read(key);
      const parts = bytes ? (readSegmentJournal(bytes.subarray(0, length))?.parts.length ?? 0) : 0;
      if (parts > 0) least.set(key, parts);
    }
    return least;
  }

  async function check(
    replay: HlsSource,
    id: BroadcastId,
    fed: Fed,
    atLeast: ReadonlyMap<string, number>,
  ): Promise<void> {
    for (const rendition of renditions) {
      const playlist = replay.playlist(rendition, { msn: null, part: null });
      if (playlist instanceof Refusal) {
        assert.ok(
          ![...atLeast.keys()].some(key => key.includes(`/${rendition}/`)),
          `${rendition} is missing`,
        );
        continue;
      }
      const text = (await hlsBytes(playlist)).toString();
      // What a crash took more of than of the others has gaps in the end.
      const media = /(?<!#EXT-X-GAP\n#EXTINF:.*\n)^(?:\d+_)?(\d+)\.m4s$/gm;
      const listed = [...text.matchAll(media)].map(match => Number(match[1]));
      assert.deepEqual(listed, [...listed.keys()], 'segments in a row from the first');
      for (const msn of listed) {
        const key = segmentKey(id, rendition, msn);
        const parts = fed.get(key)!;
        const bytes = await hlsBytes(replay.segment(rendition, msn));
        const count = wholeParts(bytes, parts);
        assert.ok(count >= (atLeast.get(key) ?? 0), `${key}: ${count} parts of ${atLeast.get(key)}`);
        if (msn < listed.at(-1)!) assert.equal(count, parts.length, `${key} in the middle is whole`);
        assert.ok((await hlsBytes(replay.init(rendition, 0))).length > 0);
      }
      const last = [...atLeast.keys()].filter(key => key.includes(`/${rendition}/`)).length;
      assert.ok(listed.length >= last, `${rendition}: ${listed.length} of ${last} segments`);
    }
  }
});

/** How many parts these bytes are; they must be the first ones, whole. */
function wholeParts(bytes: Buffer, parts: readonly Uint8Array[]): number {
  let at = 0;
  let count = 0;
  for (; count < parts.length && at < bytes.length; count++) {
    const part = parts[count]!;
    assert.deepEqual(bytes.subarray(at, at + part.length), Buffer.from(part));
    at += part.length;
  }
  assert.equal(at, bytes.length, 'nothing but whole parts');
  return count;
}
