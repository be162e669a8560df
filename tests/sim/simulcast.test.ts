import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Layers } from '#live/stream/layers.ts';
import { H264Depacketizer } from '#media/h264/depacketizer.ts';
import { LayerChoice } from '#media/rtp/layer-choice.ts';
import { parseRtp, type RtpPacket } from '#media/rtp/packet.ts';
import { PublisherRtp } from '#media/rtp/publisher.ts';
import { ViewerRtp } from '#media/rtp/viewer.ts';
import type { Unit } from '#media/unit.ts';
import { delivered, gaps } from '#tests/support/delivered-frames.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { createPath, type NetworkOptions, SimulatedTime } from '#tests/support/simulated-network.ts';
import {
  SimulatedPublisher,
  simulatedAudio,
  simulatedLayers,
  simulatedVideo,
} from '#tests/support/simulated-publisher.ts';

const RIDS = ['h', 'm', 'l'];
const START_MS = 1000;
const END_MS = 21_000;

interface Options {
  readonly network: NetworkOptions;
  /** What the viewer says it can receive, at each moment. */
  readonly estimateBps: (nowMs: number) => number;
  /** What share of its packets it says was lost. */
  readonly lossRatio?: (nowMs: number, trackId: string | null) => number;
  /** Whether a layer is sent. */
  readonly sends?: (rid: string, nowMs: number) => boolean;
}

/** Twenty seconds of three layers over a lossy way up, and one viewer without loss. */
function run(seed: number, options: Options) {
  const random = new Seeded(seed);
  const time = new SimulatedTime();
  const { network, estimateBps, lossRatio = () => 0, sends = () => true } = options;
  const units: { id: string; unit: Unit }[] = [];
  const sent: { packet: RtpPacket; atMs: number; trackId: string | null }[] = [];
  const sounds: number[] = [];
  const layers = new Layers();
  const choice = new LayerChoice();
  const back = createPath(time, random, { delayMs: network.delayMs }, bytes => {
    for (const publisher of publishers) publisher.rtcp(bytes);
  });
  const receiver = new PublisherRtp(
    { video: simulatedLayers, audio: simulatedAudio, ssrc: 7 },
    {
      packet(track, packet) {
        layers.add(track, packet, time.nowMs);
        viewer.packet(track, packet, time.nowMs);
      },
      unit: (track, unit) => units.push({ id: track.id, unit }),
      rtcp: back,
    },
  );
  const viewer = new ViewerRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrcs: { video: 5, videoRtx: null, audio: 6 } },
    {
      send(bytes) {
        const packet = parseRtp(bytes.slice());
        if (packet?.payloadType === 111) sounds.push(time.nowMs);
        if (packet?.payloadType === 106)
          sent.push({ packet, atMs: time.nowMs, trackId: viewer.stats.trackId });
      },
      keyframeWanted: () => receiver.requestKeyframe(time.nowMs),
    },
  );
  const forth = createPath(time, random, network, bytes => receiver.receive(bytes, time.nowMs));
  const transport = { sequence: 0 };
  const publishers = RIDS.map(
    (rid, i) =>
      new SimulatedPublisher(
        random,
        forth,
        {
          rid,
          videoSsrc: 100 + i,
          rtxSsrc: 200 + i,
          videoTimestamp: i * 7_000_000,
          frameBytes: Math.round(9000 / 4 ** i),
        },
        transport,
      ),
  );
  time.every(1000 / 30, START_MS, END_MS, () => {
    for (const [i, rid] of RIDS.entries()) if (sends(rid, time.nowMs)) publishers[i]!.frame(time.nowMs);
  });
  time.every(20, START_MS, END_MS, () => publishers[0]!.sound(time.nowMs));
  time.every(1000, START_MS + 500, END_MS, () => {
    for (const publisher of publishers) publisher.reports(time.nowMs);
  });
  time.every(20, START_MS, END_MS + 1000, () => receiver.tick(time.nowMs));
  time.every(100, START_MS, END_MS, () => {
    viewer.tick(time.nowMs);
    const offers = layers.states.map(state => ({
      id: state.track.id,
      bitrateBps: state.bitrateBps,
      lastMs: state.lastMs,
    }));
    const report = {
      estimateBps: estimateBps(time.nowMs),
      lossRatio: lossRatio(time.nowMs, viewer.stats.trackId),
      rttMs: null,
    };
    if (offers.length > 0) viewer.select(choice.choose(offers, report, time.nowMs));
  });
  time.at(START_MS + 500, () => viewer.join([], time.nowMs));
  time.runUntil(END_MS + 1000);
  return { receiver, publishers, units, sent, sounds, viewer };
}

/** The viewer's packets in a row: no gap in the numbers, time that goes on without a longer step, whole frames only. */
function assertContinuous(sent: ReturnType<typeof run>['sent'], stepSMax: number): void {
  let broken = 0;
  const keys: boolean[] = [];
  const depacketizer = new H264Depacketizer(
    unit => keys.push(unit.key),
    () => broken++,
  );
  for (const [i, { packet, atMs }] of sent.entries()) {
    depacketizer.push(packet.payload, packet.timestamp, packet.marker, atMs);
    const before = sent[i - 1]?.packet;
    if (before === undefined) continue;
    assert.equal((packet.sequenceNumber - before.sequenceNumber) & 0xffff, 1, 'no gap');
    const ticks = (packet.timestamp - before.timestamp) | 0;
    assert.ok(ticks === 0 || (ticks > 0 && ticks < 90_000 * stepSMax), `a step of ${ticks} ticks at ${atMs}`);
  }
  assert.equal(broken, 0, 'every frame is whole');
  assert.ok(keys[0]);
}

const trackAt = (sent: ReturnType<typeof run>['sent'], atMs: number): string | null | undefined =>
  sent.findLast(entry => entry.atMs <= atMs)?.trackId;

test('a viewer falls to the layer that it can receive and climbs back, without a gap', t => {
  const seed = 31;
  t.diagnostic(`seed ${seed}`);
  const { sent, viewer } = run(seed, {
    network: { delayMs: 20 },
    estimateBps: nowMs => (nowMs > 8000 && nowMs < 14_000 ? 150_000 : 5_000_000),
  });
  assertContinuous(sent, 0.05);
  assert.equal(trackAt(sent, 7900), 'video');
  assert.equal(trackAt(sent, 13_900), 'video-3');
  assert.notEqual(trackAt(sent, END_MS), 'video-3');
  assert.ok(viewer.stats.switches <= 5, `${viewer.stats.switches} switches`);
});

test('a viewer that can receive no layer gets sound alone, and its pictures back without a gap', t => {
  const seed = 33;
  t.diagnostic(`seed ${seed}`);
  const isNarrow = (nowMs: number): boolean => nowMs > 4000 && nowMs < 12_000;
  const { sent, sounds, viewer } = run(seed, {
    network: { delayMs: 20 },
    estimateBps: nowMs => (isNarrow(nowMs) ? 70_000 : 5_000_000),
    lossRatio: (nowMs, trackId) => (isNarrow(nowMs) && trackId !== null ? 0.5 : 0),
  });
  assertContinuous(sent, 8);
  const pictureless = sent.filter(({ atMs }) => atMs > 9000 && atMs < 11_000);
  assert.equal(pictureless.length, 0, 'no pictures');
  assert.ok(sounds.filter(atMs => atMs > 9000 && atMs < 11_000).length > 95, 'but sound');
  assert.notEqual(viewer.stats.trackId, null);
  assert.ok(sent.at(-1)!.atMs > END_MS - 100, 'pictures are back');
});

test('when the best layer pauses its viewers go on with the next one', t => {
  const seed = 32;
  t.diagnostic(`seed ${seed}`);
  const { sent } = run(seed, {
    network: { delayMs: 20 },
    estimateBps: () => 9_000_000,
    sends: (rid, nowMs) => rid !== 'h' || nowMs < 9000 || nowMs > 15_000,
  });
  assertContinuous(sent, 1.5);
  assert.equal(trackAt(sent, 8900), 'video');
  assert.equal(trackAt(sent, 14_900), 'video-2');
  const pauseMs = sent.reduce(
    (most, entry, i) => Math.max(most, entry.atMs - (sent[i - 1]?.atMs ?? entry.atMs)),
    0,
  );
  assert.ok(pauseMs < 1500, `${pauseMs} ms without a picture`);
  assert.equal(trackAt(sent, END_MS), 'video');
});

for (const [seed, loss] of [
  [1, 0.02],
  [2, 0.05],
  [3, 0.1],
] as const) {
  test(`three layers come through ${loss * 100} % loss in order and beside each other (seed ${seed})`, () => {
    const network = { delayMs: 20, jitterMs: 5, loss, duplication: 0.01 };
    const { units, publishers } = run(seed, { network, estimateBps: () => 9_000_000 });
    const pictures = (id: string) =>
      units.flatMap(({ id: of, unit }) => (of === id && unit.kind === 'video' ? [unit] : []));
    for (const [i, id] of ['video', 'video-2', 'video-3'].entries()) {
      const positions = delivered(publishers[i]!, pictures(id), 40);
      assert.deepEqual(gaps(positions), [], `${id} is whole`);
      assert.ok(
        positions.at(-1)! >= publishers[i]!.frames.length - 3,
        `${id} ends with frame ${positions.at(-1)}`,
      );
    }
    const ends = ['video', 'video-2', 'video-3'].map(
      id => units.findLast(entry => entry.id === id)!.unit.pts,
    );
    assert.ok(Math.max(...ends) - Math.min(...ends) < 90 * 105, `${ends} are about the same frame`);
  });
}
