import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { JOIN_WAIT_MS, VIEWERS_ALWAYS } from '#servers/whep/capacity.ts';
import { openRtcPeer, PEER_SSRC, type RtcPeer } from '#tests/support/rtc-peer.ts';
import { settled } from '#tests/support/settled.ts';
import {
  startWebrtcServer,
  TEST_BROADCAST,
  TEST_TOKEN,
  type WebrtcServer,
} from '#tests/support/webrtc-server.ts';

type Protocol = 'whip' | 'whep';

const KINDS = ['audio', 'video'] as const;
const FRAGMENT = 'application/trickle-ice-sdpfrag';

describe('WHIP and WHEP over HTTP', () => {
  let server: WebrtcServer;
  let peers: RtcPeer[] = [];

  before(async () => {
    server = await startWebrtcServer();
  });
  after(() => server.close());
  afterEach(() => {
    for (const peer of peers) peer.close();
    peers = [];
  });

  const openPeer = async (protocol: Protocol): Promise<RtcPeer> => {
    const direction = protocol === 'whip' ? 'sendonly' : 'recvonly';
    const peer = await openRtcPeer({ direction, kinds: KINDS });
    peers.push(peer);
    return peer;
  };
  const post = (
    protocol: Protocol,
    body: string,
    headers: Record<string, string> = {},
    id = TEST_BROADCAST,
  ) =>
    fetch(`${server.url}/${protocol}/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${TEST_TOKEN}`, ...headers },
      body,
    });
  const patch = (address: string, body: string, headers: Record<string, string>) =>
    fetch(address, { method: 'PATCH', headers: { 'content-type': FRAGMENT, ...headers }, body });
  const assertProblem = async (response: Response, status: number, code: string) => {
    assert.equal(response.status, status);
    assert.match(response.headers.get('content-type') ?? '', /problem\+json/);
    assert.equal(((await response.json()) as { code: string }).code, code);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
  };
  const assertNothingLeft = () => {
    assert.deepEqual([server.whip.sessions, server.whep.sessions, server.rtc.openTransports], [0, 0, 0]);
    assert.equal(server.stream.isPublished, false);
    assert.equal(server.stream.readers, 0);
  };
  const openSession = async (protocol: Protocol) => {
    const peer = await openPeer(protocol);
    const response = await post(protocol, peer.offer);
    assert.equal(response.status, 201);
    const address = new URL(response.headers.get('location')!, server.url).href;
    return { peer, address, etag: response.headers.get('etag')!, answer: await response.text() };
  };

  for (const protocol of ['whip', 'whep'] as const) {
    it(`${protocol}: an offer gets an answer, an address that is a secret, and an ETag; DELETE ends it`, async () => {
      const { address, etag, answer } = await openSession(protocol);
      assert.match(address, new RegExp(`/${protocol}/${TEST_BROADCAST}/[0-9a-z]{52}$`));
      assert.match(etag, /^"[0-9a-z]{26}"$/);
      assert.match(answer, protocol === 'whip' ? /a=recvonly/ : /a=sendonly/);
      assert.match(answer, /a=setup:active/);
      assert.equal((await fetch(address, { method: 'DELETE' })).status, 200);
      assertNothingLeft();
      await assertProblem(await fetch(address, { method: 'DELETE' }), 404, 'not-found');
    });

    it(`${protocol}: candidates may trickle, with the ETag of the session`, async () => {
      const { peer, address, etag } = await openSession(protocol);
      const { iceUfrag, icePwd } = peer.parameters;
      const fragment = `a=ice-ufrag:${iceUfrag}\r\na=ice-pwd:${icePwd}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:audio\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n`;
      const trickled = await patch(address, fragment, { 'if-match': etag });
      assert.deepEqual(
        [trickled.status, await trickled.text(), trickled.headers.get('etag')],
        [204, '', null],
      );
      await assertProblem(await patch(address, fragment, {}), 428, 'etag-required');
      await assertProblem(await patch(address, fragment, { 'if-match': '"other"' }), 412, 'etag-mismatch');
      await assertProblem(await patch(address, fragment, { 'if-match': '*' }), 422, 'trickle-malformed');
      await assertProblem(await patch(address, 'hello', { 'if-match': etag }), 422, 'trickle-malformed');
      const restart = fragment.replace(iceUfrag, 'another');
      await assertProblem(await patch(address, restart, { 'if-match': etag }), 422, 'trickle-malformed');
      const wrongType = await patch(address, fragment, {
        'if-match': etag,
        'content-type': 'text/plain',
      });
      await assertProblem(wrongType, 415, 'unsupported-media-type');
      assert.equal(
        (await fetch(address, { method: 'DELETE' })).status,
        200,
        'none of that ended the session',
      );
    });

    it(`${protocol}: pages of other origins may ask what is allowed`, async () => {
      const endpoint = await fetch(`${server.url}/${protocol}/${TEST_BROADCAST}`, { method: 'OPTIONS' });
      assert.equal(endpoint.status, 200);
      assert.equal(endpoint.headers.get('accept-post'), 'application/sdp');
      assert.match(endpoint.headers.get('access-control-allow-methods')!, /POST/);
      assert.match(endpoint.headers.get('access-control-allow-headers')!, /Authorization/);
      const session = await fetch(`${server.url}/${protocol}/${TEST_BROADCAST}/x`, { method: 'OPTIONS' });
      assert.match(session.headers.get('access-control-allow-methods')!, /PATCH, DELETE/);
      const { address } = await openSession(protocol);
      const exposed = (await fetch(address, { method: 'DELETE' })).headers.get(
        'access-control-expose-headers',
      );
      assert.match(exposed!, /Location, ETag/);
    });

    it(`${protocol}: what is no usable offer is refused and leaves nothing behind`, async () => {
      const { offer } = await openPeer(protocol);
      await assertProblem(await post(protocol, 'hello'), 400, 'invalid-sdp');
      await assertProblem(await post(protocol, offer.replaceAll('actpass', 'holdconn')), 400, 'invalid-sdp');
      await assertProblem(await post(protocol, offer.replace(/a=ice-pwd.*\r\n/g, '')), 400, 'invalid-sdp');
      const huge = await post(protocol, offer + 'a=x\r\n'.repeat(20_000));
      await assertProblem(huge, 413, 'too-large');
      const json = await post(protocol, offer, { 'content-type': 'application/json' });
      await assertProblem(json, 415, 'unsupported-media-type');
      await assertProblem(await post(protocol, offer, {}, 'unknown'), 404, 'not-found');
      assertNothingLeft();
    });

    it(`${protocol}: there is nothing to read at an address, and other verbs are refused`, async () => {
      const endpoint = `${server.url}/${protocol}/${TEST_BROADCAST}`;
      const { address } = await openSession(protocol);
      assert.deepEqual([(await fetch(endpoint)).status, (await fetch(address)).status], [204, 204]);
      await assertProblem(await fetch(`${endpoint}/unknown`), 404, 'not-found');
      const put = await fetch(endpoint, { method: 'PUT' });
      assert.equal(put.status, 405);
      assert.match(put.headers.get('allow') ?? '', /POST/);
      assert.equal((await fetch(address, { method: 'DELETE' })).status, 200);
    });
  }

  it('who has no token, or a wrong one, publishes nothing and disturbs nobody', async () => {
    const { address } = await openSession('whip');
    const { offer } = await openPeer('whip');
    const before = server.whip.stats.refused;
    await assertProblem(
      await post('whip', offer, { authorization: 'Bearer wrong' }),
      401,
      'wrong-publish-token',
    );
    await assertProblem(await post('whip', offer, { authorization: '' }), 401, 'wrong-publish-token');
    assert.equal(server.whip.stats.refused - before, 2);
    assert.equal(server.whip.sessions, 1);
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 200);
  });

  it('what cannot be a token is refused before the body came', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(
      `POST /whip/${TEST_BROADCAST} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer guessed\r\nContent-Type: application/sdp\r\nContent-Length: 60000\r\n\r\nv=0`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 401 /);
  });

  it('a publisher whose media cannot be taken is refused; it gets no offer of ours', async () => {
    const { offer } = await openPeer('whip');
    for (const [codec, other] of [
      ['H264', 'VP8'],
      ['opus', 'PCMU'],
    ] as const)
      await assertProblem(await post('whip', offer.replaceAll(codec, other)), 406, 'no-common-codec');
    const sound = offer.replace(/m=video[\s\S]*?(?=m=|$)/, '');
    await assertProblem(await post('whip', sound), 406, 'picture-missing');
    await assertProblem(await post('whip', offer.replace(/m=[\s\S]*/, '')), 400, 'invalid-sdp');
    const { address, etag } = await openSession('whip');
    const headers = { 'content-type': 'application/sdp', 'if-match': etag };
    await assertProblem(await patch(address, offer, headers), 415, 'unsupported-media-type');
    const { headers: takes } = await fetch(address, { method: 'OPTIONS' });
    assert.equal(takes.get('accept-patch'), FRAGMENT);
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 200);
    assertNothingLeft();
  });

  it('a second publisher with the token takes over; a broken offer with the token does not', async () => {
    const first = await openSession('whip');
    await assertProblem(await post('whip', 'hello'), 400, 'invalid-sdp');
    assert.equal(server.whip.sessions, 1);
    const second = await openSession('whip');
    assert.equal((await fetch(first.address, { method: 'DELETE' })).status, 404);
    assert.deepEqual([server.whip.sessions, server.rtc.openTransports], [1, 1]);
    assert.equal((await fetch(second.address, { method: 'DELETE' })).status, 200);
    assertNothingLeft();
  });

  it('a session is found only below its own broadcast', async () => {
    const { address } = await openSession('whip');
    const elsewhere = address.replace(TEST_BROADCAST, 'other');
    assert.equal((await fetch(elsewhere, { method: 'DELETE' })).status, 404);
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 200);
  });

  it('packets that are no RTP, from a publisher with the token, harm nothing', async () => {
    const { peer, address, answer } = await openSession('whip');
    peer.answer(answer);
    await peer.opened;
    const packets = server.stream.stats.packets;
    for (let length = 1; length < 1400; length += 13) {
      const garbage = new Uint8Array(length).map((_, i) => (i * 31 + length * 7) & 255);
      peer.send('video', garbage);
      peer.send('video', Uint8Array.from([0x80, 200, 0, length & 255, ...garbage.subarray(4)]));
      peer.send('video', Uint8Array.from([0x90, 96, ...garbage.subarray(2)]));
    }
    const real = Uint8Array.from([0x80, 96, 0, 1, 0, 0, 0, 1, ...bytesOf(PEER_SSRC.video), 0x65, 0x88, 1, 2]);
    await settled(
      () => peer.send('video', real) && server.stream.stats.packets > packets,
      'a real packet gets through',
    );
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 200);
    await settled(() => server.rtc.openTransports === 0, 'the transport is closed');
  });

  it('datagrams that nobody asked for harm nothing', async () => {
    const socket = createSocket('udp4');
    for (let length = 0; length < 1500; length += 50) {
      const garbage = Buffer.alloc(length, length & 255);
      await new Promise<void>(resolve => {
        socket.send(garbage, server.rtc.port, '127.0.0.1', () => resolve());
      });
    }
    socket.close();
    const { address } = await openSession('whep');
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 200);
    assertNothingLeft();
  });
});

describe('WHEP on a machine without room', () => {
  const busy = { busy: 1, delayMs: 300 };
  const idle = { busy: 0.1, delayMs: 1 };

  it('new viewers are told where HLS is, those that watch stay, and later there is room again', async () => {
    let load = idle;
    const clock = new FakeClock();
    const server = await startWebrtcServer({ clock, load: () => load });
    const viewers: RtcPeer[] = [];
    const offer = async () => {
      const peer = await openRtcPeer({ direction: 'recvonly', kinds: KINDS });
      viewers.push(peer);
      const headers = { 'content-type': 'application/sdp' };
      const answer = await fetch(`${server.url}/whep/${TEST_BROADCAST}`, {
        method: 'POST',
        headers,
        body: peer.offer,
      });
      return { peer, answer };
    };
    const watch = async () => {
      const { peer, answer } = await offer();
      assert.equal(answer.status, 201);
      peer.answer(await answer.text());
      await peer.opened;
    };
    try {
      for (let i = 0; i < VIEWERS_ALWAYS; i++) await watch();
      load = busy;
      clock.advance(5_000);
      await settled(() => server.whep.isFull, 'all of them are connected, and there is no room');
      const asked = offer();
      await settled(() => server.whep.waiting === 1, 'it waits for room');
      clock.advance(JOIN_WAIT_MS);
      const { answer: refused } = await asked;
      assert.equal(refused.status, 503);
      assert.equal(((await refused.json()) as { code: string }).code, 'at-capacity');
      assert.ok(Number(refused.headers.get('retry-after')) > 0);
      const link = refused.headers.get('link')!;
      assert.ok(link.startsWith(`</hls/${TEST_BROADCAST}/index.m3u8>; rel="alternate"`), link);
      assert.match(refused.headers.get('access-control-expose-headers')!, /Link, Retry-After/);
      assert.deepEqual([server.whep.sessions, server.whep.isFull], [VIEWERS_ALWAYS, true]);
      load = idle;
      clock.advance(10_000);
      assert.equal((await offer()).answer.status, 201);
    } finally {
      for (const peer of viewers) peer.close();
      await server.close();
    }
  });
});

function bytesOf(ssrc: number): number[] {
  return [ssrc >>> 24, (ssrc >> 16) & 255, (ssrc >> 8) & 255, ssrc & 255];
}
