import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ParameterSets } from '../h264/parameter-sets.ts';
import { InsertedSets } from './inserted-sets.ts';
import type { RtpPacket } from './packet.ts';

const SPS = Uint8Array.of(0x67, 0x42, 0xc0, 0x1f, 0x80);
const PPS = Uint8Array.of(0x68, 0xce);
const IDR = Uint8Array.of(0x65, 0x88);
const IDR_GOES_ON = Uint8Array.of(0x65, 0x08);
const FIRST_FRAGMENT = Uint8Array.of(0x7c, 0x85, 1);
const SLICE = Uint8Array.of(0x41, 0x9a);
const SETS = Uint8Array.of(0x78, 0, 5, ...SPS, 0, 2, ...PPS);

describe('parameter sets in front of key frames that come without', () => {
  let inserted: InsertedSets;
  let out: RtpPacket[];

  beforeEach(() => {
    inserted = new InsertedSets(new ParameterSets([SPS, PPS]));
    out = [];
  });

  const pass = (sequence: number, timestamp: number, payload: Uint8Array, ssrc = 1) => {
    const packet: RtpPacket = {
      payloadType: 96,
      marker: true,
      sequenceNumber: sequence & 0xffff,
      timestamp,
      ssrc,
      payload,
      extensionProfile: 0,
      extensions: null,
      mediaTimeMs: 5,
    };
    inserted.pass(sequence, packet, one => out.push(one));
    return packet;
  };
  const numbers = () => out.map(packet => packet.sequenceNumber);

  it('stand before the first packet of the picture, and everything after is one later', () => {
    for (const first of [IDR, FIRST_FRAGMENT]) {
      inserted = new InsertedSets(new ParameterSets([SPS, PPS]));
      out = [];
      pass(65_534, 1, SLICE);
      pass(65_535, 2, first);
      pass(65_536, 2, IDR_GOES_ON);
      pass(65_537, 3, SLICE);
      assert.deepEqual(numbers(), [65_534, 65_535, 0, 1, 2]);
      assert.deepEqual([...out[1]!.payload], [0x78, ...SETS.subarray(1)]);
      assert.deepEqual([out[1]!.timestamp, out[1]!.marker, out[1]!.mediaTimeMs], [2, false, 5]);
    }
  });

  it('are not put where the stream has its own, and nothing is copied then', () => {
    const packets = [pass(1, 1, SETS), pass(2, 1, IDR), pass(3, 2, SLICE)];
    assert.ok(packets.every((packet, i) => packet === out[i]));
  });

  it('follow a delimiter of the same picture', () => {
    pass(1, 1, Uint8Array.of(0x09, 0xf0));
    pass(2, 1, IDR);
    assert.deepEqual(numbers(), [1, 2, 3]);
    assert.equal(out[1]!.payload[0]! & 31, 24);
  });

  it('a packet that comes late has the number that it would have had', () => {
    pass(1, 1, SLICE);
    pass(3, 3, SLICE);
    pass(4, 4, IDR);
    pass(2, 2, SLICE);
    pass(5, 5, SLICE);
    assert.deepEqual(numbers(), [1, 3, 4, 5, 2, 6]);
  });

  it('are left out where the packet before is missing: it may be a set', () => {
    pass(1, 1, SLICE);
    pass(3, 3, IDR);
    pass(2, 3, SETS);
    assert.deepEqual(numbers(), [1, 3, 2]);
  });

  it('many key frames later numbers still follow each other', () => {
    for (let i = 0; i < 100; i++) pass(i, i, i % 2 ? SLICE : IDR);
    assert.deepEqual(
      numbers(),
      out.map((_, i) => i),
    );
  });

  it('another source begins anew', () => {
    pass(10, 1, IDR);
    pass(500, 1, IDR, 2);
    assert.deepEqual(numbers(), [10, 11, 500, 501]);
  });

  it('none are put while none are known', () => {
    inserted = new InsertedSets(new ParameterSets());
    pass(1, 1, IDR);
    assert.deepEqual(numbers(), [1]);
  });
});
