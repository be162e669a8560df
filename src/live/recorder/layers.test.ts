import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import type { BroadcastId } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import type { Db } from '#ports/db.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { hlsBytes } from '#tests/support/hls-bytes.ts';
import { feedPackager } from '#tests/support/packager.ts';
import type { RecordingSink } from '../packager/packager.ts';
import type { HlsAnswer, HlsSource, RenditionName } from '../packager/source.ts';
import { createRecorder, type RecorderDeps } from './recorder.ts';

const id: BroadcastId = '01hzzzzzzzzzzzzzzzzzzzzzzz';
const epochMs = Date.UTC(2026, 0, 1);
const layers = ['video', 'video-2', 'video-3'] as const;

await onEveryDatabase('recording of layers', open => {
  let folder: string;
  let db: Db;
  let deps: RecorderDeps;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'skylark-layers-'));
    db = await open();
    const blobs = await openDiskBlobs({ directory: folder, log });
    const journals = await openDiskJournals({ directory: path.join(folder, 'journals') });
    deps = { db, blobs, journals, clock: new FakeClock(), log };
    await db.migrate(createRecorder(deps).migrations);
  });
  afterEach(async () => {
    await db.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** As after a restart: nothing in memory. */
  const replay = async (): Promise<HlsSource> => {
    const found = await createRecorder(deps).openReplay(id);
    assert.ok(found, 'there is a replay');
    return found;
  };

  it('the replay has every layer with the segments that were live, and promises that each can be decoded alone', async () => {
    const recording = createRecorder(deps).start(id, epochMs);
    const { packager, until } = feedPackager({ clock: deps.clock, epochMs, recording, layers: 3 });
    until(7);
    await packager.finish();
    await recording.finish();
    const source = await replay();
    assert.deepEqual(
      text(source.multivariant()).match(/^video.*$/gm),
      layers.map(name => `${name}/replay.m3u8`),
    );
    assert.match(text(source.multivariant()), /FRAME-RATE=30\.000/);
    for (const name of layers) {
      const playlist = playlistOf(source, name);
      assert.match(playlist, /#EXT-X-INDEPENDENT-SEGMENTS\n/);
      const merged = text(source.replay(name));
      assert.match(merged, /#EXT-X-INDEPENDENT-SEGMENTS\n/);
      assert.deepEqual(
        merged.match(/^[\d-]+\.m4s$/gm),
        ['0-3.m4s', '4.m4s'],
        'every layer is cut at the same places',
      );
      assert.equal(playlist.match(/^(?:\d+_)?\d+\.m4s$/gm)?.length, 5);
      for (const msn of [0, 4])
        assert.deepEqual(
          await hlsBytes(source.segment(name, msn)),
          await hlsBytes(packager.source.segment(name, msn)),
        );
    }
  });

  it('a gap of a layer stands in the replay as it stood in the live playlist', async () => {
    const recording = createRecorder(deps).start(id, epochMs);
    const { packager, until } = feedPackager({
      ...{ clock: deps.clock, epochMs, recording, layers: 2 },
      isSilent: (layer, seconds) => layer === 1 && (seconds < 3 || (seconds >= 8 && seconds < 13)),
    });
    until(16);
    const live = segmentLines(playlistOf(packager.source, 'video-2'));
    await packager.finish();
    await recording.finish();
    const replayed = playlistOf(await replay(), 'video-2');
    assert.ok(live.filter(line => line === '#EXT-X-GAP').length >= 4, live.join('\n'));
    assert.deepEqual(segmentLines(replayed).slice(0, live.length), live);
  });

  it('goes on after a crash with every layer, behind one discontinuity', async () => {
    const recording = createRecorder(deps).start(id, epochMs);
    // The layers are not journalled equally far: the parts of one did not come to the disk.
    const lame: RecordingSink = {
      init: recording.init,
      segment: recording.segment,
      isKept: recording.isKept,
      part: (name, timescale, segment) => {
        if (name !== 'video-2' || segment.msn < 2) recording.part(name, timescale, segment);
      },
    };
    feedPackager({ clock: deps.clock, epochMs, recording: lame, layers: 3 }).until(3);
    await recording.written();
    const reopened = await createRecorder(deps).reopen(id);
    assert.ok(reopened);
    const goesOn = createRecorder(deps).start(id, epochMs);
    assert.deepEqual(Object.keys(reopened.renditions).sort(), ['audio', ...layers]);
    const { packager, until } = feedPackager({
      ...{ clock: deps.clock, epochMs, layers: 3, earlier: reopened.renditions },
      recording: goesOn,
      fromSeconds: 20,
    });
    until(24);
    const [first, ...others] = layers.map(name => playlistOf(packager.source, name));
    assert.equal(first!.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
    // What the crash took had these numbers: caches that saw it must not give it out for what came after.
    assert.match(
      first!,
      /\n00_2\.m4s\n(?:#.*\n)*#EXT-X-GAP\n#EXTINF:0\.04,\n3\.m4s\n(?:#.*\n)*4\.m4s\n#EXT-X-DISC/,
    );
    assert.match(first!, /MAP:URI="init-1.mp4"\n(?:#.*\n)*1_5\.m4s\n/);
    assert.match(first!, /URI="1_5\.0\.m4s"/);
    for (const other of others) {
      assert.equal(other.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
      assert.deepEqual(segmentLines(other).slice(-3), segmentLines(first!).slice(-3));
    }
    const total = (playlist: string) =>
      [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
    assert.ok(Math.abs(total(first!) - total(others[0]!)) < 0.1, 'a gap keeps the place of what was lost');
    assert.match(others[0]!, /#EXT-X-GAP/);
    await packager.finish();
    await goesOn.finish();
    for (const name of layers)
      assert.equal(playlistOf(await replay(), name).match(/DISCONTINUITY\n/g)?.length, 1);
  });

  it('a layer that does not come back after a crash has gaps and leaves the choice', async () => {
    const recording = createRecorder(deps).start(id, epochMs);
    feedPackager({ clock: deps.clock, epochMs, recording, layers: 2 }).until(3);
    await recording.written();
    const reopened = await createRecorder(deps).reopen(id);
    const { packager, until } = feedPackager({
      ...{ clock: deps.clock, epochMs, layers: 1, earlier: reopened!.renditions },
      fromSeconds: 20,
    });
    until(26);
    const gone = playlistOf(packager.source, 'video-2');
    assert.equal(gone.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
    assert.ok((gone.match(/#EXT-X-GAP/g)?.length ?? 0) >= 2, gone);
    until(80);
    assert.deepEqual(text(packager.source.multivariant()).match(/^video.*$/gm), ['video/index.m3u8']);
  });
});

function text(answer: HlsAnswer): string {
  assert.ok('chunks' in answer, 'an answer at once');
  return Buffer.concat(answer.chunks).toString();
}

function playlistOf(source: HlsSource, name: RenditionName): string {
  return text(source.playlist(name, { msn: null, part: null }));
}

/** What stands in the playlist of whole segments. */
function segmentLines(playlist: string): string[] {
  return playlist
    .split('\n')
    .filter(line => /^#EXT-X-GAP|^#EXTINF|^(?:\d+_)?\d+\.m4s|^#EXT-X-DISCONTINUITY$/.test(line));
}
