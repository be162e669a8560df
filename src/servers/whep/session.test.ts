import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/log.ts';
import { Slices } from '#base/slices.ts';
import { Stream } from '#live/index.ts';
import { parseRtp, writeRtpHeader } from '#media/rtp/packet.ts';
import type { Offer } from '#media/sdp/offer.ts';
import type { Rtc, RtcAnswerer, RtcEvents } from '#ports/rtc.ts';
import { simulatedAudio, simulatedVideo } from '#tests/support/simulated-publisher.ts';
import { WhepSession, type WhepSessionOptions } from './session.ts';

const video = { kind: 'video', codec: 'h264', id: 'video', timescale: 90_000 } as const;
const audio = { kind: 'audio', codec: 'opus', id: 'audio', timescale: 48_000, channels: 2 } as const;
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

function picture(sequence: number) {
  const packet = keyFrame(sequence);
  return { ...packet, payload: Uint8Array.of(0x41, 0x9a, 0, 0) };
}

describe('WhepSession', () => {
  let clock: FakeClock;
  let stream: Stream;
  let closed: string[];
  /** What waits for the next turn of the event loop. */
  let turns: (() => void)[];
  let slices: Slices;

  beforeEach(() => {
    clock = new FakeClock();
    const events = { mediaArrived() {}, publisherLeft() {} };
    stream = new Stream({ clock, log: silentLogger, events });
    closed = [];
    turns = [];
    slices = new Slices({ clock, afterInput: run => void turns.push(run) });
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
    slices,
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
        return { local, send, isReached: true, close: () => events.state('closed') };
      },
      offer: () => Promise.reject(new Error('not here')),
      close: async () => {},
    };
    const session = await WhepSession.open(optionsOf(id, rtc), offer.remote);
    network!.state('connected');
    return session;
  }
  const finish = () => {
    while (turns.length > 0) turns.shift()!();
  };
  const failing = () => {
    throw new Error('deliberate');
  };

  it('a defect between two packets ends this session, no other and not the process', async () => {
    const publisher = stream.publish();
    let fails = false;
    const defective = await watch('defective', () => (fails ? failing() : true));
    let sent = 0;
    const other = await watch('other', () => ++sent > 0);
    finish();
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
    finish();
    publisher.packet(video, keyFrame(1));
    assert.deepEqual(closed, ['defective']);
    assert.equal(stream.readers, 1);
    assert.ok(sent > 0);
  });

  it('a long first burst lets others through, and what comes meanwhile follows it in order', async () => {
    const publisher = stream.publish();
    publisher.packet(video, { ...keyFrame(1), mediaTimeMs: 0 });
    for (let n = 2; n <= 10; n++) publisher.packet(video, { ...picture(n), mediaTimeMs: n });
    const sent: number[] = [];
    let sounds = 0;
    await watch('joining', packet => {
      const isVideo = (packet[1]! & 0x7f) === simulatedVideo.payloadType;
      if (isVideo) sent.push((packet[2]! << 8) | packet[3]!);
      else if ((packet[1]! & 0x7f) === simulatedAudio.payloadType) sounds++;
      clock.advance(isVideo ? 0.5 : 0);
      return true;
    });
    turns.shift()!();
    assert.ok(sent.length >= 4 && sent.length <= 5, `${sent.length} packets in a slice`);
    publisher.packet(video, { ...picture(11), mediaTimeMs: 11 });
    const opus = keyFrame(1);
    publisher.packet(audio, { ...opus, mediaTimeMs: 11 });
    // As the transcoder does, who gives it to its thread.
    structuredClone(opus.payload, { transfer: [opus.payload.buffer as ArrayBuffer] });
    assert.equal(sounds, 1, 'sound does not wait for pictures');
    finish();
    assert.deepEqual(closed, []);
    publisher.packet(video, { ...picture(12), mediaTimeMs: 12 });
    assert.deepEqual(
      sent,
      Array.from({ length: 12 }, (_, i) => sent[0]! + i),
    );
  });

  it('a viewer who goes in the middle of the first burst gets no more', async () => {
    const publisher = stream.publish();
    publisher.packet(video, { ...keyFrame(1), mediaTimeMs: 0 });
    for (let n = 2; n <= 10; n++) publisher.packet(video, { ...picture(n), mediaTimeMs: n });
    let sent = 0;
    const session = await watch('leaving', () => {
      clock.advance(0.5);
      return ++sent > 0;
    });
    turns.shift()!();
    const before = sent;
    session.end();
    finish();
    assert.equal(sent, before);
    assert.equal(stream.readers, 0);
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
        const answered = (remote: RtcAnswerer) => void answers.push(remote);
        return { local, send, isReached: true, close() {}, answered };
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
    finish();
    assert.ok(sent.some(packet => (packet[1]! & 0x7f) === 120));
  });
});
