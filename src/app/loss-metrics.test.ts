import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isRtcp, parseRtp } from '#media/rtp/packet.ts';
import { writeNack, writePli } from '#media/rtp/rtcp-write.ts';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { OddPublisher } from '#tests/support/odd-publisher.ts';
import { openRtcPeer, type RtcPeer } from '#tests/support/rtc-peer.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { until } from '#tests/support/until.ts';

/** Of the publisher's packets one in so many never arrives. */
const LOST_EVERY = 20;

describe('the metrics of lossy ways', () => {
  let server: TestServer;
  let broadcast: NewBroadcast;
  const peers: RtcPeer[] = [];
  let shooting: NodeJS.Timeout | undefined;

  before(async () => {
    server = await startTestServer();
    broadcast = await newBroadcast(server.url, 'ana');
  });
  after(async () => {
    clearInterval(shooting);
    for (const peer of peers) peer.close();
    await server?.close();
  });

  async function connect(direction: 'sendonly' | 'recvonly', url: string): Promise<RtcPeer> {
    const peer = await openRtcPeer({ direction, kinds: ['video', 'audio'] });
    peers.push(peer);
    const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${broadcast.publishToken}` };
    const response = await fetch(url, { method: 'POST', headers, body: peer.offer });
    assert.equal(response.status, 201);
    peer.answer(await response.text());
    await peer.opened;
    return peer;
  }

  async function grows(name: string): Promise<void> {
    await until(`${name} grows`, async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]) > 0;
    });
  }

  it('tell what a publisher was asked for again, what was given up, and what that broke', async () => {
    const peer = await connect('sendonly', broadcast.whipUrl);
    let [packets, pictures] = [0, 0];
    const publisher = new OddPublisher(bytes => {
      if (++packets % LOST_EVERY !== 0) peer.send('video', bytes);
    });
    shooting = setInterval(() => publisher.picture(pictures * 3000, pictures++ % 30 === 0), 1000 / 30);
    for (const name of ['nacks', 'lost_packets', 'dropped_units', 'plis'])
      await grows(`skylark_whip_${name}_total`);
    await grows('skylark_whip_keyframe_interval_seconds_count\\{layer="video"\\}');
  });

  it('tell what a viewer asked for again, and got', async () => {
    const peer = await connect('recvonly', new URL(`/whep/${broadcast.id}`, server.url).href);
    const scratch = new Uint8Array(64);
    peer.onPacket((kind, bytes) => {
      const packet = isRtcp(bytes) || kind !== 'video' ? null : parseRtp(bytes);
      if (!packet) return;
      const end = writeNack(scratch, 0, 1, packet.ssrc, [packet.sequenceNumber]);
      peer.send('video', scratch.slice(0, end));
      peer.send('video', scratch.slice(0, writePli(scratch, 0, 1, packet.ssrc)));
    });
    for (const name of ['nacks', 'resent_packets', 'plis']) await grows(`skylark_whep_${name}_total`);
  });
});
