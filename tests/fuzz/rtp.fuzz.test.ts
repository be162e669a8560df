import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findExtension } from '#media/rtp/extensions.ts';
import { parseRtp } from '#media/rtp/packet.ts';
import { PublisherRtp } from '#media/rtp/publisher.ts';
import { parseRtcp } from '#media/rtp/rtcp.ts';
import { ViewerRtp } from '#media/rtp/viewer.ts';
import type { Unit } from '#media/unit.ts';
import { corpusHex, corpusSession } from '#tests/support/corpus.ts';
import { heldBytes } from '#tests/support/held-bytes.ts';
import { mutate, timed } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { SimulatedPublisher, simulatedAudio, simulatedVideo } from '#tests/support/simulated-publisher.ts';

const corpus = [
  ...corpusHex('rtp/packets.hex'),
  ...corpusHex('rtcp/packets.hex'),
  ...corpusSession('rtp/chromium-publisher.txt').map(({ bytes }) => bytes),
];

test('changed packets are read or refused, and what is read lies within them', t => {
  const random = new Seeded(201);
  t.diagnostic(`seed ${random.seed}`);
  let read = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes =
      round % 10 === 0 ? random.bytes(random.below(80)) : mutate(random, corpus[round % corpus.length]!);
    timed(bytes, () => {
      const packet = parseRtp(bytes);
      if (packet !== null) {
        read++;
        assert.ok(packet.payload.length <= bytes.length - 12);
        for (let id = 0; id < 16; id++) assert.ok((findExtension(packet, id)?.length ?? 0) <= bytes.length);
      }
      assert.ok(parseRtcp(bytes).length <= 32);
    });
  }
  assert.ok(read > 1000, `${read} were read`);
});

for (const seed of [301, 302, 303]) {
  test(`a publisher that sends anything makes only ordered units, and a viewer takes any feedback (seed ${seed})`, () => {
    const random = new Seeded(seed);
    let nowMs = 0;
    const last = { video: -1, audio: -1 };
    const check = (unit: Unit): void => {
      assert.ok(
        Number.isSafeInteger(unit.pts) && unit.pts > last[unit.kind],
        `${unit.pts} after ${last[unit.kind]}`,
      );
      last[unit.kind] = unit.pts;
    };
    const viewer = new ViewerRtp(
      { video: simulatedVideo, audio: simulatedAudio, ssrcs: { video: 1, videoRtx: 2, audio: 3 } },
      { send: bytes => assert.ok(bytes.length <= 2048), keyframeWanted() {} },
    );
    viewer.join([], 0);
    let rtcpBytes = 0;
    const receiver = new PublisherRtp(
      { video: simulatedVideo, audio: simulatedAudio, ssrc: 7 },
      {
        packet: (track, packet) => viewer.packet(track, packet, nowMs),
        unit: (_, unit) => check(unit),
        rtcp(bytes) {
          rtcpBytes += bytes.length;
          parseRtcp(bytes);
        },
      },
    );
    const wire: Uint8Array[] = [];
    const publisher = new SimulatedPublisher(random, bytes => wire.push(bytes));
    let inputBytes = 0;
    for (let round = 0; round < 4000; round++) {
      nowMs += random.chance(0.01) ? random.below(20_000) : random.below(20);
      if (round % 3 === 0) publisher.frame(random.chance(0.02) ? random.next() * 1e8 : nowMs);
      else publisher.sound(nowMs);
      for (const bytes of wire.splice(0)) {
        const input = random.chance(0.2) ? mutate(random, bytes) : bytes;
        inputBytes += input.length;
        timed(input, () => receiver.receive(input, nowMs));
      }
      const feedback = mutate(random, corpus[round % corpus.length]!);
      timed(feedback, () => viewer.receive(feedback, nowMs));
      receiver.receive(mutate(random, corpus[round % corpus.length]!), nowMs);
      if (round % 10 === 0) {
        timed(feedback, () => receiver.tick(nowMs));
        viewer.tick(nowMs);
        publisher.rtcp(Uint8Array.of(0x81, 206, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0));
      }
    }
    assert.ok(last.video > 0 && last.audio > 0, 'the broadcast went on');
    assert.ok(rtcpBytes < inputBytes, 'what is sent back is less than what came in');
  });
}

test('a flood of packets with chosen numbers holds a bounded amount of memory', () => {
  const random = new Seeded(401);
  const receiver = new PublisherRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrc: 7 },
    { packet() {}, unit() {}, rtcp() {} },
  );
  const flood = (from: number, to: number) => {
    for (let round = from; round < to; round++) {
      const [high, low, ssrc] = [random.below(256), random.below(256), random.below(4)];
      const bytes = new Uint8Array(1200);
      bytes.set([0x80, 106, high, low, 0, 0, 0, ssrc, 1, 1, 1, 1, 0x7c, 0x05]);
      receiver.receive(bytes, round);
    }
  };
  // The first part fills what is bounded: what the rest adds would grow for ever.
  flood(0, 20_000);
  const before = heldBytes();
  flood(20_000, 80_000);
  const heldMb = (heldBytes() - before) / 1e6;
  assert.ok(heldMb < 5, `${heldMb.toFixed(1)} MB of 72 MB sent`);
  assert.ok(receiver.stats.packets === 80_000);
});
