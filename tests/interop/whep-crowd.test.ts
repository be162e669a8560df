import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startLoad } from '#tests/bench/load/start.ts';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { type SyntheticPublisher, startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';

const VIEWERS = 80;

describe('a crowd that joins at once', () => {
  let server: ServerProcess;
  let broadcast: NewBroadcast;
  let publisher: SyntheticPublisher;

  before(async () => {
    server = await startServerProcess();
    broadcast = await newBroadcast(server.url, 'ana');
    publisher = startSyntheticPublisher(broadcast);
    const playlist = `${server.url}/hls/${broadcast.id}/index.m3u8`;
    await until('the broadcast plays', async () => (await fetch(playlist)).ok);
  });
  after(async () => {
    await publisher?.close();
    await server?.close();
  });

  it('is let in by WebRTC, and everybody sees pictures, though its own machine is as busy with it as ours', async () => {
    const crowd = startLoad('whep-crowd.ts', `${server.url}/whep/${broadcast.id}`, String(VIEWERS));
    try {
      assert.deepEqual(JSON.parse(await crowd.nextLine()), { 201: VIEWERS });
      assert.equal(await crowd.nextLine(), 'playing');
    } finally {
      await crowd.stop();
    }
  });
});
