import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessUnit, beginsKeyFrame, H264Depacketizer, UNIT_BYTES_MAX } from './depacketizer.ts';
import { NALS_PER_UNIT_MAX } from './nal.ts';
import { packetizeH264 } from './packetizer.ts';
import { ParameterSets } from './parameter-sets.ts';

const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x1f);
const pps = Uint8Array.of(0x68, 0xce);

function slice(type: 'idr' | 'delta', size: number, firstOfPicture = true): Uint8Array {
  const nal = new Uint8Array(size).fill(0x5a);
  nal[0] = type === 'idr' ? 0x65 : 0x41;
  nal[1] = firstOfPicture ? 0x88 : 0x08;
  return nal;
}

function open(): { units: AccessUnit[]; broken: () => number; depacketizer: H264Depacketizer } {
  const units: AccessUnit[] = [];
  let broken = 0;
  const depacketizer = new H264Depacketizer(
    unit => units.push(unit),
    () => broken++,
    new ParameterSets([sps, pps]),
  );
  return { units, broken: () => broken, depacketizer };
}

function push(depacketizer: H264Depacketizer, payloads: readonly Uint8Array[], timestamp: number): void {
  for (const [index, payload] of payloads.entries()) {
    depacketizer.push(payload, timestamp, index === payloads.length - 1, timestamp);
  }
}

test('a unit comes out of its packets as it went in: aggregated, single and in fragments', () => {
  const nals = [sps, pps, slice('idr', 5000), slice('idr', 300, false)];
  const payloads = packetizeH264(nals);
  assert.deepEqual(
    payloads.map(payload => payload[0]! & 0x1f),
    [24, 28, 28, 28, 28, 28, 5],
  );
  assert.ok(payloads.every(payload => payload.length <= 1200));
  const { units, depacketizer } = open();
  push(depacketizer, payloads, 90);
  assert.deepEqual(units, [{ timestamp: 90, arrivalMs: 90, key: true, nals }]);
});

test('a fragment carries the importance and the type of its NAL unit (RFC 6184 section 5.8)', () => {
  const [first, last] = packetizeH264([slice('idr', 1500)]);
  assert.deepEqual([first![0], first![1]], [0x7c, 0x85]);
  assert.deepEqual([last![0], last![1]], [0x7c, 0x45]);
});

test('a unit without marker ends where the next timestamp begins', () => {
  const { units, depacketizer } = open();
  depacketizer.push(slice('idr', 10), 1, false, 0);
  depacketizer.push(slice('delta', 10), 2, false, 0);
  assert.equal(units.length, 1);
});

test('nothing comes before the first key frame', () => {
  const { units, broken, depacketizer } = open();
  push(depacketizer, [slice('delta', 10)], 1);
  push(depacketizer, [slice('idr', 10)], 2);
  push(depacketizer, [slice('delta', 10)], 3);
  assert.deepEqual(
    units.map(unit => unit.timestamp),
    [2, 3],
  );
  assert.equal(broken(), 1);
});

test('after a loss nothing comes until a key frame is whole from its first slice', () => {
  const { units, depacketizer } = open();
  push(depacketizer, [slice('idr', 10)], 1);
  depacketizer.lost();
  push(depacketizer, [slice('delta', 10)], 2);
  depacketizer.lost();
  push(depacketizer, [slice('idr', 10, false)], 3);
  push(depacketizer, [slice('idr', 10)], 4);
  assert.deepEqual(
    units.map(unit => unit.timestamp),
    [1, 4],
  );
});

test('a loss in the middle of a unit breaks that unit', () => {
  const { units, broken, depacketizer } = open();
  const payloads = packetizeH264([slice('idr', 5000)]);
  depacketizer.push(payloads[0]!, 1, false, 0);
  depacketizer.lost();
  push(depacketizer, payloads.slice(2), 1);
  assert.equal(units.length, 0);
  assert.equal(broken(), 1);
});

test('parameter sets that are marked as a unit of their own join the next picture', () => {
  const { units, depacketizer } = open();
  push(depacketizer, [sps], 1);
  push(depacketizer, [pps], 1);
  push(depacketizer, [slice('idr', 10)], 1);
  assert.deepEqual(units[0]?.nals.slice(0, 2), [sps, pps]);
});

test('filler data is left out', () => {
  const { units, depacketizer } = open();
  push(depacketizer, [slice('idr', 10), Uint8Array.of(0x0c, 0xff)], 1);
  assert.deepEqual(units[0]?.nals, [sps, pps, slice('idr', 10)]);
});

test('a unit over the limit is dropped, and the next key frame comes through', () => {
  const { units, broken, depacketizer } = open();
  const part = slice('idr', 4000);
  for (let sent = 0; sent <= UNIT_BYTES_MAX; sent += 4000) depacketizer.push(part, 1, false, 0);
  push(depacketizer, [slice('idr', 10)], 2);
  assert.deepEqual(
    units.map(unit => unit.timestamp),
    [2],
  );
  assert.equal(broken(), 1);
});

test('units of a sender whose timestamps stand still have arrived when they came', () => {
  const { units, depacketizer } = open();
  for (const arrivalMs of [0, 33, 67]) depacketizer.push(slice('idr', 10), 1, true, arrivalMs);
  assert.deepEqual(
    units.map(unit => unit.arrivalMs),
    [0, 33, 67],
  );
});

test('fragments without data cannot pile up', () => {
  const { units, broken, depacketizer } = open();
  depacketizer.push(Uint8Array.of(0x7c, 0x85, 0x88), 1, false, 0);
  for (let i = 0; i < 5000; i++) depacketizer.push(Uint8Array.of(0x7c, 0x05), 1, false, 0);
  depacketizer.push(Uint8Array.of(0x7c, 0x45, 1), 1, true, 0);
  assert.equal(units.length, 0);
  assert.equal(broken(), 1);
});

test('a unit of too many NAL units is dropped', () => {
  const { units, broken, depacketizer } = open();
  for (let i = 0; i <= NALS_PER_UNIT_MAX; i++)
    depacketizer.push(slice('idr', 3), 1, i === NALS_PER_UNIT_MAX, 0);
  assert.equal(units.length, 0);
  assert.equal(broken(), 1);
});

for (const [name, payload] of [
  ['an aggregate that ends inside a length', [0x78, 0]],
  ['an aggregate longer than its packet', [0x78, 0, 9, 0x65]],
  ['an aggregate of nothing', [0x78, 0, 0]],
  ['a fragment without header', [0x7c]],
  ['a fragment that was never begun', [0x7c, 0x05, 1]],
  ['a type of interleaved mode', [0x79, 0, 0]],
] as const) {
  test(`${name} breaks its unit only`, () => {
    const { units, depacketizer } = open();
    push(depacketizer, [Uint8Array.from(payload)], 1);
    push(depacketizer, [slice('idr', 10)], 2);
    assert.deepEqual(
      units.map(unit => unit.timestamp),
      [2],
    );
  });
}

test('the beginning of a key frame is recognized in every kind of packet', () => {
  assert.ok(beginsKeyFrame(sps));
  assert.ok(beginsKeyFrame(slice('idr', 10)));
  assert.ok(beginsKeyFrame(packetizeH264([sps, pps])[0]!));
  const [first, second] = packetizeH264([slice('idr', 3000)]);
  assert.ok(beginsKeyFrame(first!));
  assert.ok(!beginsKeyFrame(second!));
  assert.ok(!beginsKeyFrame(slice('delta', 10)));
});
