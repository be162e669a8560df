import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SETS_MAX, SetsInForce } from './sets-in-force.ts';

const sps = (value: number) => Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0x80, value);
/** `pic_parameter_set_id` 0 is coded `1`, 1 `010`, and so on. */
const pps = (id: number, value: number) => Uint8Array.of(0x68, [0x80, 0x40, 0x60][id]!, value);

test('a picture set takes the place of the one with its id, others stay', () => {
  const sets = new SetsInForce();
  assert.ok(sets.take([sps(1)], [pps(0, 1), pps(1, 1)]));
  assert.ok(sets.take([], [pps(0, 2)]));
  assert.deepEqual(sets.pps, [pps(0, 2), pps(1, 1)]);
  assert.ok(!sets.take([sps(1)], [pps(1, 1)]), 'nothing is other than before');
  assert.deepEqual(sets.pps, [pps(0, 2), pps(1, 1)]);
});

test('another sequence set brings its own picture sets', () => {
  const sets = new SetsInForce();
  sets.take([sps(1)], [pps(0, 1), pps(1, 1)]);
  assert.ok(sets.take([sps(2)], [pps(0, 3)]));
  assert.deepEqual([sets.sps, sets.pps], [[sps(2)], [pps(0, 3)]]);
  assert.ok(sets.take([sps(3)], []));
  assert.deepEqual(sets.pps, [pps(0, 3)], 'where it brings none the ones there are stay');
});

test('what is kept is bounded, whatever comes', () => {
  const sets = new SetsInForce();
  const many = Array.from({ length: 256 }, (_, id) => Uint8Array.of(0x68, 0, 0x80 + (id >> 1), id << 7, 9));
  sets.take([sps(1)], many);
  assert.equal(sets.pps.length, SETS_MAX);
  sets.take([], [Uint8Array.of(0x68), Uint8Array.of(0x68, 0)]);
  assert.equal(sets.pps.length, SETS_MAX, 'sets cut short stand for one another');
});
