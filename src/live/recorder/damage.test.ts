import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { Fault } from '#base/fault.ts';
import type { BroadcastId } from '#base/ids.ts';
import { silentLogger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import { hlsBytes } from '#tests/support/hls-bytes.ts';
import { feedPackager } from '#tests/support/packager.ts';
import { until as waitUntil } from '#tests/support/until.ts';
import type { HlsSource } from '../packager/source.ts';
import { createRecorder, type RecorderDeps } from './recorder.ts';

const id: BroadcastId = '01hzzzzzzzzzzzzzzzzzzzzzzz';
const epochMs = Date.UTC(2026, 0, 1);

describe('a recording on a disk that is damaged', () => {
  let folder: string;
  let deps: RecorderDeps;
  let said: string[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'skylark-damage-'));
    said = [];
    const note = (_: object, text: string) => void said.push(text);
    const log = { ...silentLogger, warn: note, error: note };
    deps = {
      ...{ log, clock: new FakeClock(epochMs + 8000) },
      db: await openSqlite({ file: ':memory:', log }),
      blobs: await openDiskBlobs({ directory: folder, log }),
      journals: await openDiskJournals({ directory: path.join(folder, 'journals') }),
    };
    await deps.db.migrate(createRecorder(deps).migrations);
  });
  afterEach(async () => {
    await deps.db.close();
    await rm(folder, { recursive: true, force: true });
  });

  const blob = (name: string) => path.join(folder, 'data/recordings', id, name);
  const journal = (name: string) => path.join(folder, 'journals/recordings', id, name);
  const playlist = async (source: HlsSource, rendition: 'video' | 'audio') =>
    (await hlsBytes(source.playlist(rendition, { msn: null, part: null }))).toString();

  async function record(seconds: number): Promise<void> {
    const recording = createRecorder(deps).start(id, epochMs);
    const { packager, until } = feedPackager({ clock: deps.clock, epochMs, recording });
    until(seconds);
    await packager.finish();
    await recording.finish();
  }

  /** A process that dies in the middle of a segment. */
  async function die(seconds: number): Promise<void> {
    const recording = createRecorder(deps).start(id, epochMs);
    feedPackager({ clock: deps.clock, epochMs, recording }).until(seconds);
    await recording.written();
  }

  it('has a gap where a segment was cut or is gone, and gives no half of it', async () => {
    await record(9);
    await truncate(blob('video/1.m4s'), 100);
    await rm(blob('video/3.m4s'));
    const replay = (await createRecorder(deps).openReplay(id))!;
    const text = await playlist(replay, 'video');
    assert.match(text, /#EXT-X-GAP\n#EXTINF:.*\n1\.m4s\n/);
    assert.match(text, /#EXT-X-GAP\n#EXTINF:.*\n3\.m4s\n/);
    assert.equal(text.match(/EXT-X-GAP/g)?.length, 2);
    assert.equal((await playlist(replay, 'audio')).includes('EXT-X-GAP'), false);
    for (const msn of [1, 3]) await assert.rejects(hlsBytes(replay.segment('video', msn)), Refusal);
    assert.ok((await hlsBytes(replay.segment('video', 2))).length > 100);
    assert.ok(said.some(line => /lacks bytes/.test(line)));
  });

  it('has no sound where its initialization section is gone, and pictures all the same', async () => {
    await record(5);
    await rm(blob('audio/init-0.mp4'));
    const replay = (await createRecorder(deps).openReplay(id))!;
    assert.equal((await playlist(replay, 'video')).includes('EXT-X-GAP'), false);
    assert.doesNotMatch(
      (await playlist(replay, 'audio')).replaceAll(/#EXT-X-GAP\n#EXTINF:.*\n.*\n/g, ''),
      /m4s/,
    );
    assert.doesNotMatch((await hlsBytes(replay.multivariant())).toString(), /mp4a/);
  });

  it('is no replay where all of it is gone', async () => {
    await record(5);
    await rm(path.join(folder, 'data/recordings'), { recursive: true });
    assert.equal(await createRecorder(deps).openReplay(id), null);
    assert.ok(said.some(line => /lacks bytes/.test(line)));
  });

  it('goes on behind a gap where a journal was damaged, which is said', async () => {
    await die(5);
    const file = journal('video/3.m4s');
    const bytes = await readFile(file);
    bytes[20]! ^= 0xff;
    await writeFile(file, bytes);
    const reopened = (await createRecorder(deps).reopen(id))!;
    const numbers = reopened.renditions.video!.segments.map(({ msn, gap }) => `${msn}${gap ? ' gap' : ''}`);
    assert.deepEqual(numbers.slice(0, 5), ['0', '1', '2', '3 gap', '4 gap']);
    assert.ok(said.some(line => /holds no whole part/.test(line)));
  });

  it('goes on behind a gap where a stored segment was cut', async () => {
    await die(7);
    await truncate(blob('video/1.m4s'), 10);
    const reopened = (await createRecorder(deps).reopen(id))!;
    assert.deepEqual(
      reopened.renditions.video!.segments.slice(0, 3).map(({ gap }) => gap),
      [false, true, false],
    );
  });

  it('whose syncs fail says that it is not kept, and acknowledges nothing', async () => {
    const told: boolean[] = [];
    const broken = { ...deps.blobs, put: () => Promise.reject(new Fault('EIO')) };
    const clock = new FakeClock(epochMs);
    const recording = createRecorder({ ...deps, clock, blobs: broken }).start(id, epochMs, kept =>
      told.push(kept),
    );
    const { until, packager } = feedPackager({ clock, epochMs, recording });
    until(4);
    await waitUntil('it is told', () => {
      clock.advance(1000);
      return told.length > 0;
    });
    assert.deepEqual(told, [false]);
    await packager.finish();
  });
});
