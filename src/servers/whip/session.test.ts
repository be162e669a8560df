import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/log.ts';
import type { Publisher, PublisherLeave } from '#live/index.ts';
import type { Offer } from '#media/sdp/offer.ts';
import type { Rtc, RtcEvents } from '#ports/rtc.ts';
import { VERDICT_MS, WHIP_SILENCE_MS, WhipSession } from './session.ts';

const nothing = { mid: null, transportCc: null, absSendTime: null };
const feedback = { nack: true, pli: true, transportCc: false, remb: false };
const offer: Offer = {
  role: 'publisher',
  remote: { iceUfrag: 'abcd', icePwd: 'x'.repeat(24), fingerprint: 'sha-256 AB', setup: 'actpass' },
  candidates: [],
  video: {
    mid: '0',
    payloadType: 96,
    rtxPayloadType: null,
    fmtp: '',
    profileLevelId: '42e01f',
    extensions: nothing,
    feedback,
  },
  audio: { mid: '1', payloadType: 111, fmtp: '', extensions: nothing, feedback },
  media: [],
  isGrouped: true,
};
/** Parameter sets and an IDR slice aggregated in one packet, with the marker. */
const aggregate = [0x78, 0, 4, 0x67, 0x42, 0xc0, 0x1f, 0, 2, 0x68, 0xce, 0, 4, 0x65, 0x88, 0x84, 0];
const keyFrame = Uint8Array.of(0x80, 0x80 | 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, ...aggregate);

describe('WhipSession', () => {
  let clock: FakeClock;
  let network: RtcEvents;
  let isReached = false;
  let sent: Uint8Array[];
  let log: string[];
  let publisher: Publisher;
  let handlers: { keyframe: () => void; closed: () => void };

  beforeEach(() => {
    clock = new FakeClock();
    isReached = false;
    sent = [];
    log = [];
    handlers = { keyframe() {}, closed() {} };
    publisher = {
      tracks: tracks => void log.push(`tracks ${tracks.map(track => track.id)}`),
      epoch: ms => void log.push(`epoch ${ms}`),
      packet: track => void log.push(`packet ${track.id}`),
      unit: (track, unit) => void log.push(`unit ${track.id} ${unit.pts}`),
      reordersPictures: does => does && log.push('reorders'),
      onKeyframeWanted: handler => {
        handlers.keyframe = handler;
      },
      onClosed: handler => {
        handlers.closed = handler;
      },
      close: (reason: PublisherLeave, why) => void log.push(`close ${reason}${why ? `: ${why}` : ''}`),
    };
  });

  const rtc: Rtc = {
    openTransports: 0,
    async accept(_remote, _direction, events) {
      network = events;
      return {
        local: { ...offer.remote, setup: 'passive', candidates: [] },
        get isReached() {
          return isReached;
        },
        send: packet => sent.push(packet.slice()) > 0,
        close: () => {
          log.push('transport closed');
          events.state('closed');
        },
      };
    },
    offer: () => Promise.reject(new Error('a publisher is offered nothing')),
    close: async () => {},
  };
  const open = (over: Partial<Rtc> = {}) =>
    WhipSession.open({
      id: 'session',
      etag: '"1"',
      broadcastId: 'broadcast',
      offer,
      publisher,
      ssrc: 1,
      rtc: { ...rtc, ...over },
      clock,
      log: silentLogger,
      connected() {},
      closed: () => void log.push('session closed'),
    });

  it('names its tracks, then the epoch, then the first unit', async () => {
    await open();
    network.state('connected');
    clock.advance(30);
    network.packet(keyFrame);
    assert.deepEqual(log, ['tracks video,audio', 'packet video', 'epoch 30', 'unit video 0']);
  });

  it('says why there never was a connection', async () => {
    await open();
    network.state('closed', 'handshake');
    assert.equal(log.at(-1), 'close lost: not-secured');
    await open();
    network.state('closed', 'unreached');
    assert.equal(log.at(-1), 'close lost: not-reached');
  });

  it('passes the wish for a key frame on to the publisher', async () => {
    await open();
    network.state('connected');
    network.packet(keyFrame);
    sent.length = 0;
    clock.advance(2_000);
    handlers.keyframe();
    assert.ok(
      sent.some(packet => packet[1] === 206 && (packet[0]! & 31) === 1),
      'a PLI goes out',
    );
  });

  it('a publisher that falls silent is lost, one that sends is not', async () => {
    await open();
    network.state('connected');
    clock.advance(WHIP_SILENCE_MS - 20);
    network.packet(keyFrame);
    clock.advance(WHIP_SILENCE_MS - 20);
    assert.ok(!log.includes('session closed'));
    clock.advance(20);
    assert.deepEqual(log.slice(-3), ['transport closed', 'session closed', 'close lost']);
  });

  it('a defect between two packets ends this session and not the process', async () => {
    await open({
      async accept(...args) {
        const transport = await rtc.accept(...args);
        const send = () => {
          throw new Error('deliberate');
        };
        return { ...transport, send };
      },
    });
    network.state('connected');
    network.packet(keyFrame);
    clock.advance(2_000);
    assert.deepEqual(log.slice(-3), ['transport closed', 'session closed', 'close lost']);
  });

  it('a lost connection is told once and stops the clock', async () => {
    const session = await open();
    network.state('connected');
    network.state('closed');
    network.packet(keyFrame);
    session.end();
    clock.advance(WHIP_SILENCE_MS * 2);
    assert.deepEqual(log, ['tracks video,audio', 'transport closed', 'session closed', 'close lost']);
    assert.equal(session.local, null);
  });

  it('ending says that no more is wanted', async () => {
    (await open()).end();
    assert.deepEqual(log.slice(-3), ['transport closed', 'session closed', 'close ended']);
    isReached = true;
    const session = await open();
    network.state('connected');
    session.end();
    assert.deepEqual(log.slice(-3), ['transport closed', 'session closed', 'close ended']);
  });

  it('one that ends while it connects is over soon, and at once when it is connected after all', async () => {
    isReached = true;
    const session = await open();
    session.end();
    session.end();
    clock.advance(VERDICT_MS - 1);
    assert.ok(!log.includes('session closed'));
    clock.advance(1);
    assert.deepEqual(log.slice(-3), ['transport closed', 'session closed', 'close ended']);
    log.length = 0;
    (await open()).end();
    network.state('connected');
    assert.deepEqual(log.slice(-3), ['transport closed', 'session closed', 'close ended']);
  });

  it('says why there never was a connection also of one that gave up before we knew', async () => {
    isReached = true;
    (await open()).end();
    network.state('closed', 'handshake');
    clock.advance(VERDICT_MS);
    assert.equal(log.at(-1), 'close lost: not-secured');
  });

  it('a publisher that was taken over closes its transport and says nothing', async () => {
    await open();
    handlers.closed();
    assert.deepEqual(log, ['tracks video,audio', 'transport closed', 'session closed']);
  });

  it('one that is taken over while it waits for a transport closes that too', async () => {
    const session = await open({
      async accept(...args) {
        const transport = await rtc.accept(...args);
        handlers.closed();
        return transport;
      },
    });
    assert.deepEqual(log, ['tracks video,audio', 'session closed', 'transport closed']);
    assert.equal(session.local, null);
  });

  it('a transport that cannot be opened leaves no publisher behind', async () => {
    await assert.rejects(open({ accept: () => Promise.reject(new Error('deliberate')) }), /deliberate/);
    assert.deepEqual(log, ['tracks video,audio', 'session closed', 'close lost']);
  });
});
