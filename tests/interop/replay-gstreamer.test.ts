import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Unit } from '#media/unit.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { Client, playsWithGstreamer } from '#tests/support/clients.ts';
import { HlsRig } from '#tests/support/hls-rig.ts';
import { audioTrack, encodeOpus, encodeVideo, sine, videoTrack } from '#tests/support/media.ts';

const SECONDS = 26;
/** Sound is cut this long after the picture at most; a seek to there lands in the segment before. */
const SOUND_CUT_S = 1.92;
const FRAME_S = 1024 / 48_000;

describe('GStreamer seeks in a replay by key unit', {
  skip: skipWithout('gstreamer', playsWithGstreamer()),
}, () => {
  let rig: HlsRig;
  /** Where the segments of the picture begin. */
  const cuts: number[] = [];

  before(async () => {
    rig = await HlsRig.open([videoTrack, audioTrack]);
    for (const unit of await units())
      rig.packager.unit(unit.kind === 'video' ? videoTrack : audioTrack, unit);
    await rig.archive();
    const playlist = await (await fetch(rig.url.replace('index', 'video/replay'))).text();
    let start = 0;
    for (const [, length] of playlist.matchAll(/#EXTINF:([\d.]+)/g)) {
      cuts.push(start);
      start += Number(length);
    }
    assert.ok(cuts.length >= 4, playlist);
  });

  after(() => rig?.close());

  // A player for each: version 1.22 aborts where a seek meets a download of the one before.
  test('each lands with picture and sound where the segment begins that was asked for', async () => {
    for (const [i, cut] of cuts.entries()) {
      const end = cuts[i + 1] ?? SECONDS;
      for (const asked of [cut + SOUND_CUT_S, end - 0.1].filter(at => at >= cut + SOUND_CUT_S && at < end)) {
        const { video, audio } = await new Client('seek_gst', [rig.url, asked]).reported<Landed>();
        assert.ok(Math.abs(video - cut) < 0.001, `${asked} landed at ${video}, not at ${cut}`);
        assert.ok(Math.abs(audio - video) < FRAME_S, `sound goes on at ${audio}, the picture at ${video}`);
      }
    }
  });
});

interface Landed {
  readonly video: number;
  readonly audio: number;
}

async function units(): Promise<Unit[]> {
  const video = await encodeVideo({ seconds: SECONDS });
  const audio = await encodeOpus(sine(SECONDS, 2), 2);
  const seconds = (unit: Unit) => unit.pts / (unit.kind === 'video' ? 90_000 : 48_000);
  return [...video, ...audio].sort((a, b) => seconds(a) - seconds(b));
}
