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

/** Parameter sets and an IDR slice, aggregated. */
const KEY = Uint8Array.of(0x78, 0, 4, 0x67, 0x42, 0xc0, 0x1f, 0, 2, 0x68, 0xce, 0, 4, 0x65, 0x88, 0x84, 0);
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

describe('who may take a broadcast over', () => {
  let server: WebrtcServer;
  const peers: RtcPeer[] = [];

  before(async () => {
    server = await startWebrtcServer();
  });
  after(async () => {
    for (const peer of peers) peer.close();
    await server.close();
  });

  const offer = async (headers: Record<string, string> = {}) => {
    const peer = await openRtcPeer({ direction: 'sendonly', kinds: ['audio', 'video'] });
    peers.push(peer);
    const response = await fetch(`${server.url}/whip/${TEST_BROADCAST}`, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${TEST_TOKEN}`, ...headers },
      body: peer.offer,
    });
    const text = await response.text();
    if (response.status !== 201) return { peer, status: response.status, code: JSON.parse(text).code };
    peer.answer(text);
    return { peer, status: 201, etag: response.headers.get('etag')! };
  };
  /** Sends key frames until the server has seated this publisher. */
  const send = async (peer: RtcPeer, ssrcSeed: number) => {
    await peer.opened;
    const source = new Source(peer, ssrcSeed, ssrcSeed);
    const { packets } = server.stream.stats;
    await settled(() => {
      source.send(KEY);
      return server.stream.stats.packets > packets && server.whip.sessions === 1;
    }, 'the publisher is seated');
  };

  it('who names its session goes on, and learns that another one came after it', async () => {
    const first = await offer();
    const again = await offer({ 'if-match': first.etag! });
    assert.equal(again.status, 201);
    assert.deepEqual((await offer({ 'if-match': first.etag! })).code, 'taken-over');
    const phone = await offer({ 'if-match': '*', 'user-agent': 'phone' });
    assert.equal(phone.status, 201);
    const late = await offer({ 'if-match': again.etag! });
    assert.deepEqual([late.status, late.code], [412, 'taken-over']);
    assert.equal((await offer({ 'if-match': phone.etag!, 'user-agent': 'phone' })).status, 201);
    assert.equal(server.whip.sessions, 1);
  });

  it('an encoder that was taken over is kept out while the one who took over is heard', async () => {
    const encoder = await offer({ 'if-match': '*', 'user-agent': 'encoder' });
    await send(encoder.peer, 1000);
    const tablet = await offer({ 'user-agent': 'tablet' });
    assert.equal(tablet.status, 201);
    assert.equal(server.whip.sessions, 2, 'the encoder is seen until the tablet sends');
    await send(tablet.peer, 50_000);
    const back = await offer({ 'user-agent': 'encoder' });
    assert.deepEqual([back.status, back.code], [409, 'already-publishing']);
    assert.equal((await offer({ 'user-agent': 'encoder', 'if-match': '*' })).status, 201);
  });
});

function sequenceSteps(packets: readonly RtpPacket[]): number[] {
  return packets.slice(1).map((packet, i) => (packet.sequenceNumber - packets[i]!.sequenceNumber) & 0xffff);
}

function timestampSteps(packets: readonly RtpPacket[]): number[] {
  return packets.slice(1).map((packet, i) => (packet.timestamp - packets[i]!.timestamp) | 0);
}
