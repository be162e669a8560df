import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { isRtcp, writeUint16 } from '#media/rtp/packet.ts';
import { BesiegedServer } from '#tests/support/besieged-server.ts';
import { corpusHex, corpusSession } from '#tests/support/corpus.ts';
import { mutate } from '#tests/support/mutate.ts';
import { endRtcLibrary, openRtcPeer, type RtcPeer } from '#tests/support/rtc-peer.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { until } from '#tests/support/until.ts';

const GARBAGE_PACKETS = 30_000;
const STUN_REQUESTS = 50_000;
const SLOW_CONNECTIONS = 500;
/** More than the server takes and drops for the sake of its answer. */
const SDP_BYTES_ENOUGH = 200_000_000;
/** What the whole siege may leave in memory; the broadcast itself grows to its held segments meanwhile. */
const RESIDENT_MB_MORE_MAX = 150;

const turn = () => new Promise(setImmediate);

/** A binding request (RFC 8489) for a session that there is not, or for none. */
function stunRequest(random: Seeded): Buffer {
  const user = Buffer.from(`${Buffer.from(random.bytes(6)).toString('hex')}:none`);
  const padded = Buffer.concat([user, Buffer.alloc((4 - (user.length % 4)) % 4)]);
  const username = Buffer.concat([Buffer.from([0, 6, 0, user.length]), padded]);
  const integrity = Buffer.concat([Buffer.from([0, 8, 0, 20]), random.bytes(20)]);
  const attributes = random.chance(0.8) ? Buffer.concat([username, integrity]) : Buffer.alloc(0);
  const head = Buffer.from([0, 1, 0, attributes.length, 0x21, 0x12, 0xa4, 0x42, ...random.bytes(12)]);
  return Buffer.concat([head, attributes]);
}

describe('hostile peers', () => {
  const random = new Seeded(2017);
  let besieged: BesiegedServer;
  let residentMb = 0;
  const peers: RtcPeer[] = [];

  before(async () => {
    besieged = await BesiegedServer.start();
    residentMb = await besieged.server.residentMb();
  });
  after(async () => {
    for (const peer of peers) peer.close();
    await besieged?.close();
    endRtcLibrary();
  });

  async function connectPeer(direction: 'sendonly' | 'recvonly'): Promise<RtcPeer> {
    const peer = await openRtcPeer({ direction, kinds: ['audio', 'video'] });
    peers.push(peer);
    const offered = direction === 'sendonly' ? await besieged.create('Garbage') : besieged.created;
    const offer = () =>
      direction === 'sendonly'
        ? besieged.offer(offered, peer.offer)
        : besieged.request(`/whep/${offered.id}`, {
            method: 'POST',
            headers: { 'content-type': 'application/sdp' },
            body: peer.offer,
          });
    let response = await offer();
    // What came before may have taken the measured capacity for the moment.
    await until('there is room', async () => {
      if (response.status === 503) response = await offer();
      return response.status !== 503;
    });
    assert.equal(response.status, 201, await response.clone().text());
    peer.answer(await response.text());
    await peer.opened;
    return peer;
  }

  /** As fast as this process can; what SRTP does not take is sent no further. Gives how many were sent. */
  async function flood(peer: RtcPeer, make: () => Uint8Array): Promise<number> {
    const packets = Array.from({ length: 4000 }, make);
    const started = performance.now();
    let sent = 0;
    for (let i = 0; i < GARBAGE_PACKETS; i++) {
      const packet = packets[i % packets.length]!;
      // SRTP protects no sequence number of a source twice.
      if (!isRtcp(packet) && packet.length > 4) writeUint16(packet, 2, i);
      if (peer.send(i % 4 === 0 ? 'audio' : 'video', packet)) sent++;
      if (i % 100 === 99) await turn();
    }
    console.log(`${Math.round((sent * 1000) / (performance.now() - started))} packets a second`);
    return sent;
  }

  /** A counter of the server, so that what was sent is known to have come. */
  async function count(name: string): Promise<number> {
    const text = await (await besieged.request('/metrics')).text();
    return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
  }

  it(`a publisher that sends ${GARBAGE_PACKETS} packets of garbage after DTLS (seed ${random.seed})`, async () => {
    const session = corpusSession('rtp/chromium-publisher.txt').map(({ bytes }) => bytes);
    const peer = await connectPeer('sendonly');
    const before = await count('skylark_whip_packets_total');
    const sent = await flood(peer, () => {
      if (random.chance(0.7)) return mutate(random, session[random.below(session.length)]!);
      const noise = random.bytes(12 + random.below(1100));
      noise[0] = 0x80 | (noise[0]! & 0x3f);
      return noise;
    });
    assert.ok(sent > GARBAGE_PACKETS / 4, `${sent} were sent`);
    await besieged.assertUnharmed();
    const came = (await count('skylark_whip_packets_total')) - before;
    assert.ok(came > 1000, `${came} came`);
  });

  it('a viewer that reports nonsense all the time', async () => {
    const captured = corpusSession('rtcp/chromium-viewer.txt').map(({ bytes }) => bytes);
    const reports = [...captured, ...corpusHex('rtcp/packets.hex')];
    const peer = await connectPeer('recvonly');
    const before = await count('skylark_whep_plis_total');
    const sent = await flood(peer, () => mutate(random, reports[random.below(reports.length)]!));
    assert.ok(sent > GARBAGE_PACKETS / 4, `${sent} were sent`);
    await besieged.assertUnharmed();
    const came = (await count('skylark_whep_plis_total')) - before;
    assert.ok(came > 100, `${came} wishes for a key frame came`);
  });

  it(`${STUN_REQUESTS} STUN requests for sessions that there are not`, async () => {
    const socket = createSocket('udp4');
    for (let i = 0; i < STUN_REQUESTS; i++) {
      socket.send(stunRequest(random), besieged.rtcPort, '127.0.0.1');
      if (i % 50 === 49) await turn();
    }
    await new Promise<void>(resolve => socket.close(resolve));
    await besieged.assertUnharmed();
  });

  it('an SDP without end, in chunks, is refused and cut, with and without the right to publish', async () => {
    const { publishToken } = besieged.created;
    assert.match(await endless(`Authorization: Bearer ${publishToken}\r\n`), /^HTTP\/1\.1 413 /);
    assert.match(await endless(''), /^HTTP\/1\.1 401 /);
    await besieged.assertUnharmed();
  });

  /** What a publisher is answered that sends an SDP without end, until it is cut. */
  async function endless(header: string): Promise<string> {
    const socket = connect(besieged.port, '127.0.0.1');
    let answer = '';
    socket.on('data', chunk => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    const closed = new Promise(resolve => socket.once('close', resolve));
    socket.write(
      `POST /whip/${besieged.created.id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\n${header}Transfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `4000\r\n${'v'.repeat(0x4000)}\r\n`;
    let sent = 0;
    while (sent < SDP_BYTES_ENOUGH && !socket.destroyed) {
      sent += chunk.length;
      if (!socket.write(chunk)) await Promise.race([closed, new Promise(go => socket.once('drain', go))]);
    }
    await closed;
    assert.ok(sent < SDP_BYTES_ENOUGH, 'cut before all of it was sent');
    return answer;
  }

  it(`${SLOW_CONNECTIONS} connections that send a byte now and then are cut, and nobody waits for them`, async () => {
    const heads = [
      '',
      'POST /whip/x HTTP/1.1\r\nHost: lo',
      `POST /whip/${besieged.created.id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 4000\r\n\r\nv=0`,
    ];
    const sockets: Socket[] = Array.from({ length: SLOW_CONNECTIONS }, (_, i) => {
      const socket = connect(besieged.port, '127.0.0.1', () => socket.write(heads[i % heads.length]!));
      return socket.on('error', () => {}).resume();
    });
    const dripping = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed && socket.writable) socket.write('a');
    }, 1000);
    await besieged.assertUnharmed();
    await until('all of them are cut', () => sockets.every(socket => socket.destroyed), 40_000);
    clearInterval(dripping);
    await besieged.assertUnharmed();
  });

  it('all of that leaves a bounded amount of memory', async () => {
    const more = (await besieged.server.residentMb()) - residentMb;
    console.log(`${more.toFixed()} MB more than at the start`);
    assert.ok(more < RESIDENT_MB_MORE_MAX, `${more.toFixed()} MB more`);
  });
});
