import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isRtcp, parseRtp, RTP_HEADER_BYTES, type RtpPacket, writeRtpHeader } from '#media/rtp/packet.ts';
import { parseRtcp } from '#media/rtp/rtcp.ts';
import { writePli } from '#media/rtp/rtcp-write.ts';
import { openRtcPeer, PEER_SSRC, type RtcPeer } from '#tests/support/rtc-peer.ts';
import { settled } from '#tests/support/settled.ts';
import {
  startWebrtcServer,
  TEST_BROADCAST,
  TEST_TOKEN,
  type WebrtcServer,
} from '#tests/support/webrtc-server.ts';

const KEY = Uint8Array.of(0x65, 0x88, 0x84, 0);
const SLICE = Uint8Array.of(0x41, 0x9a, 0x10, 0);

/** A publisher of hand-made packets: `send` numbers them and gives each the next frame's timestamp. */
class Source {
  readonly peer: RtcPeer;
  keyframesWanted = 0;
  #sequence: number;
  #timestamp: number;

  constructor(peer: RtcPeer, sequence: number, timestamp: number) {
    this.peer = peer;
    this.#sequence = sequence;
    this.#timestamp = timestamp;
    peer.onPacket((_, bytes) => {
      if (isRtcp(bytes) && parseRtcp(bytes).some(report => report.kind === 'pli')) this.keyframesWanted++;
    });
  }

  send(payload: Uint8Array): void {
    this.#timestamp += 3000;
    const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
    writeRtpHeader(packet, true, 96, this.#sequence++ & 0xffff, this.#timestamp, PEER_SSRC.video, false);
    packet.set(payload, RTP_HEADER_BYTES);
    this.peer.send('video', packet);
  }
}

describe('one stream, its publishers and its viewers', () => {
  let server: WebrtcServer;
  const peers: RtcPeer[] = [];
  let first: Source;
  let viewer: RtcPeer;
  let seen: RtpPacket[];

  before(async () => {
    server = await startWebrtcServer();
  });
  after(async () => {
    for (const peer of peers) peer.close();
    await server.close();
  });

  const connect = async (protocol: 'whip' | 'whep'): Promise<RtcPeer> => {
    const direction = protocol === 'whip' ? 'sendonly' : 'recvonly';
    const peer = await openRtcPeer({ direction, kinds: ['audio', 'video'] });
    peers.push(peer);
    const response = await fetch(`${server.url}/${protocol}/${TEST_BROADCAST}`, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${TEST_TOKEN}` },
      body: peer.offer,
    });
    assert.equal(response.status, 201);
    peer.answer(await response.text());
    await peer.opened;
    return peer;
  };
  /** Resolves when the server hears it; what is sent before the handshake ended on both sides is lost. */
  const publish = async (sequence: number, timestamp: number): Promise<Source> => {
    const { packets } = server.stream.stats;
    const source = new Source(await connect('whip'), sequence, timestamp);
    await settled(() => {
      source.send(SLICE);
      return server.stream.stats.packets > packets;
    }, 'the publisher is heard');
    return source;
  };
  const watch = async () => {
    const peer = await connect('whep');
    const packets: RtpPacket[] = [];
    peer.onPacket((kind, bytes) => {
      const packet = isRtcp(bytes) ? null : parseRtp(bytes);
      if (kind === 'video' && packet) packets.push(packet);
    });
    await settled(() => server.stream.readers === 1, 'the viewer reads');
    return { peer, packets };
  };

  it('a viewer sees nothing before a key frame, and everything from there', async () => {
    first = await publish(100, 1_000_000);
    ({ peer: viewer, packets: seen } = await watch());
    for (let i = 0; i < 5; i++) first.send(SLICE);
    await settled(() => {
      first.send(KEY);
      first.send(SLICE);
      return seen.length >= 6;
    }, 'the viewer sees pictures');
    assert.ok(new Set(seen.slice(0, 2).map(packet => packet.payload[0])).has(KEY[0]));
    assert.ok(
      sequenceSteps(seen).every(step => step === 1),
      `${sequenceSteps(seen)}`,
    );
  });

  it('a viewer who lost the picture has the publisher asked for a key frame', async () => {
    const pli = new Uint8Array(12);
    writePli(pli, 0, 1, seen[0]!.ssrc);
    const asked = first.keyframesWanted;
    await settled(() => {
      first.send(SLICE);
      viewer.send('video', pli);
      return first.keyframesWanted > asked;
    }, 'the publisher is asked');
  });

  it('a viewer goes on with the pictures of the one who takes over, on the same numbering', async () => {
    const second = await publish(40_000, 77);
    const before = seen.length;
    await settled(() => {
      second.send(KEY);
      second.send(SLICE);
      return seen.length >= before + 6;
    }, 'the new publisher is seen');
    assert.equal(new Set(seen.map(packet => packet.ssrc)).size, 1);
    assert.ok(
      sequenceSteps(seen).every(step => step > 0 && step < 20),
      `${sequenceSteps(seen)}`,
    );
    assert.ok(
      timestampSteps(seen).every(step => step > 0),
      `${timestampSteps(seen)}`,
    );
    assert.deepEqual([server.whip.sessions, server.stream.stats.publishers], [1, 2]);
  });

  it('viewers end with the stream', async () => {
    server.stream.end();
    assert.deepEqual([server.whep.sessions, server.whip.sessions, server.rtc.openTransports], [0, 0, 0]);
  });
});

function sequenceSteps(packets: readonly RtpPacket[]): number[] {
  return packets.slice(1).map((packet, i) => (packet.sequenceNumber - packets[i]!.sequenceNumber) & 0xffff);
}

function timestampSteps(packets: readonly RtpPacket[]): number[] {
  return packets.slice(1).map((packet, i) => (packet.timestamp - packets[i]!.timestamp) | 0);
}
