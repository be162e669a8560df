import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/log.ts';
import { GOP_PACKETS_MAX } from '#live/stream/gop-cache.ts';
import { Stream } from '#live/stream/stream.ts';
import { beginsKeyFrame } from '#media/h264/depacketizer.ts';
import { isRtcp, parseRtp, writeUint16, writeUint32 } from '#media/rtp/packet.ts';
import { PublisherRtp } from '#media/rtp/publisher.ts';
import { ViewerRtp } from '#media/rtp/viewer.ts';
import type { AcceptedAudio, AcceptedVideo } from '#media/sdp/offer.ts';
import type { Unit } from '#media/unit.ts';
import { corpusSession } from '#tests/support/corpus.ts';
import { heldBytes } from '#tests/support/held-bytes.ts';
import { mutate, timed } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';

const session = corpusSession('rtp/chromium-publisher.txt');
const reports = corpusSession('rtcp/chromium-viewer.txt');

/** As they were agreed upon when the session was captured. */
const extensions = { mid: 9, transportCc: 4, absSendTime: 2 };
const feedback = { nack: true, pli: true, transportCc: true, remb: true };
const video: AcceptedVideo = {
  mid: '0',
  payloadType: 109,
  rtxPayloadType: 114,
  fmtp: '',
  profileLevelId: '42e01f',
  extensions,
  feedback,
};
const audio: AcceptedAudio = {
  mid: '1',
  payloadType: 111,
  fmtp: '',
  extensions,
  feedback: { ...feedback, nack: false },
};

/** A publisher's receiver, the hub and a viewer, joined as the servers join them. */
class Path {
  readonly clock = new FakeClock();
  readonly stream: Stream;
  readonly receiver: PublisherRtp;
  readonly viewer: ViewerRtp;
  readonly units = { video: 0, audio: 0 };
  sent = 0;
  rtcp = 0;
  readonly #last = { video: -1, audio: -1 };

  constructor() {
    const { clock } = this;
    const events = { mediaArrived() {}, publisherLeft() {} };
    this.stream = new Stream({ clock, log: silentLogger, events });
    const publisher = this.stream.publish();
    this.receiver = new PublisherRtp(
      { video, audio, ssrc: 1 },
      {
        packet: (track, packet) => publisher.packet(track, packet),
        unit: (track, unit) => publisher.unit(track, unit),
        rtcp: () => this.rtcp++,
      },
    );
    publisher.onKeyframeWanted(() => this.receiver.requestKeyframe(clock.monotonicMs()));
    // The SSRC that the captured feedback is about, so that its requests mean something.
    const ssrcs = { video: 0xa85c42c6, videoRtx: 2, audio: 3 };
    this.viewer = new ViewerRtp(
      { video, audio, ssrcs },
      { send: () => this.sent++, keyframeWanted: () => this.stream.requestKeyframe() },
    );
    this.viewer.join([], 0);
    this.stream.read({
      packet: (track, packet) => this.viewer.packet(track, packet, clock.monotonicMs()),
      unit: (_track, unit) => this.#check(unit),
      ended() {},
    });
  }

  receive(bytes: Uint8Array): void {
    timed(bytes, () => this.receiver.receive(bytes, this.clock.monotonicMs()));
  }

  report(bytes: Uint8Array): void {
    timed(bytes, () => this.viewer.receive(bytes, this.clock.monotonicMs()));
  }

  tick(ms: number): void {
    timed('a tick', () => {
      this.clock.advance(ms);
      this.receiver.tick(this.clock.monotonicMs());
      this.viewer.tick(this.clock.monotonicMs());
    });
  }

  #check(unit: Unit): void {
    assert.ok(Number.isSafeInteger(unit.pts) && unit.pts > this.#last[unit.kind], `${unit.pts}`);
    this.#last[unit.kind] = unit.pts;
    this.units[unit.kind]++;
  }
}

test('the pictures as Chromium sent them are whole: what was left out came by RTX', () => {
  const path = new Path();
  for (const { atMs, bytes } of session) {
    path.tick(Math.max(0, atMs - path.clock.monotonicMs()));
    path.receive(bytes);
  }
  const { unitsDropped, recovered, unknown, keyframes } = path.receiver.stats;
  assert.deepEqual({ unitsDropped, unknown, keyframes }, { unitsDropped: 0, unknown: 0, keyframes: 1 });
  assert.ok(recovered >= 2, `${recovered} recovered`);
  assert.ok(path.units.video > 40 && path.units.audio > 90, JSON.stringify(path.units));
});

/** What each kind of packet of the session takes of its source's numbers, and of its clock. */
const SPANS: Readonly<Record<number, { readonly numbers: number; readonly ticks: number }>> = {
  [video.payloadType]: { numbers: 61, ticks: 270_000 },
  [video.rtxPayloadType!]: { numbers: 25, ticks: 270_000 },
  [audio.payloadType]: { numbers: 150, ticks: 144_000 },
};

/** The packet as it would be if the session had gone on like that `turns` times: a repeated one would be a duplicate. */
function later(original: Uint8Array, turns: number): Uint8Array {
  const packet = isRtcp(original) ? null : parseRtp(original);
  const span = packet && SPANS[packet.payloadType];
  if (!span) return original;
  const bytes = original.slice();
  writeUint16(bytes, 2, (packet.sequenceNumber + turns * span.numbers) & 0xffff);
  writeUint32(bytes, 4, (packet.timestamp + turns * span.ticks) >>> 0);
  const at = packet.payload.byteOffset - original.byteOffset;
  if (packet.payloadType === video.rtxPayloadType && packet.payload.length > 2) {
    const number = (packet.payload[0]! << 8) | packet.payload[1]!;
    writeUint16(bytes, at, (number + turns * SPANS[video.payloadType]!.numbers) & 0xffff);
  }
  return bytes;
}

/** The session, with the odd packet changed, lost, doubled, moved, or from another place of it. */
function* tampered(random: Seeded, captured: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const [i, bytes] of captured.entries()) {
    const chance = random.next();
    if (chance < 0.05) continue;
    if (chance < 0.15) yield mutate(random, bytes);
    else if (chance < 0.2) yield captured[random.below(captured.length)]!;
    else if (chance < 0.25) yield captured[Math.min(captured.length - 1, i + random.below(5))]!;
    if (chance >= 0.15) yield bytes;
    if (chance > 0.95) yield bytes;
  }
}

const packetsOf = (turn: number): Uint8Array[] => session.map(({ bytes }) => later(bytes, turn));

for (const seed of [731, 732, 733, 734])
  test(`a session that was tampered with makes ordered units, and its viewer takes any feedback (seed ${seed})`, () => {
    const random = new Seeded(seed);
    for (let run = 0; run < 25; run++) {
      const path = new Path();
      for (let turn = 0; turn < 2; turn++)
        for (const bytes of tampered(random, packetsOf(turn))) {
          path.tick(random.chance(0.01) ? random.below(20_000) : random.below(20));
          path.receive(bytes);
          if (random.chance(0.1)) path.report(mutate(random, reports[random.below(reports.length)]!.bytes));
        }
      const { packets, unknown } = path.receiver.stats;
      assert.ok(packets > unknown, 'most was understood');
      assert.equal(path.stream.stats.readersDropped, 0);
    }
  });

/** Also one that was left out and came by RTX. */
const beginsPicture = (bytes: Uint8Array): boolean => {
  const packet = isRtcp(bytes) ? null : parseRtp(bytes);
  if (packet?.payloadType === video.rtxPayloadType) return beginsKeyFrame(packet!.payload.subarray(2));
  return packet?.payloadType === video.payloadType && beginsKeyFrame(packet.payload);
};

for (const [name, keeps] of [
  ['one publisher that is tampered with for hours', () => true],
  ['one that sends no key frame after the first', (bytes: Uint8Array) => !beginsPicture(bytes)],
] as const)
  test(`${name} holds a bounded amount of memory`, () => {
    const random = new Seeded(741);
    const path = new Path();
    const flood = (from: number, to: number) => {
      for (let turn = from; turn < to; turn++)
        for (const bytes of tampered(random, packetsOf(turn).filter(turn === 0 ? () => true : keeps))) {
          path.tick(random.below(26));
          path.receive(bytes);
          path.report(mutate(random, reports[random.below(reports.length)]!.bytes));
          assert.ok(path.stream.gop().length <= GOP_PACKETS_MAX);
        }
    };
    flood(0, 80);
    const before = heldBytes();
    const { audio } = path.units;
    flood(80, 240);
    const heldMb = (heldBytes() - before) / 1e6;
    assert.ok(heldMb < 5, `${heldMb.toFixed(1)} MB more`);
    assert.ok(path.units.audio - audio > 5_000, `${path.units.audio - audio} units of sound came out`);
  });
