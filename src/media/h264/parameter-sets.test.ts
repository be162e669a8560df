import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParameterSets } from './parameter-sets.ts';

/** `ue(v)` ids: 1 is 0, 010 is 1, 011 is 2. */
const sps = (id: 0 | 1, level = 31) => Uint8Array.of(0x67, 0x42, 0xc0, level, id === 0 ? 0x80 : 0x40);
const pps = (id: 0 | 1 | 2, more = 0) => Uint8Array.of(0x68, id === 0 ? 0x80 : 0x40 | ((id - 1) << 5), more);
const idr = Uint8Array.of(0x65, 0x88);
const slice = Uint8Array.of(0x41, 0x9a);
const delimiter = Uint8Array.of(0x09, 0xf0);
const sei = Uint8Array.of(0x06, 1);

test('a key frame that has its sets is the same array, and they are remembered for the next', () => {
  const sets = new ParameterSets();
  const whole = [sps(0), pps(0), idr];
  assert.equal(sets.take(whole, true), whole);
  assert.deepEqual(sets.take([delimiter, sei, idr], true), [delimiter, sps(0), sei, pps(0), idr]);
  assert.deepEqual(sets.known, [sps(0), pps(0)]);
});

test('a key frame whose sets nobody knows is none', () => {
  const sets = new ParameterSets();
  assert.equal(sets.take([idr], true), null);
  assert.equal(sets.take([sps(0), idr], true), null);
  assert.deepEqual(sets.known, []);
  assert.deepEqual(sets.take([pps(0), idr], true), [sps(0), pps(0), idr]);
});

test('those of the offer count until the stream has its own', () => {
  const sets = new ParameterSets([sps(0, 30), pps(0)]);
  assert.deepEqual(sets.take([idr], true), [sps(0, 30), pps(0), idr]);
  sets.take([sps(0, 31), pps(1), idr], true);
  assert.deepEqual(sets.known, [sps(0, 31), pps(1)]);
});

test('a set replaces the one of its kind and id, also between key frames', () => {
  const sets = new ParameterSets();
  sets.take([sps(0), pps(0), pps(1), idr], true);
  const changed = [pps(0, 7), slice];
  assert.equal(sets.take(changed, false), changed);
  assert.deepEqual(sets.known, [sps(0), pps(1), pps(0, 7)]);
  sets.take([sps(1), slice], false);
  assert.deepEqual(sets.known.slice(0, 2), [sps(0), sps(1)]);
});

test('however many ids a stream has, few are kept', () => {
  const sets = new ParameterSets();
  for (let id = 0; id < 500; id++) sets.take([Uint8Array.of(0x68, id >> 4, id << 4), slice], false);
  sets.take([sps(0), slice], false);
  assert.ok(sets.known.length <= 9, String(sets.known.length));
  const huge = new Uint8Array(5000).fill(0x68);
  sets.take([huge, slice], false);
  assert.ok(!sets.known.includes(huge));
});
