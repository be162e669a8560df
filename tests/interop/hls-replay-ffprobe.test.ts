import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import { createWebcodecsTranscoder } from '#adapters/transcoder-webcodecs/index.ts';
import { systemClock } from '#base/clock.ts';
import type { BroadcastId } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import type { HlsSource } from '#live/index.ts';
import { createPackager, type Packager } from '#live/packager/packager.ts';
import { createRecorder, type Recorder } from '#live/recorder/recorder.ts';
import type { Unit } from '#media/unit.ts';
import type { Blobs } from '#ports/blobs.ts';
import type { Db } from '#ports/db.ts';
import type { Journals } from '#ports/journals.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { createHlsHandler } from '#servers/hls/index.ts';
import { requireBackend } from '#tests/support/backend.ts';
import {
  audioTrack,
  encodeOpus,
  encodeVideo,
  ffprobe,
  type ProbedPacket,
  sine,
  videoTrack,
} from '#tests/support/media.ts';
import { newSlices } from '#tests/support/slices.ts';
import { newTurns } from '#tests/support/turns.ts';

const SECONDS = 9;
const id: BroadcastId = '01hzzzzzzzzzzzzzzzzzzzzzzz';
const epochMs = Date.UTC(2026, 0, 1);

describe('a broadcast from units to the replay', () => {
  let folder: string;
  let db: Db;
  let blobs: Blobs;
  let journals: Journals;
  let recorder: Recorder;
  let transcoder: Transcoder;
  const sources = new Map<BroadcastId, HlsSource>();
  const server = createServer(
    createHlsHandler({
      source: async key => sources.get(key) ?? recorder.openReplay(key),
      log,
      slices: newSlices(),
      turns: newTurns(),
    }),
  );
  let origin: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'skylark-hls-'));
    db = await openSqlite({ file: path.join(folder, 'db.sqlite'), log });
    blobs = await openDiskBlobs({ directory: path.join(folder, 'blobs'), log });
    journals = await openDiskJournals({ directory: path.join(folder, 'journals') });
    transcoder = createWebcodecsTranscoder({ log });
    recorder = createRecorder({ db, blobs, journals, clock: systemClock, log });
    await db.migrate(recorder.migrations);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(async () => {
    server.closeAllConnections();
    server.close();
    await transcoder.close();
    await db.close();
    await rm(folder, { recursive: true, force: true });
  });

  const get = (name: string) => fetch(`${origin}/hls/${id}/${name}`);
  const text = async (name: string) => {
    const response = await get(name);
    assert.equal(response.status, 200, `${name}: ${response.status}`);
    return response.text();
  };

  test('goes live with parts that a player can follow by blocking reload', async () => {
    const recording = recorder.start(id, epochMs);
    const packager = createPackager({
      epochMs,
      tracks: [videoTrack, audioTrack],
      clock: systemClock,
      log,
      transcoder,
      keyframeWanted: () => {},
      recording,
    });
    sources.set(id, packager.source);
    const joining = text('index.m3u8');
    const player = followParts(origin, 'video', 20);
    await feed(packager, await units());
    assert.match(await joining, /CODECS="avc1\.\w+,mp4a\.40\.2"/);
    const parts = await player;
    assert.ok(parts.every(part => part.bytes > 0 && part.seconds <= 0.22));
    await packager.finish();
    const totals = await recording.finish();
    assert.ok(Math.abs(totals!.durationMs - SECONDS * 1000) < 100, `${totals?.durationMs}`);
    sources.delete(id);
  });

  test('the replay has few segments, and those that were live under the same names, after a restart', async () => {
    recorder = createRecorder({ db, blobs, journals, clock: systemClock, log });
    const replay = await text('video/replay.m3u8');
    assert.match(replay, /#EXT-X-PLAYLIST-TYPE:VOD\n.*#EXT-X-MEDIA-SEQUENCE:0\n/s);
    const playlist = await text('video/index.m3u8');
    const whole: Buffer[] = [];
    for (const text of [replay, playlist]) {
      assert.match(text, /#EXT-X-ENDLIST\n$/);
      const bytes: Buffer[] = [];
      for (const [name] of text.matchAll(/^[\d-]+\.m4s$/gm)) {
        const response = await get(`video/${name}`);
        assert.equal(response.status, 200, name);
        bytes.push(Buffer.from(await response.arrayBuffer()));
      }
      whole.push(Buffer.concat(bytes));
    }
    assert.deepEqual(whole[0], whole[1]);
    assert.ok(replay.match(/EXTINF/g)!.length <= Math.ceil(SECONDS / 6));
    assert.equal((await get('video/0-1.m4s')).status, 404, 'only what is listed is put together');
    assert.equal((await get('video/999.m4s')).status, 404);
  });

  test('ffprobe reads the replay whole: one video, one audio, equally long, without a gap', async t => {
    if (!requireBackend(t, 'ffmpeg')) return;
    const probed = await ffprobe(`${origin}/hls/${id}/index.m3u8`);
    assert.deepEqual(probed.streams.map(stream => stream.codec_name).sort(), ['aac', 'h264']);
    const spans = probed.streams.map(stream =>
      span(probed.packets.filter(packet => packet.stream_index === stream.index)),
    );
    for (const { start, end, gap } of spans) {
      assert.ok(Math.abs(start) < 0.1, `starts at ${start}`);
      assert.ok(Math.abs(end - start - SECONDS) < 0.2, `lasts ${end - start}`);
      assert.ok(gap < 0.1, `gap of ${gap}`);
    }
    assert.ok(Math.abs(spans[0]!.end - spans[1]!.end) < 0.2);
  });

  test('deleting the broadcast leaves nothing behind', async () => {
    await recorder.delete(id);
    assert.equal((await get('index.m3u8')).status, 404);
    assert.equal(await blobs.size(`recordings/${id}/video/0.m4s`), null);
  });
});

async function units(): Promise<Unit[]> {
  const video = await encodeVideo({ seconds: SECONDS });
  const audio = await encodeOpus(sine(SECONDS, 2), 2);
  const seconds = (unit: Unit) => unit.pts / (unit.kind === 'video' ? 90_000 : 48_000);
  return [...video, ...audio].sort((a, b) => seconds(a) - seconds(b));
}

/** Feeds at the pace of the audio codec: the packager replaces audio that is far behind the video by silence. */
async function feed(packager: Packager, all: readonly Unit[]): Promise<void> {
  for (const unit of all) {
    packager.unit(unit.kind === 'video' ? videoTrack : audioTrack, unit);
    const frame = Math.floor(unit.pts / 1024) - 30;
    if (unit.kind === 'audio' && unit.pts % 9600 === 0 && frame > 0)
      await published(packager.source, Math.floor(frame / 90), Math.floor((frame % 90) / 10));
  }
}

function published(source: HlsSource, msn: number, part: number): Promise<void> {
  return new Promise(resolve => {
    const answer = source.playlist('audio', { msn, part });
    if ('onSettled' in answer) answer.onSettled(() => resolve());
    else resolve();
  });
}

/** Follows as a player does: reload with the next number, then fetch the part, or the segment when it is no longer listed in parts. */
async function followParts(
  origin: string,
  rendition: string,
  count: number,
): Promise<{ bytes: number; seconds: number }[]> {
  const got: { bytes: number; seconds: number }[] = [];
  const base = `${origin}/hls/${id}/${rendition}`;
  const bytes = async (name: string) => {
    const response = await fetch(`${base}/${name}`);
    assert.equal(response.status, 200, name);
    return (await response.arrayBuffer()).byteLength;
  };
  for (let msn = 0, part = 0; got.length < count; ) {
    const response = await fetch(`${base}/index.m3u8?_HLS_msn=${msn}&_HLS_part=${part}`);
    const playlist = await response.text();
    assert.equal(response.status, 200, playlist);
    const line = new RegExp(`DURATION=([\\d.]+),URI="${msn}\\.${part}\\.m4s"`).exec(playlist);
    if (line) {
      got.push({ bytes: await bytes(`${msn}.${part}.m4s`), seconds: Number(line[1]) });
      part++;
    } else {
      if (part === 0) assert.ok((await bytes(`${msn}.m4s`)) > 0);
      [msn, part] = [msn + 1, 0];
    }
  }
  return got;
}

function span(packets: readonly ProbedPacket[]): { start: number; end: number; gap: number } {
  let gap = 0;
  let end = Number(packets[0]!.dts_time);
  for (const packet of packets) {
    gap = Math.max(gap, Math.abs(Number(packet.dts_time) - end));
    end = Number(packet.dts_time) + Number(packet.duration_time);
  }
  return { start: Number(packets[0]!.pts_time), end, gap };
}
