import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AUDIO_SSRC,
  audio,
  nack,
  openViewer,
  packet,
  VIDEO_SSRC,
  type ViewerRig,
  video,
} from '#tests/support/viewer-rig.ts';
import { writeReceiverReport } from './rtcp-write.ts';
import { RESENDS_PER_SECOND, RESENDS_SHARE } from './viewer.ts';

/** Sends pictures of one packet each from `nowMs` on; gives the numbers they left with. */
function send({ viewer, sent }: ViewerRig, count: number, nowMs: number): number[] {
  const from = sent.length;
  for (let i = from; i < from + count; i++)
    viewer.packet(video, packet(i, i * 3000, { key: i === 0 }), nowMs);
  return sent.slice(from).map(entry => entry.sequenceNumber);
}

/** Asks for all of them, as often as anything is sent again, for 0.9 s from `fromMs` on. */
function askForAll({ viewer }: ViewerRig, sequences: readonly number[], fromMs: number): void {
  for (let nowMs = fromMs; nowMs < fromMs + 900; nowMs += 20)
    for (let at = 0; at < sequences.length; at += 20)
      viewer.receive(nack(...sequences.slice(at, at + 20)), nowMs);
}

/** A report of the viewer that a quarter was lost. */
function lossReport(ssrc: number): Uint8Array {
  const out = new Uint8Array(32);
  const block = {
    ssrc,
    fractionLost: 64,
    cumulativeLost: 10,
    highestSequence: 1,
    jitter: 0,
    lastSr: 0,
    delaySinceLastSr: 0,
  };
  return out.subarray(0, writeReceiverReport(out, 0, 9, [block]));
}

function joined(): ViewerRig {
  const rig = openViewer();
  rig.viewer.join([], 0);
  rig.viewer.tick(1000);
  return rig;
}

test('a viewer that asks for everything again and again gets a bounded amount', () => {
  const { viewer, sent } = openViewer();
  viewer.join([], 0);
  for (let i = 0; i < 1000; i++) viewer.packet(video, packet(i, i * 3000, { key: i === 0 }), i);
  viewer.tick(1999);
  const first = sent.map(entry => entry.sequenceNumber).slice(0, 200);
  for (let nowMs = 2000; nowMs < 3000; nowMs += 20) {
    for (let at = 0; at < 200; at += 20) viewer.receive(nack(...first.slice(at, at + 20)), nowMs);
  }
  assert.equal(viewer.stats.resent, RESENDS_PER_SECOND + 1000 * RESENDS_SHARE);
  viewer.tick(3000);
  assert.equal(viewer.stats.lossRatio, 0, 'nothing was sent in that second');
});

test('what is sent again is measured by what this second sent, or the one before, and every second anew', () => {
  const rig = joined();
  const sequences = send(rig, 100, 1000);
  askForAll(rig, sequences, 1020);
  const most = RESENDS_PER_SECOND + 100 * RESENDS_SHARE;
  assert.equal(rig.viewer.stats.resent, most, 'of this second');
  rig.viewer.tick(2000);
  askForAll(rig, sequences, 2020);
  assert.equal(rig.viewer.stats.resent, 2 * most, 'of the second before');
  rig.viewer.tick(3000);
  askForAll(rig, sequences, 3020);
  assert.equal(rig.viewer.stats.resent, 2 * most + RESENDS_PER_SECOND, 'nothing was sent any more');
});

test('what was missed of the last second is its loss, each packet once', () => {
  const rig = joined();
  const missed = send(rig, 40, 1000).slice(0, 10);
  for (const nowMs of [1100, 1200, 1300]) rig.viewer.receive(nack(...missed), nowMs);
  assert.equal(rig.viewer.stats.resent, 30);
  rig.viewer.tick(2000);
  assert.equal(rig.viewer.stats.lossRatio, 0.25);
  send(rig, 40, 2000);
  rig.viewer.tick(3000);
  assert.equal(rig.viewer.stats.lossRatio, 0);
});

test('few packets that were missed are no loss', () => {
  const rig = joined();
  rig.viewer.receive(nack(...send(rig, 10, 1000)), 1100);
  rig.viewer.tick(2000);
  assert.equal(rig.viewer.stats.lossRatio, 0);
});

test('the loss of pictures is forgotten when they stop, and that of sound when they are back', () => {
  const rig = joined();
  const { viewer } = rig;
  const missed = send(rig, 40, 1000).slice(0, 10);
  viewer.receive(nack(...missed), 1100);
  viewer.tick(2000);
  viewer.receive(lossReport(VIDEO_SSRC), 2000);
  viewer.select(null);
  assert.equal(viewer.stats.lossRatio, 0);
  viewer.packet(audio, packet(1, 0), 2100);
  viewer.receive(lossReport(AUDIO_SSRC), 2200);
  assert.equal(viewer.stats.lossRatio, 0.25);
  viewer.select('video');
  viewer.packet(video, packet(99, 300_000, { key: true }), 2300);
  assert.equal(viewer.stats.lossRatio, 0);
});
