import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { requireBackend } from '#tests/support/backend.ts';
import { decodedPictures } from '#tests/support/bitstream.ts';
import { B_FRAMES_FILE, readFilm } from '#tests/support/film.ts';
import { HlsRig } from '#tests/support/hls-rig.ts';
import { ffprobe, videoTrack } from '#tests/support/media.ts';
import { OddBroadcast } from '#tests/support/odd-broadcast.ts';

const FPS = 24;
/** Another film, to look at more than drawn pictures. */
const file = process.env.SKYLARK_TEST_FILM ?? B_FRAMES_FILE;
let rig: HlsRig;

before(async () => {
  rig = await HlsRig.open([videoTrack]);
  const broadcast = await OddBroadcast.open(false);
  broadcast.stream.read({
    unit: (track, unit) => {
      if (track.kind === 'video') rig.packager.unit(track, unit);
    },
    ended() {},
  });
  for (const { pts, nals } of await readFilm(file)) {
    broadcast.publisher.nals(900_000 + pts, nals);
    await broadcast.advance(1000 / FPS);
  }
  await rig.packager.finish();
});

after(() => rig?.close());

for (const form of ['what was live', 'the replay'])
  test(`a film with B-frames, sent as RTP, is the same film in ${form}`, async t => {
    if (!requireBackend(t, 'ffmpeg')) return;
    if (form === 'the replay') await rig.archive();
    const [sent, shown] = [await decodedPictures(file), await decodedPictures(rig.url)];
    assert.equal(shown.length, sent.length);
    assert.deepEqual(shown, sent);
    const { packets } = await ffprobe(rig.url);
    packets.forEach(({ pts_time, dts_time }, i) => {
      assert.ok(Number(dts_time) <= Number(pts_time), `picture ${i}: ${dts_time} after ${pts_time}`);
      assert.ok(i === 0 || Number(dts_time) > Number(packets[i - 1]!.dts_time), `picture ${i}: ${dts_time}`);
    });
    const times = packets.map(packet => Number(packet.pts_time)).toSorted((a, b) => a - b);
    times.forEach((at, i) => {
      assert.ok(i === 0 || Math.abs(at - times[i - 1]! - 1 / FPS) < 0.002, `${at} s after ${times[i - 1]}`);
    });
  });
