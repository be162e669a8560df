import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithout } from '#tests/support/backend.ts';
import { KilledServer } from '#tests/support/killed-server.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { lint } from '../../tools/hls-lint/lint.ts';

const KILLS = 3;
const LINT_S = 3;
const layers = ['video', 'video-2', 'video-3'] as const;

describe('a server that is killed while somebody broadcasts in three layers', {
  skip: skipWithout('ffmpeg'),
}, () => {
  const random = new Seeded(11);
  let server: KilledServer;
  before(async () => {
    server = await KilledServer.open();
  });
  after(() => server?.close());

  /** Nothing is found, in `names` of every layer. */
  const holds = async (names: 'index.m3u8' | 'replay.m3u8') => {
    const verdict = await lint(`${server.url}/hls/${server.broadcast.id}/index.m3u8`, LINT_S);
    assert.deepEqual(verdict.findings, [], JSON.stringify(verdict.findings, null, 2));
    for (const layer of layers)
      assert.ok(
        verdict.renditions.some(({ url }) => url.endsWith(`/${layer}/${names}`)),
        layer,
      );
  };

  for (let round = 1; round <= KILLS; round++)
    it(`plays every layer, and nothing is wrong with what follows (kill ${round})`, async () => {
      await server.publishLayers();
      await holds('index.m3u8');
      const { lostMs, playableAfterMs } = await server.kill('any', random.below(2500));
      assert.equal((await server.state()).state, 'interrupted');
      assert.ok(lostMs < 1000, `lost ${lostMs} ms`);
      assert.ok(playableAfterMs < 5000, `playable after ${playableAfterMs} ms`);
    });

  it('is one replay in the end, of every layer', async () => {
    assert.equal((await server.end()).state, 'archived');
    await holds('replay.m3u8');
    for (const layer of layers) {
      const playlist = await server.playlist(`${layer}/replay.m3u8`);
      assert.equal(playlist.match(/#EXT-X-DISCONTINUITY\n/g)?.length, KILLS - 1);
    }
  });
});
