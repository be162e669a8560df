import assert from 'node:assert/strict';
import { test } from 'node:test';
import { H264Depacketizer } from '#media/h264/depacketizer.ts';
import { isRtcp, parseRtp } from '#media/rtp/packet.ts';
import { PublisherRtp } from '#media/rtp/publisher.ts';
import { ViewerRtp } from '#media/rtp/viewer.ts';
import type { TrackedPacket } from '#media/rtp/viewer-types.ts';
import type { AudioUnit, VideoUnit } from '#media/unit.ts';
import { assertOrdered, delivered, gaps } from '#tests/support/delivered-frames.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { createPath, type NetworkOptions, SimulatedTime } from '#tests/support/simulated-network.ts';
import { SimulatedPublisher, simulatedAudio, simulatedVideo } from '#tests/support/simulated-publisher.ts';

const extensions = { mid: null, transportCc: null, absSendTime: 2 };
const viewerVideo = { ...simulatedVideo, payloadType: 96, rtxPayloadType: 97, extensions };
const viewerAudio = { ...simulatedAudio, payloadType: 63, extensions };
const START_MS = 1000;

interface Options {
  readonly up?: NetworkOptions;
  readonly seconds?: number;
  readonly frameBytes?: number;
  readonly ssrc?: number;
}

interface Sent {
  readonly sequence: number;
  readonly timestamp: number;
}

interface Run {
  readonly publisher: SimulatedPublisher;
  readonly viewer: ViewerRtp;
  /** What the viewer's browser made of it. */
  readonly frames: readonly VideoUnit[];
  readonly sounds: readonly AudioUnit[];
  /** Video packets as they left for the first time. */
  readonly sent: readonly Sent[];
}

/** A broadcast, and a viewer behind the given network; the way back is as long but loses nothing. */
function watch(random: Seeded, down: NetworkOptions, options: Options = {}): Run {
  const { up = { delayMs: 15 }, seconds = 10, ssrc = 0xaaaaaaaa, frameBytes = 6000 } = options;
  const endMs = START_MS + seconds * 1000;
  const time = new SimulatedTime();
  const frames: VideoUnit[] = [];
  const sounds: AudioUnit[] = [];
  const sent: Sent[] = [];
  // The viewer's browser: the same recovery, on the other end.
  const browser = new PublisherRtp(
    { video: viewerVideo, audio: viewerAudio, ssrc: 9 },
    {
      packet() {},
      unit: (_, unit) => (unit.kind === 'video' ? frames.push(unit) : sounds.push(unit)),
      rtcp: createPath(time, random, { delayMs: down.delayMs }, bytes => viewer.receive(bytes, time.nowMs)),
    },
  );
  const forth = createPath(time, random, down, bytes => browser.receive(bytes, time.nowMs));
  const viewer = new ViewerRtp(
    {
      video: viewerVideo,
      audio: viewerAudio,
      ssrcs: { video: ssrc, videoRtx: 0xbbbbbbbb, audio: 0xcccccccc },
    },
    {
      send(bytes) {
        const packet = isRtcp(bytes) ? null : parseRtp(bytes);
        if (packet?.payloadType === viewerVideo.payloadType)
          sent.push({ sequence: packet.sequenceNumber, timestamp: packet.timestamp });
        forth(bytes);
      },
      keyframeWanted: () => receiver.requestKeyframe(time.nowMs),
    },
  );
  const receiver = new PublisherRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrc: 7 },
    {
      packet: (track, packet) => viewer.packet(track, packet, time.nowMs),
      unit() {},
      rtcp: bytes => publisher.rtcp(bytes),
    },
  );
  const arrive = createPath(time, random, up, bytes => receiver.receive(bytes, time.nowMs));
  const publisher = new SimulatedPublisher(random, arrive, { frameBytes });
  viewer.join([], time.nowMs);
  time.every(1000 / 30, START_MS, endMs, () => publisher.frame(time.nowMs));
  time.every(20, START_MS, endMs, () => publisher.sound(time.nowMs));
  time.every(1000, START_MS + 500, endMs, () => publisher.reports(time.nowMs));
  time.every(20, START_MS, endMs + 2000, () => {
    receiver.tick(time.nowMs);
    viewer.tick(time.nowMs);
    browser.tick(time.nowMs);
  });
  time.runUntil(endMs + 2000);
  return { publisher, viewer, frames, sounds, sent };
}

// As on the way from the publisher: up to 10 % of loss everything comes out, beyond most of it.
for (const jitterMs of [0, 10, 100, 300]) {
  for (const loss of [0, 0.02, 0.05, 0.1]) {
    test(`a viewer gets every frame at ${loss * 100} % loss and ${jitterMs} ms jitter`, t => {
      const random = new Seeded(20_260_801);
      t.diagnostic(`seed ${random.seed}`);
      const run = watch(random, { delayMs: 20, jitterMs, loss, duplication: 0.02 });
      const positions = delivered(run.publisher, run.frames, 35);
      assert.deepEqual(gaps(positions), []);
      assert.ok(positions.at(-1)! >= 297, `the last frame was ${positions.at(-1)}`);
      assertOrdered(run.frames);
      assertOrdered(run.sounds);
      if (loss > 0) assert.ok(run.viewer.stats.resent > 0);
    });
  }
  test(`a viewer gets most frames at 20 % loss and ${jitterMs} ms jitter`, t => {
    const random = new Seeded(20_260_802);
    t.diagnostic(`seed ${random.seed}`);
    const run = watch(random, { delayMs: 20, jitterMs, loss: 0.2, duplication: 0.02 });
    const positions = delivered(run.publisher, run.frames, 35);
    assert.ok(positions.length > 300 * 0.8, `${positions.length} of 300`);
    for (const after of gaps(positions))
      assert.ok(run.frames[positions.indexOf(after)]!.key, 'a gap ends with a key frame');
    assertOrdered(run.frames);
  });
}

test('loss on both ways: what the publisher sent again comes to the viewer in its place', t => {
  const random = new Seeded(99);
  t.diagnostic(`seed ${random.seed}`);
  const down = { delayMs: 15, jitterMs: 5, loss: 0.05, duplication: 0.02 };
  const run = watch(random, down, { up: { delayMs: 15, loss: 0.03 } });
  const positions = delivered(run.publisher, run.frames, 35);
  assert.deepEqual(gaps(positions), []);
  assert.ok(positions.length > 250, `${positions.length} frames`);
  assert.ok(run.sounds.length > 400);
  const { rttMs } = run.viewer.stats;
  assert.ok(rttMs !== null && rttMs >= 30 && rttMs < 60, `${rttMs}`);
});

/** An SSRC of which a viewer's timestamps begin less than two seconds before they wrap, its numbers as late as they do. */
function ssrcBeforeWraps(): number {
  for (let ssrc = 0x7fff; ; ssrc += 0x8000)
    if (Math.imul(ssrc, 2_654_435_761) >>> 0 > 2 ** 32 - 180_000) return ssrc;
}

test('numbers and timestamps on the way to the viewer wrap, and nobody notices', t => {
  const random = new Seeded(20_260_803);
  t.diagnostic(`seed ${random.seed}`);
  const down = { delayMs: 20, jitterMs: 30, loss: 0.02 };
  const run = watch(random, down, { ssrc: ssrcBeforeWraps(), seconds: 50, frameBytes: 64_000 });
  const { sent } = run;
  const wraps = (of: keyof Sent) => sent.filter((entry, i) => i > 0 && entry[of] < sent[i - 1]![of]).length;
  assert.equal(wraps('timestamp'), 1);
  assert.ok(wraps('sequence') > 0);
  assert.deepEqual(gaps(delivered(run.publisher, run.frames, 35)), []);
  assertOrdered(run.frames);
});

test('a viewer that joins late gets the frames since the key frame at once and then is live', () => {
  const random = new Seeded(5);
  const time = new SimulatedTime();
  const packets: TrackedPacket[] = [];
  const received: { timestamp: number; sequence: number; atMs: number }[] = [];
  const whole: number[] = [];
  const depacketizer = new H264Depacketizer(
    unit => whole.push(unit.timestamp),
    () => assert.fail('every frame is whole'),
  );
  const viewer = new ViewerRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrcs: { video: 5, videoRtx: null, audio: 6 } },
    {
      send(bytes) {
        const packet = parseRtp(bytes.slice());
        if (packet?.payloadType !== 106) return;
        depacketizer.push(packet.payload, packet.timestamp, packet.marker, time.nowMs);
        received.push({ timestamp: packet.timestamp, sequence: packet.sequenceNumber, atMs: time.nowMs });
      },
      keyframeWanted() {},
    },
  );
  const receiver = new PublisherRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrc: 7 },
    {
      packet: (track, packet) => {
        viewer.packet(track, packet, time.nowMs);
        packets.push({ track, packet });
      },
      unit() {},
      rtcp() {},
    },
  );
  const publisher = new SimulatedPublisher(random, bytes => receiver.receive(bytes, time.nowMs));
  time.every(1000 / 30, 1000, 4000, () => publisher.frame(time.nowMs));
  time.at(3001, () => viewer.join(packets.slice(), time.nowMs));
  time.runUntil(4000);
  const burst = received.filter(entry => entry.atMs === 3001).map(entry => entry.timestamp);
  const frames = [...new Set(burst)];
  assert.equal(frames.length, 61);
  assert.deepEqual(
    frames.slice(1).map((timestamp, index) => (timestamp - frames[index]!) >>> 0),
    frames.slice(1).map(() => 90),
  );
  const live = [...new Set(received.filter(entry => entry.atMs > 3001).map(entry => entry.timestamp))];
  assert.equal((live[0]! - frames.at(-1)!) >>> 0, 3000, 'then the pace is the stream again');
  assert.equal(whole.length, 90);
  const steps = received
    .slice(1)
    .map((entry, index) => (entry.sequence - received[index]!.sequence) & 0xffff);
  assert.ok(
    steps.every(step => step === 1),
    'sequence numbers have no gap',
  );
});
