import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PublisherRtp } from '#media/rtp/publisher.ts';
import type { TrackedPacket } from '#media/rtp/viewer-types.ts';
import type { AudioUnit, Unit, VideoUnit } from '#media/unit.ts';
import { assertOrdered, delivered, framesOf, gaps } from '#tests/support/delivered-frames.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { createPath, type NetworkOptions, SimulatedTime } from '#tests/support/simulated-network.ts';
import {
  type SimulatedOptions,
  SimulatedPublisher,
  simulatedAudio,
  simulatedVideo,
} from '#tests/support/simulated-publisher.ts';

interface Run {
  readonly publisher: SimulatedPublisher;
  readonly receiver: PublisherRtp;
  readonly video: readonly VideoUnit[];
  readonly audio: readonly AudioUnit[];
  readonly packets: readonly TrackedPacket[];
}

/** Ten seconds of a broadcast over the given network; the way back is as long but loses nothing. */
function publish(random: Seeded, network: NetworkOptions, options: SimulatedOptions = {}): Run {
  const time = new SimulatedTime();
  const units: Unit[] = [];
  const packets: TrackedPacket[] = [];
  const back = createPath(time, random, { delayMs: network.delayMs }, bytes => publisher.rtcp(bytes));
  const receiver = new PublisherRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrc: 7 },
    {
      packet: (track, packet) => packets.push({ track, packet }),
      unit: (_, unit) => units.push(unit),
      rtcp: back,
    },
  );
  const forth = createPath(time, random, network, bytes => receiver.receive(bytes, time.nowMs));
  const publisher = new SimulatedPublisher(random, forth, options);
  time.every(1000 / 30, 1000, 11_000, () => publisher.frame(time.nowMs));
  time.every(20, 1000, 11_000, () => publisher.sound(time.nowMs));
  time.every(1000, 1500, 11_000, () => publisher.reports(time.nowMs));
  time.every(20, 1000, 13_000, () => receiver.tick(time.nowMs));
  time.runUntil(13_000);
  const video = units.filter(unit => unit.kind === 'video');
  return { publisher, receiver, video, audio: units.filter(unit => unit.kind === 'audio'), packets };
}

const NETWORKS = [
  { delayMs: 10, jitterMs: 0 },
  { delayMs: 20, jitterMs: 10 },
  { delayMs: 20, jitterMs: 100 },
  { delayMs: 20, jitterMs: 300 },
  { delayMs: 100, jitterMs: 0 },
];

// The rule: up to 10 % of loss and round trips of 200 ms everything comes out.
for (const network of NETWORKS) {
  for (const loss of [0, 0.02, 0.05, 0.1]) {
    const { delayMs, jitterMs } = network;
    test(`retransmission recovers every frame at ${loss * 100} % loss, ${jitterMs} ms jitter, ${delayMs} ms delay`, t => {
      const random = new Seeded(20_260_722);
      t.diagnostic(`seed ${random.seed}`);
      const run = publish(random, { ...network, loss, duplication: 0.02 });
      const positions = delivered(run.publisher, run.video, 30);
      assert.deepEqual(gaps(positions), []);
      assert.ok(positions.at(-1)! >= 297, `the last frame was ${positions.at(-1)}`);
      assertOrdered(run.video);
      assert.equal(run.video[0]!.pts, 0);
      assert.ok(run.video[0]!.key);
    });
  }
  // Beyond, a packet may be lost as often as it is asked for: then it goes on with the next key frame.
  test(`at 20 % loss most frames come out, ${network.jitterMs} ms jitter, ${network.delayMs} ms delay`, t => {
    const random = new Seeded(20_260_723);
    t.diagnostic(`seed ${random.seed}`);
    const run = publish(random, { ...network, loss: 0.2, duplication: 0.02 });
    const positions = delivered(run.publisher, run.video, 30);
    assert.ok(positions.length > 300 * 0.8, `${positions.length} of 300`);
    for (const after of gaps(positions))
      assert.ok(run.video[positions.indexOf(after)]!.key, 'a gap ends with a key frame');
    assertOrdered(run.video);
  });
}

test('sound and picture come out aligned, however late the pictures were captured and lost on the way', t => {
  const random = new Seeded(20_260_724);
  t.diagnostic(`seed ${random.seed}`);
  const run = publish(random, { delayMs: 20, jitterMs: 20, loss: 0.05 }, { videoLateMs: 80 });
  // Frames are numbered by their place: captured at 1000 + n * 1000 / 30, sound likewise every 20 ms.
  const last = run.video.at(-1)!;
  const capturedMs = (framesOf(run.publisher, [last])[0]! * 1000) / 30 + 80;
  const zeroByVideoMs = capturedMs - last.pts / 90;
  const sound = run.audio.at(-1)!;
  const heardMs = (run.publisher.audioPackets - 1) * 20;
  const zeroBySoundMs = heardMs - sound.pts / 48;
  const apartMs = zeroByVideoMs - zeroBySoundMs;
  t.diagnostic(`${apartMs.toFixed(1)} ms apart`);
  assert.ok(Math.abs(apartMs) <= 40, `${apartMs} ms apart`);
});

test('however many viewers ask, the publisher is asked for a key frame at most once a second', () => {
  const random = new Seeded(6);
  const time = new SimulatedTime();
  const receiver = new PublisherRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrc: 7 },
    { packet() {}, unit() {}, rtcp: bytes => publisher.rtcp(bytes) },
  );
  const publisher = new SimulatedPublisher(random, bytes => receiver.receive(bytes, time.nowMs));
  time.every(1000 / 30, 1000, 11_000, () => publisher.frame(time.nowMs));
  time.every(7, 1000, 11_000, () => receiver.requestKeyframe(time.nowMs));
  time.runUntil(11_000);
  assert.ok(publisher.plis >= 9 && publisher.plis <= 11, `${publisher.plis} in 10 s`);
});

test('without retransmission a broken frame and what leans on it are left out, and a key frame is asked for', t => {
  const random = new Seeded(4);
  t.diagnostic(`seed ${random.seed}`);
  const time = new SimulatedTime();
  const video: VideoUnit[] = [];
  const lossless = {
    ...simulatedVideo,
    rtxPayloadType: null,
    feedback: { ...simulatedVideo.feedback, nack: false },
  };
  const receiver = new PublisherRtp(
    { video: lossless, audio: simulatedAudio, ssrc: 7 },
    {
      packet() {},
      unit: (_, unit) => unit.kind === 'video' && video.push(unit),
      rtcp: b => publisher.rtcp(b),
    },
  );
  const publisher = new SimulatedPublisher(
    random,
    createPath(time, random, { delayMs: 10, loss: 0.01 }, bytes => receiver.receive(bytes, time.nowMs)),
  );
  time.every(1000 / 30, 1000, 21_000, () => publisher.frame(time.nowMs));
  time.every(20, 1000, 22_000, () => receiver.tick(time.nowMs));
  time.runUntil(22_000);
  assert.ok(receiver.stats.lost > 0 && receiver.stats.unitsDropped > 0);
  assert.ok(publisher.plis > 1 && publisher.plis <= 22, `${publisher.plis} requests in 21 s`);
  const positions = framesOf(publisher, video);
  for (const [index, position] of positions.entries()) {
    assert.ok(position >= 0, 'only whole frames come out');
    if (index > 0 && position !== positions[index - 1]! + 1)
      assert.ok(video[index]!.key, 'after a gap comes a key frame');
  }
  assert.ok(video.length > publisher.frames.length / 3);
  assertOrdered(video);
});

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`timestamps stay in order whatever the network does (seed ${seed})`, () => {
    const random = new Seeded(seed);
    const network = {
      delayMs: random.below(150),
      jitterMs: random.below(300),
      loss: random.next() * 0.2,
      duplication: random.next() * 0.2,
    };
    const { video, audio, packets } = publish(random, network);
    assertOrdered(video);
    assertOrdered(audio);
    const numbers = packets.map(({ track, packet }) => `${track.id} ${packet.sequenceNumber}`);
    assert.equal(new Set(numbers).size, numbers.length, 'each packet is passed on once');
  });
}
