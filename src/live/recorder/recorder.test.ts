import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import type { BroadcastId } from '#base/ids.ts';
import { type Logger, silentLogger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { Blobs } from '#ports/blobs.ts';
import type { Db } from '#ports/db.ts';
import type { Journals } from '#ports/journals.ts';
import { StorageFull } from '#ports/storage-full.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { hlsBytes } from '#tests/support/hls-bytes.ts';
import { feedPackager } from '#tests/support/packager.ts';
import type { HlsAnswer, HlsOutcome, HlsSource } from '../packager/source.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import type { RecordingTotals } from './store.ts';

const id: BroadcastId = '01hzzzzzzzzzzzzzzzzzzzzzzz';
const epochMs = Date.UTC(2026, 0, 1);
const plain = { msn: null, part: null };

await onEveryDatabase('recorder', open => {
  let folder: string;
  let db: Db;
  let blobs: Blobs;
  let journals: Journals;
  let clock: FakeClock;
  let log: Logger;
  let recorder: Recorder;
  let warned: PromiseWithResolvers<void>;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'skylark-recorder-'));
    db = await open();
    blobs = await openDiskBlobs({ directory: folder, log: silentLogger });
    journals = await openDiskJournals({ directory: path.join(folder, 'journals') });
    clock = new FakeClock();
    warned = Promise.withResolvers();
    log = { ...silentLogger, warn: () => warned.resolve() };
    recorder = createRecorder({ db, blobs, journals, clock, log });
    await db.migrate(recorder.migrations);
  });

  afterEach(async () => {
    await db.close();
    await rm(folder, { recursive: true, force: true });
  });

  const record = (seconds: number) => {
    const recording = recorder.start(id, epochMs);
    const fed = feedPackager({ clock, epochMs, recording });
    fed.until(seconds);
    return { recording, ...fed };
  };

  /** As after a restart: nothing in memory. */
  const reopen = async (): Promise<HlsSource> => {
    const replay = await createRecorder({ db, blobs, journals, clock, log }).openReplay(id);
    assert.ok(replay, 'there is a replay');
    return replay;
  };

  it('replays after a restart what was live, under the same names and with the same bytes', async () => {
    const { recording, packager } = record(7);
    await packager.finish();
    const totals = await recording.finish();
    assert.ok(isAbout(totals, 7000));
    const replay = await reopen();
    for (const rendition of ['video', 'audio'] as const) {
      assert.deepEqual(names(await text(replay.playlist(rendition, plain))), [
        '0.m4s',
        '1.m4s',
        '2.m4s',
        '3.m4s',
        '4.m4s',
      ]);
      for (const msn of [0, 1, 2, 3, 4])
        assert.deepEqual(
          await hlsBytes(replay.segment(rendition, msn)),
          await hlsBytes(packager.source.segment(rendition, msn)),
        );
      assert.deepEqual(
        await hlsBytes(replay.init(rendition, 0)),
        await hlsBytes(packager.source.init(rendition, 0)),
      );
    }
    assert.match(
      await text(replay.multivariant()),
      /BANDWIDTH=\d+,CODECS="avc1\.64000d,mp4a\.40\.2",RESOLUTION=320x180/,
    );
    assert.ok((await outcome(replay.segment('video', 5))) instanceof Refusal);
  });

  it('keeps a broadcast that nobody finished up to the last part', async () => {
    const { recording } = record(5);
    await recording.written(); // as it would be a moment later; no segment was finished
    recorder = createRecorder({ db, blobs, journals, clock, log });
    const totals = await recorder.complete(id);
    assert.equal(totals?.durationMs, 4800); // parts of 200 ms; the last one waited for the frame after it
    assert.deepEqual(names(await text((await reopen()).playlist('video', plain))), [
      '0.m4s',
      '1.m4s',
      '2.m4s',
      // Live, it might have been more: caches must not take that for this.
      '00_3.m4s',
    ]);
    assert.deepEqual(await journals.list('recordings'), []);
  });

  it('tries again when storage fails for a while, and nothing is missing', async () => {
    await blobs.put(`recordings/${id}/video`, new Uint8Array(1)); // a file where the folder must be
    const { recording, packager } = record(5);
    await warned.promise;
    await blobs.delete(`recordings/${id}/video`);
    clock.advance(250);
    await packager.finish();
    assert.ok(isAbout(await recording.finish(), 5000));
    assert.ok((await hlsBytes((await reopen()).init('video', 0))).length > 0);
  });

  it('leaves out what cannot be stored: its time is a gap, the rest plays', async () => {
    const put = (key: string, value: Uint8Array) => blobs.put(key, value);
    await put(`recordings/${id}/video/1.m4s/in-the-way`, new Uint8Array(1));
    const { recording, packager } = record(7);
    await packager.finish();
    const finished = recording.finish();
    const giveUp = setInterval(() => clock.advance(1000), 1);
    await finished;
    clearInterval(giveUp);
    const playlist = await text((await reopen()).playlist('video', plain));
    assert.match(
      playlist,
      /#EXTINF:0.5,\n0\.m4s\n.*\n#EXT-X-GAP\n#EXTINF:1.5,\n1\.m4s\n.*\n#EXTINF:2,\n2\.m4s/,
    );
  });

  it('that was abandoned tries nothing again, and takes nothing more', async () => {
    const puts: string[] = [];
    const put = async (key: string) => {
      puts.push(key);
      throw new Error('it is broken');
    };
    recorder = createRecorder({ db, blobs: { ...blobs, put }, journals, clock, log });
    const { recording, until, packager } = record(5);
    await warned.promise;
    recording.abandon();
    until(9);
    await packager.finish();
    await recording.close();
    assert.deepEqual(puts, [`recordings/${id}/video/init-0.mp4`]);
    assert.ok(recording.lost > 0, 'what is missing is counted');
  });

  it('goes on live while the disk is full, says so, keeps what it had, and records again when there is room', async () => {
    let isFull = false;
    const guard = async <T>(write: () => Promise<T>): Promise<T> => {
      if (isFull) throw new StorageFull('no space');
      return write();
    };
    const fullable = {
      blobs: { ...blobs, put: (key: string, value: Uint8Array) => guard(() => blobs.put(key, value)) },
      journals: {
        ...journals,
        create: async (key: string) => {
          const file = await guard(() => journals.create(key));
          return { ...file, append: (value: Uint8Array) => guard(() => file.append(value)) };
        },
      },
    };
    recorder = createRecorder({ db, ...fullable, clock, log });
    const told: boolean[] = [];
    const recording = recorder.start(id, epochMs, kept => told.push(kept));
    const { until, packager } = feedPackager({ clock, epochMs, recording });
    until(3);
    await recording.written();
    isFull = true;
    until(7);
    await recording.written();
    assert.deepEqual(told, [false]);
    assert.match(await text(packager.source.playlist('video', plain)), /\n4\.0\.m4s|"4\.0\.m4s"/);
    assert.deepEqual(names(await text((await reopen()).playlist('video', plain))), ['0.m4s', '1.m4s']);
    isFull = false;
    until(11);
    await packager.finish();
    // Of the segment that was being made its parts are there: 2 s to 2.8 s; of the next one there is nothing.
    assert.ok(isAbout(await recording.finish(), 11_000 - 1200 - 2000));
    assert.deepEqual(told, [false, true]);
    const playlist = await text((await reopen()).playlist('video', plain));
    assert.match(playlist, /\n#EXT-X-GAP\n/);
    assert.equal(names(playlist).at(-1), '6.m4s');
  });

  it('keeps the initialization section although the disk was full when it came', async () => {
    let isFull = true;
    const put = (key: string, value: Uint8Array) => {
      if (isFull) throw new StorageFull('no space');
      return blobs.put(key, value);
    };
    recorder = createRecorder({
      db,
      blobs: { ...blobs, put: async (...write) => put(...write) },
      journals,
      clock,
      log,
    });
    const recording = recorder.start(id, epochMs);
    const { until, packager } = feedPackager({ clock, epochMs, recording });
    until(1);
    await recording.written();
    isFull = false;
    until(5);
    await packager.finish();
    await recording.finish();
    assert.ok((await hlsBytes((await reopen()).init('video', 0))).length > 0);
  });

  it('has no replay of what was never recorded, and is quick to say so again', async () => {
    assert.equal(await recorder.openReplay(id), null);
    recorder.start(id, epochMs);
    assert.equal(await recorder.complete(id), null);
    assert.equal(await recorder.openReplay(id), null);
  });

  it('deletes the rows and every byte, and forgets the replay', async () => {
    const { recording, packager } = record(5);
    await packager.finish();
    await recording.finish();
    assert.ok(await recorder.openReplay(id));
    await recorder.delete(id);
    assert.equal(await recorder.openReplay(id), null);
    assert.equal(await blobs.get(`recordings/${id}/video/0.m4s`), null);
    assert.equal(await blobs.get(`recordings/${id}/audio/init-0.mp4`), null);
  });
});

/** The last frame lasts until the audio ends, at most an AAC frame longer. */
function isAbout(totals: RecordingTotals | null, durationMs: number): boolean {
  return totals !== null && Math.abs(totals.durationMs - durationMs) < 22;
}

function outcome(answer: HlsAnswer): Promise<HlsOutcome> {
  return new Promise(resolve => {
    if ('onSettled' in answer) answer.onSettled(resolve);
    else resolve(answer);
  });
}

async function text(answer: HlsAnswer): Promise<string> {
  return (await hlsBytes(answer)).toString();
}

function names(playlist: string): string[] {
  return playlist.split('\n').filter(line => line.endsWith('.m4s'));
}
