import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraProblemOf } from './camera.ts';
import { layersFor, linesOf, settleLayers, VIDEO_BPS_MAX } from './layers.ts';
import { levelOf } from './mic-level.ts';
import { sampleOf, UplinkJudge, type UplinkSample } from './uplink-health.ts';
import { LOOK_EVERY_MS, receivedBytes, SILENCE_MS, UplinkLoss } from './uplink-loss.ts';

const fine: UplinkSample = {
  availableBps: 3_000_000,
  lossFraction: 0,
  roundTripMs: 40,
  framesPerSecond: 30,
  layers: 1,
  flowing: 1,
};

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

test('a layer that stays at home makes the picture smaller; what is wrong with the others counts more', () => {
  const held: UplinkSample = { ...fine, layers: 3, flowing: 2, availableBps: 600_000 };
  const worse = { ...held, lossFraction: 0.08 };
  const heard = verdicts(fine, fine, fine, held, held, worse, worse, { ...fine, layers: 3, flowing: 3 });
  assert.deepEqual(heard.slice(4), ['smaller', 'smaller', 'weak', 'weak']);
});

/** A report of a connection, `layers` as Chromium tells of them. */
function reportOf(...layers: object[]): RTCStatsReport {
  const pair = { nominated: true, availableOutgoingBitrate: 1_000_000, currentRoundTripTime: 0.05 };
  const report: [string, object][] = [
    ['p', { id: 'p', type: 'candidate-pair', bytesReceived: 700, ...pair }],
    ...layers.flatMap((layer, i): [string, object][] => [
      [`v${i}`, { id: `v${i}`, type: 'outbound-rtp', kind: 'video', ...layer }],
      [
        `r${i}`,
        { id: `r${i}`, localId: `v${i}`, type: 'remote-inbound-rtp', kind: 'video', fractionLost: i / 10 },
      ],
    ]),
  ];
  return new Map(report) as unknown as RTCStatsReport;
}

test('a report without video yet is no sample', () => {
  assert.equal(sampleOf(reportOf(), 1), null);
  assert.equal(sampleOf(reportOf({}, {}, {}), 3), null);
});

test('a report of three layers counts those that flow, and the loss of no other', () => {
  const report = reportOf({ framesPerSecond: 24 }, { framesPerSecond: 23 }, { framesPerSecond: 0 });
  assert.deepEqual(sampleOf(report, 3), {
    availableBps: 1_000_000,
    lossFraction: 0.1,
    roundTripMs: 50,
    framesPerSecond: 24,
    layers: 3,
    flowing: 2,
  });
  assert.equal(receivedBytes(report), 700);
});

/** Looks every `LOOK_EVERY_MS` at what was received; the number of the look that finds the way lost. */
function lostAtLook(loss: UplinkLoss, bytes: readonly number[], startMs = 0): number {
  return bytes.findIndex((received, i) => loss.look(received, startMs + i * LOOK_EVERY_MS));
}

test('the way is lost once nothing came for a while, sooner on a network that has just changed', () => {
  const silent = Array.from({ length: 10 }, () => 500);
  const looks = Math.ceil(SILENCE_MS / LOOK_EVERY_MS);
  assert.equal(lostAtLook(new UplinkLoss(), [100, 200, 300, 400, ...silent]), 4 + looks);
  const changed = new UplinkLoss();
  assert.equal(changed.look(500, 0), false);
  changed.networkChanged();
  assert.equal(lostAtLook(changed, silent, LOOK_EVERY_MS), 1);
  assert.equal(lostAtLook(new UplinkLoss(), [1, 1, 1, 2, 2, 2, 3, 3, 3, 4]), -1);
});

test('a page that slept starts to listen anew', () => {
  const loss = new UplinkLoss();
  assert.equal(loss.look(500, 0), false);
  assert.equal(loss.look(500, 60_000), false);
  assert.equal(loss.look(500, 60_000 + LOOK_EVERY_MS), false);
});

test('a camera of 720 lines is sent in three sizes, upright too, a small one whole', () => {
  const layers = (lines: number) => layersFor(lines).map(({ scaleResolutionDownBy: by }) => by);
  assert.deepEqual([layers(720), layers(480), layers(360)], [[4, 2, 1], [2, 1], [undefined]]);
  const upright = { getSettings: () => ({ width: 720, height: 1280 }) } as unknown as MediaStreamTrack;
  assert.equal(linesOf(upright), 720);
});

test('a server that takes one layer gets the whole picture', async () => {
  const set: RTCRtpEncodingParameters[][] = [];
  const sender = (encodings: RTCRtpEncodingParameters[]) =>
    ({
      getParameters: () => ({ encodings }),
      setParameters: async (parameters: RTCRtpSendParameters) => void set.push(parameters.encodings),
    }) as unknown as RTCRtpSender;
  await settleLayers(sender(layersFor(720)));
  assert.deepEqual(set, []);
  await settleLayers(sender(layersFor(720).slice(0, 1)));
  assert.deepEqual(set, [[{ rid: 'q', scaleResolutionDownBy: 1, maxBitrate: VIDEO_BPS_MAX }]]);
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
