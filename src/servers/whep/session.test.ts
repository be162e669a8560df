import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/log.ts';
import { Stream } from '#live/index.ts';
import { parseRtp, writeRtpHeader } from '#media/rtp/packet.ts';
import type { Offer } from '#media/sdp/offer.ts';
import type { Rtc, RtcEvents } from '#ports/rtc.ts';
import { simulatedAudio, simulatedVideo } from '#tests/support/simulated-publisher.ts';
import { WhepSession, type WhepSessionOptions } from './session.ts';

const video = { kind: 'video', codec: 'h264', id: 'video', timescale: 90_000 } as const;
const offer: Offer = {
  role: 'viewer',
  remote: { iceUfrag: 'abcd', icePwd: 'x'.repeat(24), fingerprint: 'sha-256 AB', setup: 'actpass' },
  candidates: [],
  video: simulatedVideo,
  audio: simulatedAudio,
  media: [],
  isGrouped: true,
};

function keyFrame(sequence: number) {
  const bytes = new Uint8Array(16);
  writeRtpHeader(bytes, true, 96, sequence, sequence * 3000, 1, false);
  bytes.set([0x65, 0x88, 0x84, 0], 12);
  return parseRtp(bytes)!;
}

describe('WhepSession', () => {
  let clock: FakeClock;
  let stream: Stream;
  let closed: string[];

  beforeEach(() => {
    clock = new FakeClock();
    const events = { mediaArrived() {}, publisherLeft() {} };
    stream = new Stream({ clock, log: silentLogger, events });
    closed = [];
  });

  const optionsOf = (id: string, rtc: Rtc): WhepSessionOptions => ({
    id,
    etag: '"1"',
    broadcastId: 'broadcast',
    terms: offer,
    stream,
    ssrcs: { video: 1, videoRtx: 2, audio: 3 },
    rtc,
    clock,
    log: silentLogger,
    connected() {},
    closed: gone => void closed.push(gone.id),
  });

  /** A viewer that is connected; `send` is its network. */
  async function watch(id: string, send: (packet: Uint8Array) => boolean) {
    let network: RtcEvents | null = null;
    const rtc: Rtc = {
      openTransports: 0,
      async accept(_remote, _direction, events) {
        network = events;
        const local = { ...offer.remote, setup: 'passive' as const, candidates: [] };
        return { local, send, close: () => events.state('closed') };
      },
      offer: () => Promise.reject(new Error('not here')),
      close: async () => {},
    };
    const session = await WhepSession.open(optionsOf(id, rtc), offer.remote);
    network!.state('connected');
    return session;
  }
  const failing = () => {
    throw new Error('deliberate');
  };

  it('a defect between two packets ends this session, no other and not the process', async () => {
    const publisher = stream.publish();
    let fails = false;
    const defective = await watch('defective', () => (fails ? failing() : true));
    let sent = 0;
    const other = await watch('other', () => ++sent > 0);
    publisher.packet(video, { ...keyFrame(1), mediaTimeMs: 0 });
    fails = true;
    clock.advance(2_000);
    for (const session of [defective, other]) session.tick(clock.monotonicMs());
    assert.deepEqual(closed, ['defective']);
    assert.equal(stream.readers, 1);
    const before = sent;
    publisher.packet(video, keyFrame(2));
    assert.ok(sent > before, 'the other one goes on');
  });

  it('a packet that cannot be sent to one viewer ends that session and reaches the others', async () => {
    const publisher = stream.publish();
    await watch('defective', failing);
    let sent = 0;
    await watch('other', () => ++sent > 0);
    publisher.packet(video, keyFrame(1));
    assert.deepEqual(closed, ['defective']);
    assert.equal(stream.readers, 1);
    assert.ok(sent > 0);
  });

  it('sends by the terms of the answer, which may differ from those of our offer', async () => {
    const publisher = stream.publish();
    const sent: Uint8Array[] = [];
    let network: RtcEvents | null = null;
    const answers: unknown[] = [];
    const local = { ...offer.remote, setup: 'actpass' as const, candidates: [] };
    const rtc: Rtc = {
      openTransports: 0,
      accept: () => Promise.reject(new Error('not here')),
      async offer(_direction, events) {
        network = events;
        const send = (packet: Uint8Array) => sent.push(packet.slice()) > 0;
        return { local, send, close() {}, answered: remote => void answers.push(remote) };
      },
      close: async () => {},
    };
    const session = await WhepSession.offer(optionsOf('countered', rtc));
    assert.equal(session.iceUfrag, null);
    const remote = { ...offer.remote, setup: 'active' as const };
    session.answered({ remote, video: { ...offer.video, payloadType: 120 }, audio: offer.audio });
    assert.equal(session.iceUfrag, remote.iceUfrag);
    assert.deepEqual(answers, [remote]);
    publisher.packet(video, { ...keyFrame(1), mediaTimeMs: 0 });
    network!.state('connected');
    assert.ok(sent.some(packet => (packet[1]! & 0x7f) === 120));
  });
});
