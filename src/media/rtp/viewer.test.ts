import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audio, nack, openViewer as open, packet, video } from '#tests/support/viewer-rig.ts';
import { findExtension } from './extensions.ts';
import { writePli } from './rtcp-write.ts';
import { BURST_PACKETS_MAX } from './viewer.ts';

test('without a key frame at hand pictures wait for one and ask for it, sound does not wait', () => {
  const opened = open();
  const { viewer, sent } = opened;
  viewer.packet(video, packet(1, 0, { key: true }), 0);
  viewer.join([], 0);
  viewer.packet(audio, packet(5, 0), 1);
  viewer.packet(video, packet(2, 3000), 2);
  assert.deepEqual(
    sent.map(entry => entry.ssrc),
    [0xcccccccc],
  );
  viewer.packet(video, packet(3, 6000, { key: true }), 3);
  viewer.packet(video, packet(4, 9000), 4);
  assert.equal(sent.length, 3);
  assert.equal(opened.wanted, 1);
});

test('own numbers: sequence numbers go on across the wrap, timestamps keep their pace, each track its SSRC', () => {
  const { viewer, sent } = open();
  viewer.join([], 0);
  for (let i = 0; i < 70_000; i++) viewer.packet(video, packet(i, i * 3000, { key: i === 0 }), i);
  assert.equal(sent.length, 70_000);
  for (let i = 1; i < sent.length; i++) {
    assert.equal((sent[i]!.sequenceNumber - sent[i - 1]!.sequenceNumber) & 0xffff, 1);
    assert.equal((sent[i]!.timestamp - sent[i - 1]!.timestamp) >>> 0, 3000);
  }
  assert.equal(sent[0]!.ssrc, 0xfffffff0);
  assert.equal(findExtension(sent[0]!, 2)?.length, 3);
});

test('the burst is put in sequence and begins at the key frame', () => {
  const { viewer, sent } = open();
  const gop = [
    packet(9, 0),
    packet(10, 3000, { key: true }),
    packet(12, 6000),
    packet(11, 3000),
    packet(13, 9000),
  ].map(entry => ({ track: video, packet: entry }));
  viewer.join(gop, 0);
  assert.deepEqual(
    sent.map(entry => entry.payload[2]),
    [10, 11, 12, 13],
  );
  const base = sent[0]!.timestamp;
  assert.deepEqual(
    sent.map(entry => (entry.timestamp - base) >>> 0),
    [0, 0, 90, 180],
  );
});

test('a packet of the burst that comes late keeps the timestamp of its frame', () => {
  const { viewer, sent } = open();
  const gop = [packet(10, 3000, { key: true }), packet(12, 6000), packet(13, 9000)];
  viewer.join(
    gop.map(entry => ({ track: video, packet: entry })),
    0,
  );
  viewer.packet(video, packet(11, 6000), 10);
  viewer.packet(video, packet(9, 0), 11);
  const [, second, , late, ...none] = sent;
  assert.equal(late?.timestamp, second?.timestamp);
  assert.equal(late?.sequenceNumber, second!.sequenceNumber - 1);
  assert.equal(none.length, 0, 'what came before the key frame is not sent');
});

test('a burst that is too long is not sent', () => {
  const opened = open();
  const { viewer, sent } = opened;
  const gop = Array.from({ length: BURST_PACKETS_MAX + 1 }, (_, i) => ({
    track: video,
    packet: packet(i, i * 3000, { key: i === 0 }),
  }));
  viewer.join(gop, 0);
  assert.equal(sent.length, 0);
  assert.equal(opened.wanted, 1);
});

test('a new source goes on where the old one was', () => {
  const { viewer, sent } = open();
  viewer.join([], 0);
  viewer.packet(video, packet(100, 5000, { key: true }), 0);
  viewer.packet(video, packet(60_000, 4_000_000, { key: true, ssrc: 2 }), 500);
  assert.equal((sent[1]!.sequenceNumber - sent[0]!.sequenceNumber) & 0xffff, 1);
  assert.equal((sent[1]!.timestamp - sent[0]!.timestamp) >>> 0, 45_000);
});

test('what a viewer misses is sent again by RTX with its original number, and not twice at once', () => {
  const { viewer, sent } = open();
  viewer.join([], 0);
  for (let i = 0; i < 3; i++) viewer.packet(video, packet(i, i * 3000, { key: i === 0 }), i);
  const lost = sent[1]!;
  viewer.receive(nack(lost.sequenceNumber, 12), 100);
  viewer.receive(nack(lost.sequenceNumber), 110);
  assert.equal(sent.length, 4);
  const rtx = sent[3]!;
  assert.deepEqual([rtx.payloadType, rtx.ssrc, rtx.timestamp], [107, 0xdddddddd, lost.timestamp]);
  assert.deepEqual([...rtx.payload], [lost.sequenceNumber >> 8, lost.sequenceNumber & 0xff, ...lost.payload]);
  assert.deepEqual([viewer.stats.nacked, viewer.stats.resent], [3, 1]);
  viewer.receive(nack(lost.sequenceNumber), 130);
  assert.equal(sent.length, 5);
});

test('without RTX the packet itself is sent again', () => {
  const { viewer, sent } = open(false);
  viewer.join([], 0);
  viewer.packet(video, packet(0, 0, { key: true }), 0);
  viewer.receive(nack(sent[0]!.sequenceNumber), 100);
  assert.deepEqual({ ...sent[1], extensions: null }, { ...sent[0], extensions: null });
});

test('the history is bounded', () => {
  const { viewer, sent } = open();
  viewer.join([], 0);
  for (let i = 0; i < 1100; i++) viewer.packet(video, packet(i, i * 3000, { key: i === 0 }), i);
  viewer.receive(nack(sent[0]!.sequenceNumber), 5000);
  assert.equal(sent.length, 1100);
});

test('reports put both tracks on one clock, at once and then every second', () => {
  const { viewer, sent, reports } = open();
  const gop = [packet(10, 3000, { key: true, mediaTimeMs: 2000 }), packet(11, 93_000, { mediaTimeMs: 3000 })];
  viewer.join(
    gop.map(entry => ({ track: video, packet: entry })),
    10_000,
  );
  viewer.packet(audio, packet(5, 777, { mediaTimeMs: 3010 }), 10_040);
  viewer.tick(11_050);
  const newest = reports.slice(-2).map(report => (report.kind === 'sender-report' ? report : assert.fail()));
  assert.equal(reports.length, 1 + 2 + 2);
  const [pictures, sound] = newest;
  assert.equal(pictures!.ntpMs, sound!.ntpMs);
  // At that moment the stream is at 3000 + 1050 ms by the first report.
  const picturesMs = 3000 + ((pictures!.rtpTimestamp - sent[1]!.timestamp) | 0) / 90;
  const soundMs = 3010 + ((sound!.rtpTimestamp - sent[2]!.timestamp) | 0) / 48;
  assert.ok(Math.abs(picturesMs - 4050) < 0.1 && Math.abs(soundMs - 4050) < 0.1, `${picturesMs} ${soundMs}`);
});

test('a picture loss asks for a key frame; loss, round trip and estimate are kept', () => {
  const opened = open();
  opened.viewer.join([], 0);
  const before = opened.wanted;
  const out = new Uint8Array(12);
  writePli(out, 0, 1, 0xfffffff0);
  opened.viewer.receive(out, 0);
  assert.equal(opened.wanted, before + 1);
  const report = Buffer.alloc(32);
  report.set([0x81, 201, 0, 7]);
  report.writeUInt32BE(0xfffffff0, 8);
  report[12] = 64;
  report.writeUInt32BE(5 * 65_536, 24);
  report.writeUInt32BE(65_536, 28);
  opened.viewer.receive(report, 6050);
  opened.viewer.receive(
    Uint8Array.from(Buffer.from('8fce0005000000010000000052454d42010a03e800000002', 'hex')),
    0,
  );
  const { lossRatio, rttMs, estimateBps } = opened.viewer.stats;
  assert.equal(lossRatio, 0.25);
  assert.ok(Math.abs(rttMs! - 50) < 0.1);
  assert.equal(estimateBps, ((2 << 16) | 1000) * 4);
});

test('sound alone: pictures stop at once, nothing of them is sent again, nobody asks for a key frame', () => {
  const opened = open();
  const { viewer, sent } = opened;
  viewer.join([], 0);
  viewer.packet(video, packet(1, 0, { key: true }), 0);
  const first = sent[0]!.sequenceNumber;
  const { wanted } = opened;
  viewer.select(null);
  viewer.packet(video, packet(2, 3000, { key: true }), 30);
  viewer.packet(audio, packet(5, 0), 31);
  viewer.receive(nack(first), 100);
  const pli = new Uint8Array(12);
  writePli(pli, 0, 1, 0xfffffff0);
  viewer.receive(pli, 100);
  assert.deepEqual(
    sent.slice(1).map(entry => entry.ssrc),
    [0xcccccccc],
  );
  assert.equal(opened.wanted, wanted);
  assert.equal(viewer.stats.trackId, null);
});

test('pictures that come back after sound alone begin with a key frame, without a gap, at the right time', () => {
  const opened = open();
  const { viewer, sent } = opened;
  viewer.join([], 0);
  viewer.packet(video, packet(1, 0, { key: true, mediaTimeMs: 0 }), 0);
  viewer.select(null);
  for (let i = 2; i < 100; i++) viewer.packet(video, packet(i, i * 3000, { key: i % 10 === 0 }), i * 33);
  const { wanted } = opened;
  viewer.select('video');
  assert.equal(opened.wanted, wanted + 1);
  viewer.packet(video, packet(100, 300_000, { mediaTimeMs: 3333 }), 3333);
  viewer.packet(video, packet(101, 303_000, { key: true, mediaTimeMs: 3366 }), 3366);
  viewer.packet(video, packet(102, 306_000, { mediaTimeMs: 3400 }), 3400);
  const [before, ...after] = sent;
  assert.deepEqual(
    after.map(entry => entry.payload[2]),
    [101, 102],
  );
  assert.deepEqual(
    after.map(entry => (entry.sequenceNumber - before!.sequenceNumber) & 0xffff),
    [1, 2],
  );
  assert.ok(Math.abs(((after[0]!.timestamp - before!.timestamp) >>> 0) - 303_000) < 100);
});
