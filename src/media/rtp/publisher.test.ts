import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seeded } from '#tests/support/seeded.ts';
import {
  type SimulatedOptions,
  SimulatedPublisher,
  simulatedAudio,
  simulatedVideo,
} from '#tests/support/simulated-publisher.ts';
import type { Unit } from '../unit.ts';
import { type RtpPacket, writeRtpHeader } from './packet.ts';
import { PublisherRtp } from './publisher.ts';
import { parseRtcp, type Rtcp } from './rtcp.ts';

interface Opened {
  readonly receiver: PublisherRtp;
  readonly publisher: SimulatedPublisher;
  readonly units: Unit[];
  readonly packets: RtpPacket[];
  readonly rtcp: Rtcp[];
  /** Every RTCP packet type that was sent. */
  readonly types: number[];
  nowMs: number;
}

const isVideo = (unit: Unit) => unit.kind === 'video';

function open(options: SimulatedOptions = {}): Opened {
  const opened = {
    units: [] as Unit[],
    packets: [] as RtpPacket[],
    rtcp: [] as Rtcp[],
    types: [] as number[],
    nowMs: 100,
  };
  const receiver = new PublisherRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrc: 7 },
    {
      packet: (_, packet) => opened.packets.push(packet),
      unit: (_, unit) => opened.units.push(unit),
      rtcp(bytes) {
        opened.types.push(bytes[1]!);
        opened.rtcp.push(...parseRtcp(bytes));
      },
    },
  );
  const publisher = new SimulatedPublisher(
    new Seeded(3),
    bytes => receiver.receive(bytes, opened.nowMs),
    options,
  );
  return Object.assign(opened, { receiver, publisher });
}

const plis = (opened: Opened): number => opened.rtcp.filter(report => report.kind === 'pli').length;

test('the epoch is the arrival of the first key frame; sound before it is left out', () => {
  const opened = open();
  opened.publisher.sound(0);
  opened.nowMs = 150;
  opened.publisher.sound(20);
  assert.equal(opened.receiver.epochMs, null);
  opened.publisher.frame(40);
  opened.nowMs = 160;
  opened.publisher.sound(60);
  assert.equal(opened.receiver.epochMs, 150);
  assert.equal(opened.units[0]?.kind, 'video');
  assert.deepEqual(
    opened.units.map(unit => unit.pts),
    [0, 10 * 48],
  );
  assert.ok(Number.isNaN(opened.packets[0]!.mediaTimeMs));
  assert.equal(opened.packets.at(-1)!.mediaTimeMs, 10);
});

test('a key frame is asked for from the first picture on, at most once a second, until one comes', () => {
  const opened = open();
  const lost = new PublisherRtp(
    { video: simulatedVideo, audio: simulatedAudio, ssrc: 7 },
    { packet() {}, unit() {}, rtcp: bytes => opened.rtcp.push(...parseRtcp(bytes)) },
  );
  const delta = new Uint8Array(20).fill(0x41);
  for (let nowMs = 0; nowMs < 3500; nowMs += 100) {
    writeRtpHeader(delta, true, 106, nowMs / 100, nowMs * 90, 1, false);
    lost.receive(delta.slice(), nowMs);
  }
  assert.equal(plis(opened), 4);
  assert.equal(lost.stats.keyframesAsked, 4);
});

test('many wishes for a key frame are one request, and the wish ends when it comes', () => {
  const opened = open();
  opened.publisher.frame(0);
  const before = plis(opened);
  opened.nowMs = 5000;
  for (let i = 0; i < 50; i++) opened.receiver.requestKeyframe(5000 + i);
  assert.equal(plis(opened), before + 1);
  opened.publisher.rtcp(Uint8Array.of(0x81, 206, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0));
  opened.publisher.frame(33);
  opened.receiver.tick(6500);
  assert.equal(plis(opened), before + 1);
});

test('feedback goes out every 50 ms for all packets of the transport', () => {
  const opened = open();
  for (let frame = 0; frame < 30; frame++) {
    opened.nowMs = 1000 + frame * 33;
    opened.publisher.frame(frame * 33);
    opened.publisher.sound(frame * 33);
    opened.receiver.tick(opened.nowMs);
  }
  const sent = opened.types.filter(type => type === 205).length;
  assert.ok(sent >= 14 && sent <= 20, `${sent} in a second`);
});

test('receiver reports go out once a second and answer sender reports', () => {
  const opened = open();
  opened.publisher.frame(0);
  opened.publisher.sound(0);
  opened.publisher.reports(500);
  for (let nowMs = 200; nowMs < 3200; nowMs += 20) opened.receiver.tick(nowMs);
  const reports = opened.rtcp.filter(report => report.kind === 'receiver-report');
  assert.equal(reports.length, 3);
  assert.equal(reports[0]?.reports.length, 2);
  assert.ok(reports[0]!.reports.every(block => block.lastSr !== 0 && block.delaySinceLastSr > 0));
});

test('pictures that arrive later than their sound are brought together by sender reports', () => {
  const opened = open({ videoLateMs: -80 });
  // The picture of each moment is captured 80 ms before the sound that arrives with it.
  for (let step = 0; step < 20 * 100; step++) {
    opened.nowMs = 1000 + step * 10;
    const captureMs = step * 10;
    if (step % 3 === 0) opened.publisher.frame(captureMs);
    if (step % 2 === 0) opened.publisher.sound(captureMs);
    if (step % 100 === 50) opened.publisher.reports(captureMs);
    opened.receiver.tick(opened.nowMs);
  }
  const video = opened.units.filter(unit => unit.kind === 'video');
  const lateMs = (video.length - 1) * 30 - video.at(-1)!.pts / 90;
  assert.ok(Math.abs(lateMs - 80) < 1, `${lateMs} ms`);
  assert.equal(opened.receiver.stats.reanchored, 0);
});

test('sound that was not captured for a while goes on after the hole, and is not moved by reports alone', () => {
  const opened = open();
  const run = (fromMs: number, toMs: number, isHeard = true) => {
    for (let captureMs = fromMs; captureMs < toMs; captureMs += 10) {
      opened.nowMs = 1000 + captureMs;
      if (captureMs % 30 === 0) opened.publisher.frame(captureMs);
      if (isHeard && captureMs % 20 === 0) opened.publisher.sound(captureMs);
      if (captureMs % 1000 === 500) opened.publisher.reports(captureMs);
    }
  };
  /** How much later than the newest picture the newest sound is placed. */
  const soundLateMs = () => {
    const [video, audio] = [opened.units.findLast(isVideo)!, opened.units.findLast(unit => !isVideo(unit))!];
    return audio.pts / 48 - video.pts / 90;
  };
  run(0, 3000);
  assert.ok(Math.abs(soundLateMs()) <= 30, `${soundLateMs()} ms before it`);
  for (const captureMs of [3000, 3200]) {
    run(captureMs, captureMs + 200);
    opened.publisher.audioHoleMs = 400;
    opened.publisher.reports(captureMs + 200);
    opened.publisher.audioHoleMs = 0;
  }
  run(3400, 6000);
  assert.ok(Math.abs(soundLateMs()) <= 30, `${soundLateMs()} ms after two odd reports`);
  run(6000, 6400, false);
  opened.publisher.audioHoleMs = 400;
  run(6400, 9000);
  assert.ok(Math.abs(soundLateMs()) <= 30, `${soundLateMs()} ms after the hole`);
  assert.ok(Math.abs(opened.units.findLast(isVideo)!.pts / 90 - 8970) <= 30, 'pictures keep the time of day');
});

test('what is neither negotiated nor RTP is counted and harms nothing', () => {
  const opened = open();
  opened.publisher.frame(0);
  opened.receiver.receive(new Uint8Array(0), 1);
  opened.receiver.receive(Uint8Array.of(1, 2, 3), 1);
  const foreign = new Uint8Array(30);
  writeRtpHeader(foreign, false, 55, 1, 1, 1, false);
  opened.receiver.receive(foreign, 1);
  opened.receiver.receive(Uint8Array.of(0x80, 200, 0, 1), 1);
  opened.publisher.frame(33);
  assert.equal(opened.receiver.stats.unknown, 3);
  assert.equal(opened.units.length, 2);
});

test('padding on the media source keeps the sequence whole and makes no unit', () => {
  const opened = open({ sequence: 10 });
  opened.publisher.frame(0);
  const sent = opened.packets.length;
  const padding = new Uint8Array(12 + 20);
  writeRtpHeader(padding, false, 106, 10 + sent, 0, 0x11111111, false);
  padding[0]! |= 0x20;
  padding[31] = 20;
  opened.receiver.receive(padding, 110);
  assert.equal(opened.packets.at(-1)?.payload.length, 0);
  assert.equal(opened.units.length, 1);
});
