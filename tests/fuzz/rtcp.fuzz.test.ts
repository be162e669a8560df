import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRtp, RTP_PACKET_BYTES_MAX } from '#media/rtp/packet.ts';
import { parseRtcp, RTCP_PACKETS_MAX, type Rtcp } from '#media/rtp/rtcp.ts';
import { RESENDS_PER_SECOND, RESENDS_SHARE, ViewerRtp } from '#media/rtp/viewer.ts';
import { corpusHex, corpusSession } from '#tests/support/corpus.ts';
import { mutate, timed } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { SimulatedPublisher, simulatedAudio, simulatedVideo } from '#tests/support/simulated-publisher.ts';

const corpus = [
  ...corpusHex('rtcp/packets.hex'),
  ...corpusSession('rtcp/chromium-viewer.txt').map(({ bytes }) => bytes),
];
const whole = (value: number, most: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= most;

/** Everything that is read is a number that the field can hold, and there is no more of it than bytes for it. */
function assertPossible(report: Rtcp, length: number): void {
  if (report.kind === 'nack') {
    assert.ok(report.sequenceNumbers.every(number => whole(number, 0xffff)));
    assert.ok(report.sequenceNumbers.length <= (17 * length) / 4);
  } else if (report.kind === 'remb') assert.ok(report.bitrateBps >= 0 && Number.isFinite(report.bitrateBps));
  else if (report.kind === 'sender-report' || report.kind === 'receiver-report') {
    assert.ok(report.reports.length <= Math.min(31, length / 24));
    for (const { ssrc, fractionLost, lastSr, delaySinceLastSr } of report.reports)
      assert.ok(
        whole(fractionLost, 255) &&
          [ssrc, lastSr, delaySinceLastSr].every(value => whole(value, 2 ** 32 - 1)),
      );
    if (report.kind === 'sender-report')
      assert.ok(Number.isFinite(report.ntpMs) && whole(report.rtpTimestamp, 2 ** 32 - 1));
  } else if (report.kind === 'fir') assert.ok(report.mediaSsrcs.length <= length / 8);
  else if (report.kind === 'bye') assert.ok(report.ssrcs.length <= Math.min(31, length / 4));
}

test('changed, spliced and endless compounds are read as what they can say', t => {
  const random = new Seeded(701);
  t.diagnostic(`seed ${random.seed}`);
  const kinds = new Set<string>();
  for (let round = 0; round < 30_000; round++) {
    const pieces = Array.from({ length: 1 + random.below(4) }, () => corpus[random.below(corpus.length)]!);
    const bytes = round % 8 === 0 ? random.bytes(random.below(120)) : mutate(random, Buffer.concat(pieces));
    timed(bytes, () => {
      const reports = parseRtcp(bytes);
      assert.ok(reports.length <= RTCP_PACKETS_MAX);
      for (const report of reports) {
        kinds.add(report.kind);
        assertPossible(report, bytes.length);
      }
    });
  }
  assert.deepEqual([...kinds].sort(), [
    'bye',
    'fir',
    'nack',
    'pli',
    'receiver-report',
    'remb',
    'sender-report',
  ]);
});

test('what Chromium reports as a viewer is understood', () => {
  const reports = corpusSession('rtcp/chromium-viewer.txt').flatMap(({ bytes }) => parseRtcp(bytes));
  const of = (kind: string) => reports.filter(report => report.kind === kind).length;
  assert.deepEqual([of('receiver-report'), of('nack'), of('remb')], [13, 6, 2]);
});

/** One feedback packet as long as a datagram can be, with `fill` in every byte of what it lists. */
function longest(type: number, format: number, fill: number): Uint8Array {
  const bytes = new Uint8Array(RTP_PACKET_BYTES_MAX).fill(fill);
  bytes.set([0x80 | format, type, 0, 0, 0, 0, 0, 7, 0, 0, 0, 5]);
  new DataView(bytes.buffer).setUint16(2, bytes.length / 4 - 1);
  return bytes;
}

test('a viewer that asks for everything all the time gets a bounded amount', () => {
  const random = new Seeded(702);
  let [sent, keyframes] = [0, 0];
  const viewer = new ViewerRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrcs: { video: 5, videoRtx: 6, audio: 8 } },
    { send: () => sent++, keyframeWanted: () => keyframes++ },
  );
  viewer.join([], 0);
  const publisher = new SimulatedPublisher(random, bytes => {
    const packet = parseRtp(bytes)!;
    const track = { kind: 'video', codec: 'h264', id: 'video', timescale: 90_000 } as const;
    if (packet.payloadType === simulatedVideo.payloadType) viewer.packet(track, packet, 0);
  });
  for (let frame = 0; frame < 300; frame++) publisher.frame(frame * 33);
  const before = sent;
  sent = 0;
  const storm = Array.from({ length: 16 }, (_, i) => longest(205, 1, i * 16 + 15));
  const numbered = storm.map((bytes, i) => {
    const view = new DataView(bytes.buffer);
    for (let at = 12; at < bytes.length; at += 4) {
      view.setUint16(at, (i * 6000 + at * 4) & 0xffff);
      view.setUint16(at + 2, 0xffff);
    }
    return bytes;
  });
  for (let nowMs = 0; nowMs < 5000; nowMs += 1) {
    if (nowMs % 100 === 0) viewer.tick(nowMs);
    for (const bytes of [numbered[nowMs % 16]!, longest(206, 4, 0)])
      timed(bytes, () => viewer.receive(bytes, nowMs));
  }
  assert.ok(sent > RESENDS_PER_SECOND, 'it gets something');
  // What was sent before counts as sent in the first second and in the next; reports are sent too.
  const most = 5 * (RESENDS_PER_SECOND + 4) + 2 * before * RESENDS_SHARE;
  assert.ok(sent <= most, `${sent} packets in five seconds, at most ${most}`);
  assert.ok(keyframes >= 5000, 'wishes for key frames are passed on, the stream limits them');
});
