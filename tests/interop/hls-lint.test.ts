import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';
import { fillWithSamples } from '../../tools/demo-samples.ts';
import { lint, type Verdict } from '../../tools/hls-lint/lint.ts';

const WATCH_S = 10;

/** Our own output before everybody else's: what a browser's publisher sends, live and as the replay. */
describe('hls-lint finds nothing in a broadcast of ours', () => {
  let server: ServerProcess;
  let publisher: ReturnType<typeof startSyntheticPublisher>;
  let url: string;

  before(async () => {
    server = await startServerProcess();
    const created = await fillWithSamples(server.url);
    url = `${server.url}/hls/${created.id}/index.m3u8`;
    publisher = startSyntheticPublisher({
      ...created,
      whipUrl: new URL(created.whipUrl, server.url).href,
    });
    await until('the stream can be played', async () => (await fetch(url)).status === 200);
  });

  after(async () => {
    await publisher.close();
    await server.close();
  });

  test('while it is live', async () => {
    const verdict = await lint(url, WATCH_S);
    assert.equal(verdict.live, true);
    assertClean(verdict, 4);
  });

  test('in its replay', async () => {
    await publisher.close();
    await until('the replay is there', async () =>
      (await (await fetch(url)).text()).includes('video/replay.m3u8'),
    );
    const verdict = await lint(url, WATCH_S);
    assert.equal(verdict.live, false);
    // Those of the live playlist, several in one.
    assertClean(verdict, 2);
  });
});

function assertClean({ findings, renditions }: Verdict, segmentsMin: number): void {
  assert.equal(renditions.length, 2);
  for (const { url, segments } of renditions)
    assert.ok(segments >= segmentsMin, `${url}: ${segments} segments`);
  assert.deepEqual(findings, [], JSON.stringify(findings, null, 2));
}
