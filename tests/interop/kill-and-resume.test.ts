import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithout } from '#tests/support/backend.ts';
import { KilledServer } from '#tests/support/killed-server.ts';
import { ffprobe } from '#tests/support/media.ts';
import { Seeded } from '#tests/support/seeded.ts';

const KILLS = 4;

describe('a server that is killed while somebody broadcasts', () => {
  const random = new Seeded(9);
  let server: KilledServer;
  before(async () => {
    server = await KilledServer.open();
  });
  after(() => server?.close());

  for (let round = 1; round <= KILLS; round++)
    it(`plays what was recorded at once, and the publisher comes back (kill ${round})`, async () => {
      await server.publish();
      const { lostMs, playableAfterMs } = await server.kill('any', random.below(2500));
      assert.equal((await server.state()).state, 'interrupted');
      assert.ok(lostMs < 1000, `lost ${lostMs} ms`);
      assert.ok(playableAfterMs < 5000, `playable after ${playableAfterMs} ms`);
      const playlist = await server.playlist('video/index.m3u8');
      assert.doesNotMatch(playlist, /ENDLIST/);
      // Numbers are left out, and no picture that was kept.
      assert.doesNotMatch(playlist, /EXT-X-GAP\n#EXTINF:(?!0\.04,)/);
      assert.equal(playlist.match(/EXT-X-DISCONTINUITY\n/g)?.length ?? 0, round - 1);
    });

  it('is one replay of one broadcast in the end', async () => {
    const ended = await server.end();
    assert.equal(ended.state, 'archived');
    for (const rendition of ['video', 'audio']) {
      const playlist = await server.playlist(`${rendition}/index.m3u8`);
      assert.match(playlist, /#EXT-X-ENDLIST\n$/);
      assert.equal(playlist.match(/EXT-X-DISCONTINUITY\n/g)?.length, KILLS - 1);
      const names = Array.from(playlist.matchAll(/^(?:\d+_)?(\d+\.m4s)$/gm), match => match[1]!);
      assert.deepEqual(
        names,
        [...names.keys()].map(msn => `${msn}.m4s`),
      );
    }
  });

  it('what is a gap is said to be none, at once', async () => {
    const base = `${server.url}/hls/${server.broadcast.id}/video/`;
    for (const name of ['index.m3u8', 'replay.m3u8']) {
      const gaps = (await server.playlist(`video/${name}`)).matchAll(/EXT-X-GAP\n#EXTINF:.*\n(.*\.m4s)/g);
      for (const [, gap] of gaps) assert.equal((await fetch(new URL(gap!, base))).status, 404, gap!);
    }
  });

  it('ffprobe reads it', { skip: skipWithout('ffmpeg') }, async () => {
    const { streams, packets } = await ffprobe(`${server.url}/hls/${server.broadcast.id}/index.m3u8`);
    assert.deepEqual(streams.map(stream => stream.codec_type).sort(), ['audio', 'video']);
    const { durationMs } = await server.state();
    const pictures = streams.find(stream => stream.codec_type === 'video')!;
    const shown = packets.filter(packet => packet.stream_index === pictures.index).length;
    assert.ok(shown > (durationMs! / 1000) * 15, `${shown} pictures in ${durationMs} ms`);
  });
});
