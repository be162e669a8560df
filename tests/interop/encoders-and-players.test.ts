import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { createCertificate } from '#adapters/rtc-libdatachannel/certificate.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { Client, hasGstreamer, hasPythonClients, type Seen } from '#tests/support/clients.ts';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { settled } from '#tests/support/settled.ts';
import { until } from '#tests/support/until.ts';

/** How long a publisher sends at most; it is closed once its viewers have seen enough. */
const PUBLISHES_S = 120;
const PICTURES = 60;

const python = skipWithout('aiortc and PyAV', hasPythonClients());
const gstreamer = python || skipWithout('GStreamer', hasGstreamer());

describe('encoders and players that others wrote', { skip: python }, () => {
  let server: TestServer;
  let folder: string;
  let broadcast: NewBroadcast;
  let clients: Client[] = [];
  let count = 0;

  before(async () => {
    server = await startTestServer();
    folder = await mkdtemp(path.join(tmpdir(), 'skylark-clients-'));
  });
  afterEach(async () => {
    for (const client of clients) await client.close();
    clients = [];
  });
  after(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (script: string, ...args: readonly (string | number)[]): Client => {
    const client = new Client(script, args);
    clients.push(client);
    return client;
  };

  const publisher = async (script: string, ...options: readonly string[]): Promise<Client> => {
    broadcast = await newBroadcast(server.url, `wild${count++}`);
    return run(script, broadcast.whipUrl, broadcast.publishToken, PUBLISHES_S, ...options);
  };

  const publish = async (script: string, ...options: readonly string[]): Promise<void> => {
    const client = await publisher(script, ...options);
    await client.publishing();
    await until('the broadcast is live', async () => (await stateOf(broadcast)) === 'live');
  };

  const stateOf = async ({ id }: NewBroadcast): Promise<string> => {
    const response = await fetch(`${server.url}/api/v1/broadcasts/${id}`);
    return ((await response.json()) as { state: string }).state;
  };

  const whep = (script: string, ...options: readonly string[]) =>
    run(script, `${server.url}/whep/${broadcast.id}`, PICTURES, ...options).seen();
  const hls = () => run('view_hls', `${server.url}/hls/${broadcast.id}/index.m3u8`, PICTURES).seen();

  const assertMoves = (seen: Seen): void => {
    assert.ok(seen.pictures >= PICTURES, JSON.stringify(seen));
    assert.ok(seen.motion > 2, JSON.stringify(seen));
  };
  const assertWhole = (seen: Seen): void => {
    assertMoves(seen);
    assert.ok(seen.loudness > 0.01, JSON.stringify(seen));
  };

  /** P-256, which FFmpeg makes itself where it was built with OpenSSL. */
  const certificateFiles = async (): Promise<string[]> => {
    const { certificatePem, keyPem } = createCertificate();
    const [certificate, key] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')];
    await writeFile(certificate, certificatePem);
    await writeFile(key, keyPem);
    return [`cert_file=${certificate}`, `key_file=${key}`];
  };

  it('aiortc publishes, and is seen and heard by itself and by FFmpeg', async () => {
    await publish('publish_aiortc');
    assertWhole(await whep('view_aiortc'));
    assertWhole(await hls());
  });

  it('FFmpeg publishes, and is seen and heard by aiortc and by itself', async () => {
    await publish('publish_ffmpeg', ...(await certificateFiles()));
    assertWhole(await whep('view_aiortc'));
    assertWhole(await hls());
  });

  it('pictures without sound are seen on WHEP, and on HLS with silence', async () => {
    await publish('publish_ffmpeg', '--no-sound', ...(await certificateFiles()));
    assertMoves(await whep('view_aiortc', '--no-sound'));
    const playlist = await fetch(`${server.url}/hls/${broadcast.id}/index.m3u8`);
    assert.match(await playlist.text(), /TYPE=AUDIO/);
  });

  it('FFmpeg whose certificate is on a curve that we cannot take: its owner is told in words', async () => {
    const client = await publisher('publish_ffmpeg');
    const troubles: string[] = [];
    const room = new WebSocket(`${server.url.replace('http', 'ws')}/socket`);
    room.onopen = () => room.send(JSON.stringify({ op: 'join', topic: `room:${broadcast.id}` }));
    room.onmessage = ({ data }) => {
      for (const event of (JSON.parse(String(data)) as { events: RoomEvent[] }).events)
        if (event.type === 'troubles') troubles.push(...event.troubles);
    };
    try {
      await client.failed();
      await settled(() => troubles.includes('not-secured'), 'the room hears of it');
    } finally {
      room.close();
    }
  });

  describe('GStreamer', { skip: gstreamer }, () => {
    it('publishes, and is seen and heard by aiortc, by itself and by FFmpeg', async () => {
      await publish('publish_gst');
      assertWhole(await whep('view_aiortc'));
      assertWhole(await whep('view_gst'));
      assertWhole(await hls());
    });

    it('that names its parameter sets in its offer only is seen from the beginning, on WHEP and HLS', async () => {
      await publish('publish_gst', '--no-sound', '--sets-in-sdp');
      assertMoves(await whep('view_aiortc', '--no-sound'));
      assertMoves(
        await run('view_hls', `${server.url}/hls/${broadcast.id}/index.m3u8`, PICTURES, '--no-sound').seen(),
      );
    });
  });
});
