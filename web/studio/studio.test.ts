import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraProblemOf } from './camera.ts';
import { levelOf } from './mic-level.ts';
import { sampleOf, UplinkJudge, type UplinkSample } from './uplink-health.ts';

const fine: UplinkSample = { availableBps: 3_000_000, lossFraction: 0, roundTripMs: 40, framesPerSecond: 30 };

function verdicts(...samples: readonly UplinkSample[]): string[] {
  const judge = new UplinkJudge();
  return samples.map(sample => judge.judge(sample));
}

test('an estimate that is still climbing says nothing', () => {
  const low = { ...fine, availableBps: 200_000 };
  assert.deepEqual(verdicts(low, low, low, fine, fine), ['good', 'good', 'good', 'good', 'good']);
});

test('one bad sample is not news, two are', () => {
  const lossy = { ...fine, lossFraction: 0.08 };
  const heard = verdicts(fine, fine, fine, lossy, fine, lossy, lossy, fine, fine);
  assert.deepEqual(heard, ['good', 'good', 'good', 'good', 'good', 'good', 'weak', 'weak', 'good']);
});

test('each of rate, loss, delay and frames alone can be very weak', () => {
  const bad: Partial<UplinkSample>[] = [
    { availableBps: 100_000 },
    { lossFraction: 0.3 },
    { roundTripMs: 2_000 },
    { framesPerSecond: 3 },
  ];
  for (const one of bad) {
    const sample = { ...fine, ...one };
    assert.equal(verdicts(fine, fine, fine, sample, sample).at(-1), 'very-weak', JSON.stringify(one));
  }
});

test('a report without video yet is no sample', () => {
  const report = new Map<string, object>([
    [
      'p',
      {
        type: 'candidate-pair',
        nominated: true,
        availableOutgoingBitrate: 1_000_000,
        currentRoundTripTime: 0.05,
      },
    ],
  ]);
  assert.equal(sampleOf(report as unknown as RTCStatsReport), null);
  report.set('v', { type: 'outbound-rtp', kind: 'video', framesPerSecond: 24 });
  report.set('r', { type: 'remote-inbound-rtp', kind: 'video', fractionLost: 0.02 });
  assert.deepEqual(sampleOf(report as unknown as RTCStatsReport), {
    availableBps: 1_000_000,
    lossFraction: 0.02,
    roundTripMs: 50,
    framesPerSecond: 24,
  });
});

test('the microphone’s level is none for silence, full for a shout, and between for speech', () => {
  const tone = (amplitude: number) =>
    Float32Array.from({ length: 1024 }, (_, i) => amplitude * Math.sin(i / 5));
  assert.equal(levelOf(new Float32Array(1024)), 0);
  assert.equal(levelOf(tone(0.9)), 1);
  const speech = levelOf(tone(0.05));
  assert.ok(speech > 0.3 && speech < 0.8, String(speech));
});

test('each way of having no camera has its own words', () => {
  const titles = ['SecurityError', 'NotAllowedError', 'NotFoundError', 'NotReadableError', 'AbortError'].map(
    name => cameraProblemOf(new DOMException('', name)).title,
  );
  assert.equal(new Set(titles).size, 5);
});
